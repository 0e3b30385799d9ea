"""Save, show and compare the state of a cluster."""

from __future__ import annotations

import msgspec

from seawall.model.cluster.coverage import Coverage
from seawall.model.cluster.diff import ObjectChange, diff
from seawall.model.cluster.snapshot import Cluster


class Shown(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What a snapshot holds. `takenAt` is UTC ns."""

    id: str
    name: str
    version: str
    scope: str
    objects: dict[str, int]
    coverage: Coverage
    taken_at: int | None = None


def save(cluster: Cluster, path: str) -> int:
    """Writes `cluster` to `path`, redacted and compressed; the file's size in bytes."""
    from seawall.sources.state import snapshot

    return snapshot.save(cluster, path)


def show(cluster: Cluster) -> Shown:
    """What is in a cluster, by kind, most first."""
    counts = sorted(cluster.coverage.objects.items(), key=lambda entry: (-entry[1], entry[0]))
    return Shown(
        cluster.id,
        cluster.name,
        cluster.version,
        cluster.scope.description,
        dict(counts),
        cluster.coverage,
        cluster.taken_at,
    )


def compare(before: Cluster, after: Cluster, *, status: bool = False) -> tuple[ObjectChange, ...]:
    """What differs."""
    return diff(before, after, status=status)
