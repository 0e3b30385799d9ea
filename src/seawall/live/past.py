"""What objects of some kinds were at an earlier moment: the state of now, with the changes since then undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seawall.model.cluster.meta import Object
from seawall.model.cluster.snapshot import Cluster

if TYPE_CHECKING:
    from seawall.live.view import Delta

MOST = 5_000
"""Changes kept; who may do what changes seldom, and a change is two references to objects."""


class Past:
    """Written by the one who follows the cluster, read from any thread.

    `since` (UTC ns) is the earliest moment that can be told: that of the first lists, or of the oldest change that was let go.
    """

    def __init__(self, kinds: tuple[type[Object], ...], most: int = MOST) -> None:
        self._kinds, self._most = kinds, most
        self._changes: tuple[Delta, ...] = ()
        self.since = 0

    def begins(self, kind: str, at: int) -> None:
        """A kind is listed for the first time: before, nobody looked. Other kinds, which may come at any time, are no matter."""
        if any(kind == one.__name__ for one in self._kinds):
            self.since = max(self.since, at)

    def take(self, deltas: Iterable[Delta]) -> None:
        mine = tuple(delta for delta in deltas if isinstance(delta.after or delta.before, self._kinds))
        if mine:
            kept = (*self._changes, *mine)
            if len(kept) > self._most:
                self.since = kept[-self._most - 1].at
            self._changes = kept[-self._most :]

    def of(self, cluster: Cluster, moment: int) -> Cluster:
        """Those kinds as they were at `moment`; `cluster` is the state of now. A moment before `since` is answered as `since`."""
        changes = self._changes
        things = {thing.ref: thing for kind in self._kinds for thing in cluster.known(kind)}
        for delta in reversed(changes):
            if delta.at <= moment:
                break
            if delta.before is None:
                things.pop(delta.ref, None)
            else:
                things[delta.ref] = delta.before
        return Cluster(
            list(things.values()),
            name=cluster.name,
            id=cluster.id,
            scope=cluster.scope,
            coverage=cluster.coverage,
            taken_at=max(moment, self.since),
            version=cluster.version,
        )
