"""Columns of flows computed anew from other columns of the same rows: by whole hours, without a row ever leaving the store.

What is asked of the rows of an hour is read once a distinct question; the answers go into a small table beside the flows, and
one mutation writes them into every row of the hour. A mutation touches the rows that were there when it began, so nothing that
comes in meanwhile is lost; the engine finishes one that was cut off. Which hours are still to be done stands in the rows: they
carry the version that they were judged by.
"""

# ruff: noqa: S608 (names come from declarations, values are bound)
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from seawall.model.event import KINDS
from seawall.store.client import Store
from seawall.store.predicate import Time
from seawall.store.schema import DATABASE, column_type

if TYPE_CHECKING:
    import pyarrow as pa

ANSWERS = "flow_answers"
"""The table of answers. It outlives a crash for as long as a mutation needs it."""
_OF_HOUR = "cluster = {cluster:String} AND time >= {hour:DateTime64(9)} AND time < addHours({hour:DateTime64(9)}, 1)"


class Hour(msgspec.Struct, frozen=True):
    """An hour (start, UTC ns) of one cluster's flows: its rows, those that another version judged, and what its roll-ups hold.

    `whole`: no row of it has expired, so that its roll-ups can be made again.
    """

    start: int
    rows: int
    stale: int
    whole: bool
    rolled_stale: bool


_HOURS = """
SELECT hour, sum(n) AS rows, sum(old) AS stale, sum(here) AS events, sum(minutes) AS by_minute, sum(rolled_old) AS rolled_stale
FROM
(
    SELECT toDateTime64(toStartOfHour(time), 9, 'UTC') AS hour, count() AS n, countIf(policy_version != {version:String}) AS old,
        sum(f.events) AS here, 0 AS minutes, 0 AS rolled_old
    FROM seawall.flow AS f WHERE cluster = {cluster:String} GROUP BY hour
    UNION ALL
    SELECT toDateTime64(toStartOfHour(minute), 9, 'UTC') AS hour, 0, 0, 0, sum(m.events) + sum(m.reply_events), countIf(policy_version != {version:String})
    FROM seawall.edge_minute AS m WHERE cluster = {cluster:String} GROUP BY hour
    UNION ALL
    SELECT hour, 0, 0, 0, 0, countIf(policy_version != {version:String})
    FROM seawall.edge_hour WHERE cluster = {cluster:String} GROUP BY hour
)
GROUP BY hour
HAVING rows > 0
ORDER BY hour DESC
"""


def hours(store: Store, cluster: str, version: str) -> list[Hour]:
    """The hours that raw flows of a cluster are there of, newest first."""
    return [
        Hour(row["hour"], row["rows"], row["stale"], row["events"] >= row["by_minute"], row["rolled_stale"] > 0)
        for row in store.select(_HOURS, cluster=cluster, version=version)
    ]


def end_what_was_begun(store: Store) -> None:
    """Settles what a run left that was cut off: a mutation that still waits is ended, its answers are dropped. Run one at a time."""
    store.execute(
        f"KILL MUTATION WHERE database = {{d:String}} AND table = 'flow' AND NOT is_done AND position(command, '{ANSWERS}') > 0 SYNC",
        d=DATABASE,
    )
    store.execute(f"DROP TABLE IF EXISTS {DATABASE}.{ANSWERS} SYNC")


def questions(store: Store, cluster: str, hour: int, version: str, asked: Sequence[str]) -> pa.Table:
    """The distinct values of the columns `asked` in the rows of an hour that another version judged, each with its `key`."""
    picked = ", ".join(f"any(f.{name}) AS {name}" for name in asked)
    return store.table(
        f"SELECT {_key(asked, 'f.')} AS key, {picked} FROM {DATABASE}.flow AS f "
        f"WHERE {_OF_HOUR} AND policy_version != {{version:String}} GROUP BY key",
        cluster=cluster,
        hour=Time(hour),
        version=version,
    )


def answer(
    store: Store, cluster: str, hour: int, asked: Sequence[str], answers: pa.RecordBatch, constant: dict[str, object]
) -> None:
    """Writes `answers` (by `key`, a column each) and `constant` into the rows of an hour that they answer."""
    flow = KINDS["flow"]
    names = [name for name in answers.schema.names if name != "key"]
    columns = ", ".join(f"{name} {_plain(column_type(flow.field(name)))}" for name in names)
    store.execute(f"DROP TABLE IF EXISTS {DATABASE}.{ANSWERS} SYNC")
    store.execute(
        f"CREATE TABLE {DATABASE}.{ANSWERS} (key String, known UInt8 DEFAULT 1, {columns}) ENGINE = Join(ANY, LEFT, key)"
    )
    store.fill(ANSWERS, answers)
    key = _key(asked)
    updates = [f"{name} = joinGet('{DATABASE}.{ANSWERS}', '{name}', {key})" for name in names]
    bound: dict[str, object] = {"cluster": cluster, "hour": Time(hour)}
    for name, value in constant.items():
        field = flow.field(name)
        updates.append(f"{name} = {{{name}:{_plain(column_type(field))}}}")
        bound[name] = value
    store.execute(
        f"ALTER TABLE {DATABASE}.flow UPDATE {', '.join(updates)} IN PARTITION ID '{hour // 1_000_000_000}' "
        f"WHERE {_OF_HOUR} AND joinGet('{DATABASE}.{ANSWERS}', 'known', {key}) = 1",
        settings={"mutations_sync": "2", "allow_nondeterministic_mutations": "1"},
        **bound,
    )
    store.execute(f"DROP TABLE {DATABASE}.{ANSWERS} SYNC")


def _key(asked: Sequence[str], prefix: str = "") -> str:
    """One text for the values of several columns; null is a value of its own."""
    flow = KINDS["flow"]
    parts = [
        f"toNullable({prefix}{name}) IS NULL, ifNull({prefix}{name}, 0)" if flow.field(name).null else f"{prefix}{name}"
        for name in asked
    ]
    return f"hex(sipHash128({', '.join(parts)}))"


def _plain(kind: str) -> str:
    """A type without the dictionary, which a table of answers has no use for."""
    return kind.removeprefix("LowCardinality(").removesuffix(")") if kind.startswith("LowCardinality(") else kind
