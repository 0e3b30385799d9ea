"""A thousand pods, read at once and followed. How long it takes, and ten times as many: bench/live.py."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.e2e.cluster import bulk, crowd
from tests.e2e.cluster.bulk import MERGE_PATCH, Change
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.following import following, until

from seawall.app.watching import WatchedCluster
from seawall.model.cluster.pod import Pod
from seawall.sources.state.live import read_live
from seawall.spi.source import StateOptions

pytestmark = pytest.mark.control_plane

PODS, PATCHED = 1_000, 200


@pytest.fixture(scope="module")
def pods(control_plane: ControlPlane) -> Iterator[list[str]]:
    paths = crowd.fill(control_plane, nodes=10, pods=PODS, owned=False)
    yield paths
    control_plane.kubectl("delete", "nodes", *(f"crowd-{number:04d}" for number in range(10)))
    control_plane.kubectl("delete", "namespaces", *{path.split("/")[4] for path in paths}, "--wait=false")


def of_crowd(found: tuple[Pod, ...]) -> list[Pod]:
    return [pod for pod in found if (pod.namespace or "").startswith("crowd-")]


def test_a_snapshot_holds_them_all(control_plane: ControlPlane, pods: list[str]) -> None:
    taken = read_live(None, str(control_plane.kubeconfig()), StateOptions(name="test", namespaces=()))
    assert not taken.coverage.gaps
    assert len(of_crowd(taken.pods)) == len(pods) == PODS
    assert len({pod.status.pod_ip for pod in of_crowd(taken.pods)}) == PODS


async def test_the_view_follows_every_change(control_plane: ControlPlane, pods: list[str]) -> None:
    async with following(control_plane.kubeconfig()) as followed:
        assert len(of_crowd(current(followed))) == PODS
        patch = {"metadata": {"labels": {"turned": "yes"}}}
        changes = [Change("PATCH", path, patch, MERGE_PATCH) for path in pods[:PATCHED]]
        await asyncio.to_thread(bulk.send, control_plane, changes)
        await until(lambda: sum("turned" in pod.labels for pod in current(followed)) == PATCHED)


def current(followed: WatchedCluster) -> tuple[Pod, ...]:
    assert followed.current is not None
    return followed.current.pods
