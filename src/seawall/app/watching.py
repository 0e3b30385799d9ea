"""A live cluster, followed: its current Cluster, its findings, and who owns which address, all from one watch."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec

from seawall.app.posture import FindingLife
from seawall.app.scan import TOOL, Selection
from seawall.ingest.identity import END, Identity, IdentityIndex, build, pod_identity
from seawall.kube.client import KubeClient
from seawall.kube.credentials import credentials
from seawall.live.intervals import Held, Holdings
from seawall.live.view import Delta, LiveView, touched
from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.coverage import LIVE, Gap, Scope
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.model.report import Report
from seawall.scan.incremental import Rescanner
from seawall.sources.state.live import LiveReader, RawObjects
from seawall.sources.state.watch import Watcher
from seawall.spi.source import StateOptions
from seawall.store.client import Store

_HOUR = 3600 * 1_000_000_000
_SETTLE = 1.0
"""Seconds that changes are collected before they are scanned together; at least as long as the last scan took, so that scans keep no more than half a core busy."""


class Followed(Protocol):
    """A cluster whose state at hand follows something: the live one, or a recording of one."""

    @property
    def view(self) -> LiveView | None: ...
    @property
    def current(self) -> Cluster | None: ...
    @property
    def state(self) -> str: ...
    def identities(self, cluster: str) -> IdentityIndex | None: ...


class WatchedCluster:
    """Use `run` in a task. `current` and `report` are None until the first list is in; `identities` joins events to who they were."""

    def __init__(
        self,
        context: str | None,
        kubeconfig: str | None,
        store: Store | None,
        *,
        name: str = "",
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._context, self._kubeconfig, self._store, self._name, self._clock = context, kubeconfig, store, name, clock
        self.view: LiveView | None = None
        self.current: Cluster | None = None
        self.report: Report | None = None
        self.state, self.why = "starting", ""
        self._holdings = Holdings(keep=_HOUR)
        self._index = build(())
        self._fresh: list[Delta] = []
        self._stirred = asyncio.Event()
        self._rescanner = Rescanner(Selection().choose(), tool=TOOL)

    async def run(self) -> None:
        """Follows the cluster until cancelled. UserError where it cannot be reached at the start."""
        chosen = await credentials(self._context, self._kubeconfig)
        async with KubeClient(chosen) as client:
            reader = LiveReader(client, StateOptions(name=self._name or chosen.context))
            identity = await reader.cluster_id()
            raw = RawObjects()
            self.view = LiveView(
                id=identity or chosen.context,
                name=self._name or chosen.context,
                version=await reader.server_version(),
                scope=Scope(LIVE.name, LIVE.description, runtime=True),
                raw=raw,
            )
            life = FindingLife(self._store, self.view.id, self._clock) if self._store is not None else None
            watcher = Watcher(reader, self, raw, self._clock)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watcher.run())
                await watcher.ready()
                self.state = "watching"
                await self._scan(life, first=True)
                gc.freeze()  # what was listed mostly stays: looking for garbage among it costs a third of every later scan
                took = 0.0
                while True:
                    await self._stirred.wait()
                    await asyncio.sleep(max(_SETTLE, took))
                    began = time.monotonic()
                    await self._scan(life, first=False)
                    took = time.monotonic() - began

    def identities(self, cluster: str) -> IdentityIndex | None:
        """The index of addresses through time, if `cluster` is the one that is followed."""
        return self._index if self.view is not None and cluster in (self.view.id, self.view.name) else None

    # -------------------------------------------------------------------------------------------- the watcher's sink

    def listed(self, kind: str, objects: Iterable[Object], at: int, undecodable: Iterable[Gap]) -> None:
        self._take(self._seen.listed(kind, objects, at, undecodable))

    def put(self, kind: str, thing: Object, at: int) -> None:
        self._take(self._seen.put(kind, thing, at))

    def remove(self, kind: str, ref: ObjectRef, at: int) -> None:
        self._take(self._seen.remove(kind, ref, at))

    def undecodable(self, kind: str, gap: Gap, at: int) -> None:
        self._take(self._seen.undecodable(kind, gap, at))

    def broken(self, kind: str, gap: Gap) -> None:
        self._seen.broken(kind, gap)
        self._stirred.set()

    @property
    def _seen(self) -> LiveView:
        assert self.view is not None
        return self.view

    def _take(self, deltas: list[Delta]) -> None:
        self._fresh += deltas
        self._stirred.set()

    # -------------------------------------------------------------------------------------------- after changes

    async def _scan(self, life: FindingLife | None, *, first: bool) -> None:
        self._stirred.clear()
        deltas, self._fresh = self._fresh, []
        previous = self.current
        self.current = cluster = self._seen.cluster(self._clock())
        owner_of = (previous or cluster).owner_of
        held = self._holdings.apply(deltas, cluster.owner_of)
        if held or first:  # most changes move no address
            self._index = build(pair for one in self._holdings for pair in identity_of(one))
        if first:
            self.report = await asyncio.to_thread(self._rescanner.full, cluster)
        else:
            self.report = await asyncio.to_thread(self._rescanner.update, cluster, touched(deltas, owner_of))
        if life is not None:
            await asyncio.to_thread(life.record, cluster, self.report)
            assert self._store is not None
            await asyncio.to_thread(keep_intervals, self._store, self._seen.id, held, self._clock())


def keep_intervals(store: Store, cluster: str, held: Iterable[Held], at: int) -> None:
    """Writes who had which address, so that it can be asked after a restart."""
    rows = [row for one in held if one.address for row in interval_rows(cluster, one, at)]
    if rows:
        batch = record_batch(KEPT["identity_interval"], {name: [row[name] for row in rows] for name in rows[0]})
        store.insert("identity_interval", batch, token=f"{cluster}/{at}/{len(rows)}")


def identity_of(held: Held) -> Iterable[tuple[str, Identity]]:
    """An interval as ingest joins it."""
    thing = held.thing
    until = END if held.until is None else held.until
    if isinstance(thing, Pod):
        yield held.address, msgspec.structs.replace(pod_identity(thing, held.owner), since=held.since, until=until)
    elif isinstance(thing, Service):
        yield (
            held.address,
            Identity(
                "service",
                namespace=thing.namespace,
                service=f"{thing.namespace}/{thing.name}",
                since=held.since,
                until=until,
            ),
        )
    elif isinstance(thing, Node):
        yield held.address, Identity("node", node=thing.name, since=held.since, until=until)


def interval_rows(cluster: str, held: Held, written_at: int) -> Iterable[dict[str, Any]]:
    """An interval as a row of `identity_interval`."""
    for address, identity in identity_of(held):
        yield {
            "cluster": cluster, "address": address, "valid_from": held.since, "valid_to": held.until, "written_at": written_at, "entity": identity.entity,
            "uid": held.thing.metadata.uid, "namespace": identity.namespace, "pod": identity.pod, "workload": identity.workload,
            "workload_kind": identity.workload_kind, "node": identity.node, "service": identity.service, "service_account": identity.service_account,
            "labels": list(identity.labels), "known_from": "watch",
        }  # fmt: skip
