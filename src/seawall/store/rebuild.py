"""Roll-ups made again from the events of whole days: after a repair, or when columns of the events were computed anew.

A day is replaced at once, so readers see the old or the new, never half. Events that come in for that day while it is being
rebuilt would be missing from the new: keep ingest from the day meanwhile.
"""

# ruff: noqa: S608 (names come from declarations, values are bound)
from __future__ import annotations

import datetime

from seawall.model.event import ROLLUPS
from seawall.store.client import Store
from seawall.store.rollup import VIEWS
from seawall.store.schema import DATABASE


def rebuild_day(store: Store, rollup: str, day: datetime.date) -> None:
    """Fill the partition `day` (UTC) of a roll-up from the events that are there. The caller knows that they are all there.

    A roll-up made of another (`edge_hour`) is filled from that one: rebuild in the order of `ROLLUPS`.
    """
    if rollup not in ROLLUPS:
        raise ValueError(f"{rollup} is no roll-up")
    scratch = f"{DATABASE}.{rollup}_rebuild"
    store.execute(f"DROP TABLE IF EXISTS {scratch} SYNC")
    store.execute(f"CREATE TABLE {scratch} AS {DATABASE}.{rollup}")
    try:
        for view in VIEWS:
            if view.target == rollup:
                columns = ", ".join(ROLLUPS[rollup].columns)
                of_day = f"(SELECT * FROM {DATABASE}.{view.source} WHERE toDate({view.time}) = {{day:Date}})"
                query = view.select.replace("{source}", of_day)
                store.execute(f"INSERT INTO {scratch} ({columns}) SELECT {columns} FROM ({query})", day=day.isoformat())
        store.execute(
            f"ALTER TABLE {DATABASE}.{rollup} REPLACE PARTITION ID {{id:String}} FROM {scratch}",
            id=day.strftime("%Y%m%d"),
        )
    finally:
        store.execute(f"DROP TABLE IF EXISTS {scratch} SYNC")
