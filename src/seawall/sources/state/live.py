"""A live cluster, read through its API: one Cluster, whatever the credentials may not see.

Kinds are listed side by side, a page at a time. A kind that may not be listed, or whose server does not answer, becomes a gap of that kind and
touches nothing else. Secrets turn into features as they are decoded; the raw objects that are kept are redacted when they are asked for.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from seawall.kit.errors import UserError
from seawall.kube.client import KubeClient
from seawall.kube.credentials import credentials
from seawall.kube.discovery import Resource, Served, discover
from seawall.kube.errors import Forbidden, Gone, Refused, Unreachable
from seawall.model.cluster.coverage import LIVE, Coverage, Gap, Scope
from seawall.model.cluster.decode import ObjectDecoder, Undecodable
from seawall.model.cluster.kinds import KINDS, Kind, kind_of
from seawall.model.cluster.lost import lost
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.redaction import redact
from seawall.model.cluster.snapshot import Cluster
from seawall.spi.source import StateOptions

_AT_ONCE = 6
_GROUPS = frozenset(kind.group for kind in KINDS)


def read_live(
    context: str | None, kubeconfig: str | None, options: StateOptions, user: str = "", groups: tuple[str, ...] = ()
) -> Cluster:
    """Reads the cluster of a kubeconfig context (None: the current one), as `user` in `groups` where one is given. UserError where it cannot be reached at all."""
    return asyncio.run(_read(context, kubeconfig, options, user, groups))


async def _read(
    context: str | None, kubeconfig: str | None, options: StateOptions, user: str, groups: tuple[str, ...]
) -> Cluster:
    chosen = await credentials(context, kubeconfig)
    if user:
        chosen.impersonate(user, groups)
    async with KubeClient(chosen) as client:
        return await snapshot_of(client, options)


async def snapshot_of(client: KubeClient, options: StateOptions) -> Cluster:
    """One Cluster through `client`."""
    reader = LiveReader(client, options)
    return await reader.read()


class Listed(msgspec.Struct, frozen=True):
    """A kind's objects with their raw JSON, the resource version to watch from, and a gap for each object that does not decode."""

    resource: Resource
    objects: tuple[tuple[Object, bytes], ...]
    resource_version: str
    undecodable: tuple[Gap, ...] = ()


class LiveReader:
    """Lists every kind once. What it found stays at hand (`listed`), so that a watch can go on from there."""

    def __init__(self, client: KubeClient, options: StateOptions) -> None:
        self.client, self.options = client, options
        self.decoder = ObjectDecoder(options.key)
        self.listed: dict[Kind, Listed] = {}
        self.gaps: list[Gap] = []
        self._done = 0

    async def read(self) -> Cluster:
        server = self.client.server
        try:
            served = await discover(self.client, _GROUPS)
        except Unreachable as error:
            raise UserError(
                str(error), where=f"context {self.client.credentials.context}", do="check it with: kubectl version"
            ) from None
        except Refused as error:
            raise UserError(
                f"the API server refuses: {error}", where=server, do="check it with: kubectl auth whoami"
            ) from None
        for group, why in served.failed.items():
            self.gaps.append(
                Gap("unreachable", f"{group} is served by an API that does not answer: {why}", where=server)
            )
        turns = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._list_kind(kind, served, turns) for kind in KINDS))
        identity = await self.cluster_id()
        taken_at = time.time_ns()
        objects = [thing for found in self.listed.values() for thing, _ in found.objects]
        raw = RawObjects()
        for kind, found in self.listed.items():
            raw.replace(kind, {thing.ref: received for thing, received in found.objects})
        return Cluster(
            objects,
            name=self.options.name or self.client.credentials.context,
            id=identity,
            scope=Scope(LIVE.name, LIVE.description, runtime=True, namespaces=self.options.namespaces),
            coverage=self.coverage(),
            taken_at=taken_at,
            raw=raw,
            version=served.version,
        )

    def coverage(self) -> Coverage:
        counts: dict[str, int] = {}
        for found in self.listed.values():
            for thing, _ in found.objects:
                counts[thing.kind] = counts.get(thing.kind, 0) + 1
        return Coverage(objects=counts, gaps=tuple(self.gaps), sources=(self.client.server,))

    async def _list_kind(self, kind: Kind, served: Served, turns: asyncio.Semaphore) -> None:
        async with turns:
            resource = served.find(kind.group, kind.plural, kind.versions)
            if resource is None:
                failed = [
                    f"{kind.group}/{version}" for version in kind.versions if f"{kind.group}/{version}" in served.failed
                ]
                if failed:
                    self.gaps.append(
                        kind.gap("unreachable", f"{kind} could not be discovered: {served.failed[failed[0]]}")
                    )
                elif not kind.optional:
                    self.gaps.append(kind.gap("unsupported", f"{kind} is not served in a version that Seawall reads"))
                return
            try:
                self.listed[kind] = found = await self.list_kind(kind, resource)
                self.gaps += found.undecodable
            except Forbidden as error:
                self.gaps.append(kind.gap("forbidden", f"{kind} may not be listed: {error}"))
            except (Refused, Unreachable) as error:
                self.gaps.append(kind.gap("unreachable", f"{kind} could not be listed: {error}"))
            self._done += 1
            if self.options.progress is not None:
                self.options.progress("kinds listed", self._done, len(KINDS))

    async def list_kind(self, kind: Kind, resource: Resource) -> Listed:
        """Lists one kind. A list that expires is begun again once."""
        try:
            return await self._list(kind, resource)
        except Gone:
            return await self._list(kind, resource)

    async def _list(self, kind: Kind, resource: Resource) -> Listed:
        objects: list[tuple[Object, bytes]] = []
        undecodable: list[Gap] = []
        version = ""
        for path in self._paths(kind, resource):
            async for page in self.client.pages(path):
                version = page.metadata.resource_version
                for raw in page.items:
                    found = self.decode(bytes(raw), kind, resource)
                    if isinstance(found, Gap):
                        undecodable.append(found)
                    else:
                        objects.append((found, bytes(raw)))
        return Listed(resource, tuple(objects), version, tuple(undecodable))

    def _paths(self, kind: Kind, resource: Resource) -> tuple[str, ...]:
        if self.options.namespaces and kind.namespaced:
            return tuple(resource.in_namespace(namespace) for namespace in self.options.namespaces)
        return (resource.path,)

    def decode(self, raw: bytes, kind: Kind, resource: Resource) -> Object | Gap:
        """The object in `raw`, which lists give without its kind; a gap that names it where it does not decode."""
        try:
            thing = self.decoder.decode(raw, kind)
        except Undecodable as error:
            return lost("undecodable", raw, kind.kind, str(error), f"{self.client.server}{resource.path}")
        msgspec.structs.force_setattr(thing, "api_version", resource.api_version)
        msgspec.structs.force_setattr(thing, "kind", kind.kind)
        return thing

    async def server_version(self) -> str:
        """The API server's version, `v1.36.3`."""
        return msgspec.json.decode(await self.client.get("/version"), type=_Version).git_version

    async def cluster_id(self) -> str:
        """The UID of kube-system; "", and a gap, where it may not be read."""
        try:
            body = await self.client.get("/api/v1/namespaces/kube-system")
        except (Refused, Unreachable) as error:
            self.gaps.append(Gap("forbidden", f"the cluster's id could not be read: {error}", kind=""))
            return ""
        return msgspec.json.decode(body, type=_Identified).metadata.uid


class RawObjects:
    """The redacted raw objects of a cluster, by reference. The bytes as received stay inside."""

    def __init__(self) -> None:
        self._received: dict[Kind, dict[ObjectRef, bytes]] = {}

    def replace(self, kind: Kind, received: dict[ObjectRef, bytes]) -> None:
        """All objects of a kind, as a list gave them."""
        self._received[kind] = received

    def put(self, kind: Kind, ref: ObjectRef, received: bytes) -> None:
        self._received.setdefault(kind, {})[ref] = received

    def drop(self, kind: Kind, ref: ObjectRef) -> None:
        self._received.get(kind, {}).pop(ref, None)

    def __call__(self, thing: Object) -> dict[str, Any] | None:
        kind = kind_of(thing.api_version, thing.kind)
        raw = self._received.get(kind, {}).get(thing.ref) if kind is not None else None
        if raw is None:
            return None
        return redact({"apiVersion": thing.api_version, "kind": thing.kind, **msgspec.json.decode(raw)})


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str = ""


class _UID(msgspec.Struct, frozen=True):
    uid: str = ""


class _Identified(msgspec.Struct, frozen=True):
    metadata: _UID = _UID()
