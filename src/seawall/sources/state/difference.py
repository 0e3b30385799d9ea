"""What differs between two Clusters, object by object and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster

_NOISE = frozenset({"resourceVersion", "managedFields", "generation", "uid", "creationTimestamp", "selfLink"})
"""Metadata that the API server writes and nobody means."""

_ABSENT: Any = object()


class Field(msgspec.Struct, frozen=True):
    """A field with two values; None where it is absent. A path leads into lists by the names of their entries, where they have any."""

    path: str
    before: Any
    after: Any


class Changed(msgspec.Struct, frozen=True):
    """An object that is on both sides, and its fields that differ."""

    ref: ObjectRef
    fields: tuple[Field, ...]


class Difference(msgspec.Struct, frozen=True):
    """`unknown` are kinds that one side could not read: nothing is said about their objects."""

    added: tuple[ObjectRef, ...] = ()
    removed: tuple[ObjectRef, ...] = ()
    changed: tuple[Changed, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff(before: Cluster, after: Cluster, *, status: bool = False) -> Difference:
    """What `after` has that `before` has not, the other way round, and what changed in between; `status` compares that too.

    Secret values are compared by their features, so a new value of the same length and make is not noticed.
    """
    unknown = sorted(_unread(before) | _unread(after))
    old, new = _objects(before, unknown), _objects(after, unknown)
    changed = []
    for ref in sorted(old.keys() & new.keys(), key=str):
        fields = tuple(_fields(before, old[ref], after, new[ref], status=status))
        if fields:
            changed.append(Changed(ref, fields))
    return Difference(
        added=tuple(sorted(new.keys() - old.keys(), key=str)),
        removed=tuple(sorted(old.keys() - new.keys(), key=str)),
        changed=tuple(changed),
        unknown=tuple(unknown),
    )


def _unread(cluster: Cluster) -> set[str]:
    return {gap.kind for gap in cluster.coverage.gaps if gap.kind and gap.reason in ("forbidden", "unreachable")}


def _objects(cluster: Cluster, without: list[str]) -> dict[ObjectRef, Object]:
    return {thing.ref: thing for thing in cluster.objects if thing.kind not in without}


def _fields(before: Cluster, old: Object, after: Cluster, new: Object, *, status: bool) -> Iterator[Field]:
    yield from _compare("", _meant(before.raw(old), status=status), _meant(after.raw(new), status=status))


def _meant(raw: dict[str, Any] | None, *, status: bool) -> dict[str, Any]:
    """An object without what nobody means."""
    raw = dict(raw or {})
    if not status:
        raw.pop("status", None)
    metadata = raw.get("metadata")
    if isinstance(metadata, dict):
        raw["metadata"] = {key: value for key, value in metadata.items() if key not in _NOISE}
    return raw


def _compare(path: str, before: Any, after: Any) -> Iterator[Field]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            below = f"{path}.{key}" if path else key
            yield from _compare(below, before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        old, new = _by_name(before), _by_name(after)
        for name in [*old, *(name for name in new if name not in old)]:
            yield from _compare(f"{path}[{name}]", old.get(name, _ABSENT), new.get(name, _ABSENT))
    else:
        yield Field(path, None if before is _ABSENT else before, None if after is _ABSENT else after)


def _by_name(entries: list[Any]) -> dict[str, Any]:
    """The entries of a list by their names, or by their numbers where they have none or share one."""
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return {str(name): entry for name, entry in zip(names, entries, strict=True)}
    return {str(number): entry for number, entry in enumerate(entries)}
