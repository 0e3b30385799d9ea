"""Following a live cluster: every kind listed once and then watched, each by itself, so that one broken kind stops no other.

A watch that ends is resumed from its last resource version; one whose version is too old is listed again; one that fails is tried again, ever more slowly, and its kind is
told to be broken meanwhile. A kind of a custom resource or an extension server that is no longer served has no objects, which is no gap.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from seawall.kube.discovery import Resource, Served, discover
from seawall.kube.errors import Forbidden, Gone, NotFound, Refused, Unreachable
from seawall.model.cluster.coverage import Gap, GapReason
from seawall.model.cluster.kinds import KINDS, Kind
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.sources.state.live import LiveReader, RawObjects

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_REDISCOVER, _ASK_AGAIN = 300.0, 30.0
"""Seconds until it is asked again what is served: where all answered, and where somebody did not."""
_TURNOVER = 300
"""Seconds after which a watch is renewed."""


class Sink(Protocol):
    """Where a watched cluster is told: of whole kinds (`listed`, `broken`) and of single objects. Times are UTC ns."""

    def listed(self, kind: str, objects: Iterable[Object], at: int, undecodable: Iterable[Gap]) -> object: ...
    def put(self, kind: str, thing: Object, at: int) -> object: ...
    def remove(self, kind: str, ref: ObjectRef, at: int) -> object: ...
    def undecodable(self, kind: str, gap: Gap, at: int) -> object: ...
    def broken(self, kind: str, gap: Gap) -> None: ...


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""


class _Versioned(msgspec.Struct, frozen=True):
    metadata: _Meta = _Meta()


class Watcher:
    """Follows every kind of a cluster into a sink, until it is cancelled. `raw` keeps the received objects for `Cluster.raw`."""

    def __init__(
        self, reader: LiveReader, sink: Sink, raw: RawObjects, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._reader, self._sink, self._raw, self._clock = reader, sink, raw, clock
        self._tasks: dict[Kind, asyncio.Task[None]] = {}
        self._first: dict[Kind, asyncio.Event] = {}
        self._undiscovered: set[Kind] = set()

    async def run(self) -> None:
        """Follows. Kinds that begin to be served later (a CRD is installed) are found within minutes."""
        try:
            while True:
                try:
                    served = await discover(self._reader.client, frozenset(kind.group for kind in KINDS))
                except (Refused, Unreachable) as error:
                    self._sink.broken(
                        "",
                        Gap(
                            "unreachable",
                            f"the API server does not say what it serves: {error}",
                            where=self._reader.client.server,
                        ),
                    )
                    await asyncio.sleep(_FIRST_PAUSE)
                    continue
                self._begin(served)
                await asyncio.sleep(_ASK_AGAIN if served.failed else _REDISCOVER)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def ready(self) -> None:
        """Returns when every kind was listed once, or could not be."""
        while not self._first:
            await asyncio.sleep(0.02)
        await asyncio.gather(*(event.wait() for event in self._first.values()))

    def _begin(self, served: Served) -> None:
        for kind in KINDS:
            if kind in self._tasks and not self._tasks[kind].done():
                continue
            resource = served.find(kind.group, kind.plural, kind.versions)
            if resource is not None and "watch" in resource.verbs:
                self._first[kind] = asyncio.Event()
                self._tasks[kind] = asyncio.create_task(self._follow(kind, resource), name=f"watch {kind}")
            else:
                failed = [why for group, why in served.failed.items() if group.partition("/")[0] == kind.group]
                if failed:
                    self._undiscovered.add(kind)
                    self._sink.broken(kind.key, kind.gap("unreachable", f"{kind} could not be discovered: {failed[0]}"))
                elif kind in self._undiscovered:
                    self._undiscovered.remove(kind)
                    self._forget(kind)

    async def _follow(self, kind: Kind, resource: Resource) -> None:
        pause = _FIRST_PAUSE
        version = ""
        while True:
            try:
                if not version:
                    version = await self._list(kind, resource)
                    self._first[kind].set()
                    pause = _FIRST_PAUSE
                version = await self._watch(kind, resource, version)
                pause = _FIRST_PAUSE
            except Gone:
                version = ""
                await asyncio.sleep(_FIRST_PAUSE)  # a server that never remembers is not asked without end
            except NotFound as error:
                if kind.optional:
                    self._forget(kind)
                    self._first[kind].set()
                    return
                version = ""
                pause = await self._broken(kind, "unreachable", f"{kind} can not be followed: {error}", pause)
            except Forbidden as error:
                version = ""
                pause = await self._broken(kind, "forbidden", f"{kind} may not be watched: {error}", _LONGEST_PAUSE)
            except (Refused, Unreachable) as error:
                version = ""
                pause = await self._broken(kind, "unreachable", f"{kind} can not be followed: {error}", pause)

    def _forget(self, kind: Kind) -> None:
        """It is served no more: there are no objects of it, and nothing to be missed."""
        self._raw.replace(kind, {})
        self._sink.listed(kind.key, (), self._clock(), ())

    async def _broken(self, kind: Kind, reason: GapReason, what: str, pause: float) -> float:
        """Tells the sink, waits, and gives the next pause."""
        self._sink.broken(kind.key, kind.gap(reason, what))
        self._first[kind].set()
        await asyncio.sleep(pause)
        return min(pause * 2, _LONGEST_PAUSE)

    async def _list(self, kind: Kind, resource: Resource) -> str:
        found = await self._reader.list_kind(kind, resource)
        self._raw.replace(kind, {thing.ref: raw for thing, raw in found.objects})
        self._sink.listed(kind.key, (thing for thing, _ in found.objects), self._clock(), found.undecodable)
        return found.resource_version

    async def _watch(self, kind: Kind, resource: Resource, version: str) -> str:
        key = kind.key
        async for event in self._reader.client.watch(resource.path, version, seconds=_TURNOVER):
            raw = bytes(event.object)
            version = msgspec.json.decode(raw, type=_Versioned).metadata.resource_version or version
            if event.type == "BOOKMARK":
                continue
            found = self._reader.decode(raw, kind, resource)
            ref = ObjectRef(kind.kind, found.namespace, found.name, kind.group) if isinstance(found, Gap) else found.ref
            if event.type == "DELETED":
                self._raw.drop(kind, ref)
                self._sink.remove(key, ref, self._clock())
            elif isinstance(found, Gap):
                self._raw.drop(kind, ref)
                self._sink.undecodable(key, found, self._clock())
            else:
                self._raw.put(kind, ref, raw)
                self._sink.put(key, found, self._clock())
        return version
