"""The state of a watched cluster: deltas in, frozen Clusters out.

Deltas may repeat and may come again after a list; an object is taken by its resource version, so applying one twice changes nothing. A kind whose watch
broke keeps its last objects and becomes a gap until it is listed again. An object that cannot be decoded is not in the Cluster, as it is in no snapshot, and is
a gap of its own until it changes, is listed again or is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from seawall.live.past import Past
from seawall.model.cluster.access_kinds import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from seawall.model.cluster.coverage import Coverage, Gap, Scope
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster

_Name = tuple[str, str]
"""Namespace and name."""


class Delta(msgspec.Struct, frozen=True):
    """What happened to one object: `made`, `changed` or `gone` (or unreadable since), at a time (UTC ns). `before` and `after` are None where there is none."""

    action: str
    at: int
    ref: ObjectRef
    before: Object | None
    after: Object | None


class LiveView:
    """One cluster's objects, by kind and reference. `raw` reads an object as the source keeps it, redacted."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002  the cluster's id
        name: str,
        version: str,
        scope: Scope,
        raw: Callable[[Object], dict[str, Any] | None] | None = None,
    ) -> None:
        self.id, self.name, self.version, self.scope, self._raw = id, name, version, scope, raw
        self._objects: dict[str, dict[ObjectRef, Object]] = {}
        self._gaps: dict[str, Gap] = {}
        self._undecodable: dict[str, dict[_Name, Gap]] = {}
        self._cluster: Cluster | None = None
        self.past = Past((ClusterRole, ClusterRoleBinding, Role, RoleBinding))
        """Who might do what, earlier."""

    def listed(self, kind: str, objects: Iterable[Object], at: int, undecodable: Iterable[Gap] = ()) -> list[Delta]:
        """The whole of a kind, as a list gave it: what is not in it is gone. Heals the kind's gap; `undecodable` are those of its objects."""
        now = {thing.ref: thing for thing in objects}
        before = self._objects.get(kind, {})
        deltas = [Delta("gone", at, ref, thing, None) for ref, thing in before.items() if ref not in now]
        for ref, thing in now.items():
            old = before.get(ref)
            if old is None:
                deltas.append(Delta("made", at, ref, None, thing))
            elif not _same(old, thing):
                deltas.append(Delta("changed", at, ref, old, thing))
        if kind in self._objects:
            self.past.take(deltas)
        else:
            self.past.begins(kind, at)
        healed = self._gaps.pop(kind, None) is not None
        unread = {(gap.namespace, gap.name): gap for gap in undecodable}
        told = unread != self._undecodable.get(kind, {})
        self._undecodable[kind] = unread
        if deltas or healed or told or kind not in self._objects:
            self._objects[kind] = now
            self._cluster = None
        return deltas

    def put(self, kind: str, thing: Object, at: int) -> list[Delta]:
        """An object that was made or changed."""
        self._heal(kind, thing.ref)
        known = self._objects.setdefault(kind, {})
        old = known.get(thing.ref)
        if old is not None and _same(old, thing):
            return []
        known[thing.ref] = thing
        self._cluster = None
        deltas = [Delta("changed" if old is not None else "made", at, thing.ref, old, thing)]
        self.past.take(deltas)
        return deltas

    def remove(self, kind: str, ref: ObjectRef, at: int) -> list[Delta]:
        """An object that is gone."""
        self._heal(kind, ref)
        old = self._objects.get(kind, {}).pop(ref, None)
        if old is None:
            return []
        self._cluster = None
        deltas = [Delta("gone", at, ref, old, None)]
        self.past.take(deltas)
        return deltas

    def broken(self, kind: str, gap: Gap) -> None:
        """The kind is no longer followed; `gap` says why."""
        if self._gaps.get(kind) != gap:
            self._gaps[kind] = gap
            self._cluster = None

    def undecodable(self, kind: str, gap: Gap, at: int) -> list[Delta]:
        """The object that `gap` names is there and cannot be read. What it was before says nothing of it any more."""
        known, unread = self._objects.setdefault(kind, {}), self._undecodable.setdefault(kind, {})
        name = gap.namespace, gap.name
        readable = () if name in unread else known.values()
        gone = [thing for thing in readable if (thing.namespace, thing.name) == name]
        for thing in gone:
            del known[thing.ref]
        unread[name] = gap
        self._cluster = None
        deltas = [Delta("gone", at, thing.ref, thing, None) for thing in gone]
        self.past.take(deltas)
        return deltas

    def _heal(self, kind: str, ref: ObjectRef) -> None:
        """The object can be read, or is gone."""
        if self._undecodable.get(kind, {}).pop((ref.namespace, ref.name), None) is not None:
            self._cluster = None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Those of whole kinds, then those of single objects."""
        return (*self._gaps.values(), *(gap for found in self._undecodable.values() for gap in found.values()))

    def cluster(self, at: int) -> Cluster:
        """The state as a Cluster; the same one as long as nothing changed."""
        if self._cluster is None:
            things = [thing for known in self._objects.values() for thing in known.values()]
            counts = {kind: len(known) for kind, known in self._objects.items() if known}
            self._cluster = Cluster(
                things, name=self.name, id=self.id, scope=self.scope, coverage=Coverage(objects=counts, gaps=self.gaps), taken_at=at, raw=self._raw, version=self.version
            )  # fmt: skip
        return self._cluster


def _same(one: Object, other: Object) -> bool:
    version = one.metadata.resource_version
    return version == other.metadata.resource_version if version else one == other


def touched(deltas: Iterable[Delta], owner_of: Callable[[Object], ObjectRef]) -> frozenset[ObjectRef]:
    """The objects that a scan after `deltas` must look at again: what changed, and the owners of what is gone."""
    refs: set[ObjectRef] = set()
    for delta in deltas:
        refs.add(delta.ref)
        if delta.before is not None:
            refs.add(owner_of(delta.before))
    return frozenset(refs)
