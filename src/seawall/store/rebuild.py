"""Roll-ups made again from the events of whole days or hours: after a repair, or when columns of the events were computed anew.

A day is replaced at once, so readers see the old or the new, never half. Inserts of this process are held back while it is
swapped; what another process stores into that day meanwhile would be missing from the new: keep it from the day.
"""

# ruff: noqa: S608 (names come from declarations, values are bound)
from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from seawall.kit.errors import Retry
from seawall.model.event import ROLLUPS
from seawall.store.client import Store
from seawall.store.rollup import VIEWS, View
from seawall.store.schema import DATABASE

_TRIES = 2
"""How often a day is made again while rows still come in, before they are held back for as long as it takes."""


class Part(msgspec.Struct, frozen=True):
    """What of a day is made again: these hours (starts, UTC ns) of one cluster. The rest is copied as it is."""

    cluster: str
    hours: tuple[int, ...]

    @property
    def parameters(self) -> dict[str, object]:
        return {"part_cluster": self.cluster, "part_hours": [hour // 1_000_000_000 for hour in self.hours]}

    @staticmethod
    def holds(time: str) -> str:
        """The condition on rows whose time stands in `time`."""
        return f"cluster = {{part_cluster:String}} AND toUnixTimestamp(toStartOfHour({time})) IN {{part_hours:Array(UInt32)}}"


def rebuild_day(store: Store, rollup: str, day: datetime.date, part: Part | None = None) -> None:
    """Fill the partition `day` (UTC) of a roll-up from the events that are there. The caller knows that they are all there.

    With `part`, only its rows are made again. A roll-up made of another (`edge_hour`) is filled from that one: rebuild in the order of `ROLLUPS`.
    """
    if rollup not in ROLLUPS:
        raise ValueError(f"{rollup} is no roll-up")
    views = [view for view in VIEWS if view.target == rollup]
    scratch = f"{rollup}_rebuild"
    for attempt in range(_TRIES + 1):
        with ExitStack() as held:
            if attempt == _TRIES:
                held.enter_context(store.gate.closed())
            try:
                before = _filled(store, rollup, views, day)
                _make(store, rollup, views, day, part, scratch)
                if attempt < _TRIES:
                    held.enter_context(store.gate.closed())
                if _filled(store, rollup, views, day) == before:
                    store.execute(
                        f"ALTER TABLE {DATABASE}.{rollup} REPLACE PARTITION ID {{id:String}} FROM {DATABASE}.{scratch}",
                        id=day.strftime("%Y%m%d"),
                    )
                    return
            finally:
                store.execute(f"DROP TABLE IF EXISTS {DATABASE}.{scratch} SYNC")
    raise Retry(f"another process stores into {rollup} of {day}: keep it from that day and try again")


def _make(
    store: Store, rollup: str, views: Sequence[View], day: datetime.date, part: Part | None, scratch: str
) -> None:
    """The day as it is to be, in a table beside the roll-up."""
    columns = ", ".join(ROLLUPS[rollup].columns)
    bound: dict[str, Any] = {"day": day.isoformat(), **(part.parameters if part is not None else {})}
    into = f"INSERT INTO {DATABASE}.{scratch} ({columns})"
    store.execute(f"DROP TABLE IF EXISTS {DATABASE}.{scratch} SYNC")
    store.execute(f"CREATE TABLE {DATABASE}.{scratch} AS {DATABASE}.{rollup}")
    if part is not None:
        time = ROLLUPS[rollup].fields[0].name
        others = f"toDate({time}) = {{day:Date}} AND NOT ({part.holds(time)})"
        store.execute(f"{into} SELECT {columns} FROM {DATABASE}.{rollup} WHERE {others}", **bound)
    for view in views:
        wanted = f"toDate({view.time}) = {{day:Date}}" + (f" AND {part.holds(view.time)}" if part is not None else "")
        query = view.select.replace("{source}", f"(SELECT * FROM {DATABASE}.{view.source} WHERE {wanted})")
        store.execute(f"{into} SELECT {columns} FROM ({query})", **bound)


def _filled(store: Store, rollup: str, views: Sequence[View], day: datetime.date) -> list[dict[str, object]]:
    """What tells whether something came in: the rows of a day, as inserts count them, in what is read and in what is swapped."""
    time = ROLLUPS[rollup].fields[0].name
    measures = "sum(events) AS events" + (
        ", sum(reply_events) AS replies" if "reply_events" in ROLLUPS[rollup].columns else ""
    )
    found = store.select(
        f"SELECT {measures} FROM {DATABASE}.{rollup} WHERE toDate({time}) = {{day:Date}}", day=day.isoformat()
    )
    for view in views:
        count = "count()" if view.source not in ROLLUPS else "sum(events) + sum(reply_events)"
        found += store.select(
            f"SELECT {count} AS n FROM {DATABASE}.{view.source} WHERE toDate({view.time}) = {{day:Date}}",
            day=day.isoformat(),
        )
    return found
