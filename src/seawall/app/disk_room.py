"""Room for what comes: what the disk guard drops of an embedded store, and the record of it."""

from __future__ import annotations

import logging

import msgspec

from seawall.app.answer import Answer
from seawall.app.moment import rfc3339
from seawall.app.trail import Act, TrailLog
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.store.disk import guard

DROPPED = "dropPartition"
"""The action by which the trail knows it."""

_log = logging.getLogger("seawall.server")


class DroppedPartition(Answer, frozen=True):
    """A partition that was dropped because the disk was filling: the newest of its events, its rows and bytes."""

    at: str
    table: str
    newest: str
    rows: int
    bytes: int


class _Data(msgspec.Struct, frozen=True):
    """What the trail's entry carries; `newest` in UTC nanoseconds."""

    newest: int
    rows: int
    bytes: int


def make_room(store: Store, trail: TrailLog, now: int) -> int:
    """Drop what must go, and note each partition as soon as it is gone; how many went."""
    dropped = 0
    for partition in guard(store):
        data = {"newest": partition.newest, "rows": partition.rows, "bytes": partition.size}
        trail.note(Act(DROPPED, "ok", "seawall", target=f"{partition.table}/{partition.id}", data=data), now)
        _log.warning(
            "the disk was filling: dropped %s rows of %s up to %s",
            f"{partition.rows:,}",
            partition.table,
            rfc3339(partition.newest),
        )
        dropped += 1
    return dropped


def dropped_partitions(store: Store, scope: ReadScope, since: int, until: int) -> list[DroppedPartition]:
    """What was dropped in a window, newest first. Raises PermissionError for readers of less than everything."""
    found = []
    for row in store.rows("partitions_dropped", scope, action=DROPPED, since=since, until=until):
        data = msgspec.json.decode(row["data"], type=_Data)
        found.append(
            DroppedPartition(
                at=rfc3339(row["at"]),
                table=row["target"].partition("/")[0],
                newest=rfc3339(data.newest),
                rows=data.rows,
                bytes=data.bytes,
            )
        )
    return found
