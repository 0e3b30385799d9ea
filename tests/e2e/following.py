"""Following a live cluster in a test: start it, wait for what must happen, end it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from seawall.app.watching import WatchedCluster
from seawall.store.client import Store

PRIVILEGED = "workload/privileged-container"


@asynccontextmanager
async def following(kubeconfig: Path, store: Store | None = None, name: str = "test") -> AsyncIterator[WatchedCluster]:
    """A cluster that is followed, from its first scan on."""
    followed = WatchedCluster(None, str(kubeconfig), store, name=name)
    task = asyncio.create_task(followed.run())
    try:
        await until(lambda: followed.report is not None, task)
        yield followed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(
    true: Callable[[], Any],
    task: asyncio.Task[None] | None = None,
    seconds: float = 30,
    told: Callable[[], Any] | None = None,
) -> None:
    """Returns once it is true; an error of `task` is raised here."""
    end = time.monotonic() + seconds
    while not true():
        if task is not None and task.done():
            task.result()
        assert time.monotonic() < end, f"it did not happen in time{told and f': {told()}'}"
        await asyncio.sleep(0.05)


def gaps(followed: WatchedCluster) -> dict[str, str]:
    """What cannot be seen, by kind, and why."""
    assert followed.current is not None
    return {gap.kind: gap.what for gap in followed.current.coverage.gaps}


def rules_of(followed: WatchedCluster, namespace: str) -> set[str]:
    """The rules that a namespace's objects break."""
    assert followed.report is not None
    return {one.rule for one in followed.report.failed if one.owner.namespace == namespace}


def deployment(name: str, namespace: str, *, privileged: bool) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "registry.test/x:1", "securityContext": {"privileged": privileged}}]},
            },
        },
    }  # fmt: skip
