"""What differs between two Clusters, object by object and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster

# What the API server keeps about an object and nobody decides.
_KEPT_BY_THE_SERVER = frozenset({
    "metadata.resourceVersion", "metadata.uid", "metadata.creationTimestamp", "metadata.generation", "metadata.managedFields", "metadata.selfLink",
})  # fmt: skip


class ObjectChange(msgspec.Struct, frozen=True):
    """One object that was added, removed or changed. `fields` are the paths that differ (values are not told: they may be secrets' features)."""

    what: Literal["added", "removed", "changed"]
    ref: ObjectRef
    fields: tuple[str, ...] = ()


def diff(before: Cluster, after: Cluster, *, status: bool = False) -> tuple[ObjectChange, ...]:
    """The differences, by kind, namespace and name. Fields that the API server keeps are left out, and `status` unless it is asked for.

    A kind that one of the two could not read is left out as well; its gap says so.
    """
    blind = [
        gap
        for cluster in (before, after)
        for gap in cluster.coverage.gaps
        if gap.reason in ("forbidden", "unreachable")
    ]

    def told(thing: Object) -> bool:
        return not any(gap.about(thing.kind, thing.ref.group) for gap in blind)

    old = {thing.ref: thing for thing in before.objects if told(thing)}
    new = {thing.ref: thing for thing in after.objects if told(thing)}
    found = [ObjectChange("added", ref) for ref in new.keys() - old.keys()]
    found += [ObjectChange("removed", ref) for ref in old.keys() - new.keys()]
    for ref in old.keys() & new.keys():
        one, other = before.raw(old[ref]), after.raw(new[ref])
        if one is not None and other is not None:
            fields = tuple(path for path in differing(one, other) if not _left_out(path, status))
        else:
            fields = () if msgspec.structs.replace(old[ref], origin=new[ref].origin) == new[ref] else ("",)
        if fields:
            found.append(ObjectChange("changed", ref, fields))
    return tuple(
        sorted(found, key=lambda change: (change.ref.kind, change.ref.namespace, change.ref.name, change.ref.group))
    )


def differing(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The paths at which two JSON values differ; a field that only one of them has is one path."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            here = f"{path}.{key}" if path else str(key)
            if key in one and key in other:
                yield from differing(one[key], other[key], here)
            else:
                yield here
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differing(a, b, f"{path}[{index}]")
    elif one != other:
        yield path


def _left_out(path: str, status: bool) -> bool:
    return any(path == kept or path.startswith((f"{kept}.", f"{kept}[")) for kept in _KEPT_BY_THE_SERVER) or (
        not status and (path == "status" or path.startswith("status."))
    )
