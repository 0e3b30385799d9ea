"""What is the matter with the store: reachable, schema, room, parts, and whether ledger, events and roll-ups agree.

Nothing here changes anything. What cannot be looked at is reported as unknown, never as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

import msgspec

from seawall.model.event import KINDS, TABLES, Table
from seawall.store.client import Store
from seawall.store.disk import disks
from seawall.store.errors import StoreAway, StoreRefused
from seawall.store.layout import LAYOUTS, Retention
from seawall.store.migrate import applied, migrations
from seawall.store.predicate import Time
from seawall.store.rollup import VIEWS
from seawall.store.schema import DATABASE, column_type

DAY = 86_400_000_000_000
IN_FLIGHT = 600_000_000_000
"""A batch younger than this may still be waiting for its ledger row, in nanoseconds."""
PARTS_BAD, PARTS_MANY = 250, 100
"""Active parts of one partition: ClickHouse slows inserts at 1,000 and refuses them at 3,000."""


class Health(Enum):
    WELL = "well"
    WORRYING = "worrying"
    ILL = "ill"
    UNKNOWN = "unknown"


class Observation(msgspec.Struct, frozen=True):
    """One thing looked at: what was found, in one line, and what to do about it."""

    name: str
    health: Health
    says: str
    do: str = ""


Look = Callable[[Store, int, Retention], Iterator[Observation]]


def examine(store: Store, *, at: int, retention: Retention | None = None) -> tuple[Observation, ...]:
    """Look at everything. `at`: now, in nanoseconds."""
    try:
        version = str(store.select("SELECT version() AS version")[0]["version"])
    except (StoreAway, StoreRefused) as error:
        return (Observation("reachable", Health.ILL, str(error), "start the store, or check its address and password"),)
    found = [Observation("reachable", Health.WELL, f"ClickHouse {version} at {store.address}")]
    for name, look in LOOKS:
        try:
            found.extend(look(store, at, retention or Retention()))
        except (StoreAway, StoreRefused) as error:
            found.append(Observation(name, Health.UNKNOWN, f"could not be looked at: {error}"))
    return tuple(found)


def _schema(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    known = {migration.number: migration for migration in migrations()}
    done = {row.number: row for row in applied(store)}
    missing, ahead = known.keys() - done.keys(), done.keys() - known.keys()
    changed = [number for number in known.keys() & done.keys() if known[number].checksum != done[number].checksum]
    if missing:
        yield Observation("schema", Health.ILL, f"{len(missing)} migrations are not applied", "seawall store migrate")
    elif ahead:
        yield Observation(
            "schema", Health.WORRYING, f"{len(ahead)} migrations ahead of this Seawall", "upgrade Seawall"
        )
    elif changed:
        yield Observation("schema", Health.WORRYING, f"migration {changed[0]} was applied in another wording")
    else:
        yield Observation("schema", Health.WELL, f"version {max(done)}")


def _drift(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    tables = {
        row["name"]: row
        for row in store.select(
            "SELECT name, sorting_key, partition_key FROM system.tables WHERE database = {d:String}", d=DATABASE
        )
    }
    columns: dict[str, dict[str, str]] = {}
    for row in store.select(
        "SELECT table, name, type FROM system.columns WHERE database = {d:String} AND default_kind != 'ALIAS'",
        d=DATABASE,
    ):
        columns.setdefault(row["table"], {})[row["name"]] = row["type"]
    wrong = [difference for table in TABLES.values() for difference in _differences(table, tables, columns)]
    wrong += [f"view {view.name} is missing" for view in VIEWS if view.name not in tables]
    if wrong:
        yield Observation(
            "tables",
            Health.ILL,
            f"{len(wrong)} differences from the declarations: {'; '.join(wrong[:3])}",
            "seawall store migrate",
        )
    else:
        yield Observation("tables", Health.WELL, f"{len(TABLES)} tables and {len(VIEWS)} views are as declared")


def _differences(table: Table, tables: dict[str, dict[str, str]], columns: dict[str, dict[str, str]]) -> Iterator[str]:
    stored = f"{table.name}_local" if f"{table.name}_local" in tables else table.name
    if stored not in tables:
        yield f"{table.name} is missing"
        return
    for field in table.fields:
        given = columns[stored].get(field.name)
        if given is None:
            yield f"{table.name}.{field.name} is missing"
        elif given != column_type(field):
            yield f"{table.name}.{field.name} is {given}, declared {column_type(field)}"
    layout = LAYOUTS[table.name]
    if tables[stored]["sorting_key"] != ", ".join((*layout.order_by, *layout.added)):
        yield f"{table.name} is sorted by {tables[stored]['sorting_key']}"
    if tables[stored]["partition_key"] != layout.partition_by:
        yield f"{table.name} is partitioned by {tables[stored]['partition_key']}"


def _room(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    for disk in disks(store):
        health = Health.ILL if disk.lacking else Health.WORRYING if disk.free < 2 * disk.floor else Health.WELL
        says = f"{disk.path}: {disk.used_share:.0%} used, {disk.free / 1e9:.1f} GB free"
        yield Observation(
            f"disk {disk.name}",
            health,
            says,
            "" if health is Health.WELL else "keep events for fewer days, or add room",
        )


def _parts(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    rows = store.select(
        "SELECT table, partition, count() AS parts FROM system.parts WHERE active AND database = {d:String} GROUP BY table, partition ORDER BY parts DESC LIMIT 1",
        d=DATABASE,
    )
    most = int(rows[0]["parts"]) if rows else 0
    health = Health.ILL if most > PARTS_BAD else Health.WORRYING if most > PARTS_MANY else Health.WELL
    says = f"at most {most} parts in a partition ({rows[0]['table']} {rows[0]['partition']})" if rows else "no rows yet"
    yield Observation(
        "parts", health, says, "" if health is Health.WELL else "send larger batches; look at stuck merges"
    )
    stuck = store.select(
        "SELECT table, latest_fail_reason FROM system.mutations WHERE database = {d:String} AND NOT is_done AND latest_fail_reason != ''",
        d=DATABASE,
    )
    for row in stuck:
        yield Observation(f"mutation of {row['table']}", Health.ILL, row["latest_fail_reason"])


def _contents(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    rows = store.select(
        "SELECT replaceRegexpOne(p.table, '_local$', '') AS name, sum(rows) AS rows, sum(bytes_on_disk) AS size, "
        "min(min_time) AS oldest, max(max_time) AS newest FROM system.parts AS p WHERE active AND database = {d:String} GROUP BY name ORDER BY name",
        d=DATABASE,
    )
    for row in rows:
        if row["name"] in TABLES:
            days = retention.days(TABLES[row["name"]])
            says = f"{row['rows']:,} rows, {row['size'] / 1e6:,.1f} MB"
            yield Observation(
                f"table {row['name']}", Health.WELL, f"{says}, kept {f'{days} days' if days else 'for good'}"
            )


def _safety(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    rows = store.select("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'")
    if rows and rows[0]["value"] == "1":
        yield Observation("fsync", Health.WELL, "an acknowledged batch is on disk")
    else:
        yield Observation(
            "fsync",
            Health.WORRYING,
            "inserts are not flushed: without replicas a power cut can lose acknowledged rows",
            "set fsync_after_insert",
        )


_AGAINST_LEDGER = """
SELECT
    countIf(promised > rows) AS short,
    countIf(promised > 0 AND promised < rows) AS over,
    countIf(promised = 0 AND settled = 0 AND seen >= {since:DateTime64(9)} AND seen < {until:DateTime64(9)}) AS unsettled,
    count() AS batches
FROM
(
    SELECT kind, batch_id, max(promise) AS promised, max(known) AS settled, max(have) AS rows, max(last) AS seen
    FROM
    (
        SELECT toString(kind) AS kind, batch_id, if(stored_at >= {since:DateTime64(9)}, rows_out, 0) AS promise, 1 AS known, 0 AS have,
            toDateTime64(0, 9, 'UTC') AS last
        FROM seawall.batch_ledger WHERE outcome = 'stored'
        UNION ALL
        EVENTS
    )
    GROUP BY kind, batch_id
)
"""
_BATCHES_OF = (
    "SELECT 'KIND' AS kind, toString(batch_id) AS batch_id, 0 AS promise, 0 AS known, count() AS have, max(observed_time) AS last "
    "FROM seawall.KIND GROUP BY batch_id"
)


def _ledger(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    """Batches whose rows may have expired are not compared; batches that may be under way are not called unsettled."""
    [sums] = store.select(
        "SELECT count() AS rows, countIf(records_in != accepted + duplicate + malformed + arraySum(mapValues(dropped))) AS wrong FROM seawall.batch_ledger"
    )
    if sums["wrong"]:
        yield Observation("ledger sums", Health.ILL, f"{sums['wrong']} of {sums['rows']} rows do not add up")
    else:
        yield Observation("ledger sums", Health.WELL, f"all {sums['rows']} rows add up")
    events = " UNION ALL ".join(_BATCHES_OF.replace("KIND", kind) for kind in KINDS)
    since, until = Time(at - (retention.events - 1) * DAY), Time(at - IN_FLIGHT)
    [found] = store.select(_AGAINST_LEDGER.replace("EVENTS", events), since=since, until=until)
    if found["short"] or found["over"]:
        says = f"{found['short']} batches have fewer rows than the ledger promises, {found['over']} have more"
        yield Observation("ledger and events", Health.ILL, says)
    else:
        yield Observation("ledger and events", Health.WELL, f"{found['batches']} batches agree")
    if found["unsettled"]:
        says = f"{found['unsettled']} batches were stored but never acknowledged: their senders may send them again"
        yield Observation("unsettled batches", Health.WORRYING, says)


_AGAINST_ROLLUPS = """
SELECT kind, toString(day) AS date, sum(here) AS events, sum(there) AS rolled, day >= toDate({since:DateTime64(9)}) AS recent
FROM
(
    SELECT toString(kind) AS kind, toDate(minute) AS day, 0 AS here, sum(rows) AS there FROM seawall.event_minute GROUP BY kind, day
    UNION ALL
    SELECT 'edges' AS kind, toDate(time) AS day, sum(events) AS here, 0 AS there FROM seawall.flow GROUP BY day
    UNION ALL
    SELECT 'edges' AS kind, toDate(minute) AS day, 0 AS here, sum(events) + sum(reply_events) AS there FROM seawall.edge_minute GROUP BY day
    UNION ALL
    SELECT 'hours of edges' AS kind, toDate(minute) AS day, sum(events) + sum(reply_events) AS here, 0 AS there FROM seawall.edge_minute GROUP BY day
    UNION ALL
    SELECT 'hours of edges' AS kind, toDate(hour) AS day, 0 AS here, sum(events) + sum(reply_events) AS there FROM seawall.edge_hour GROUP BY day
    UNION ALL
    EVENTS
)
GROUP BY kind, day
HAVING events > rolled OR (recent AND events < rolled)
ORDER BY day, kind
"""
_DAYS_OF = "SELECT 'KIND' AS kind, toDate(time) AS day, count() AS here, 0 AS there FROM seawall.KIND GROUP BY day"


def _rollups(store: Store, at: int, retention: Retention) -> Iterator[Observation]:
    """Of days whose events may have begun to expire, only a roll-up that holds too little is wrong."""
    events = " UNION ALL ".join(_DAYS_OF.replace("KIND", kind) for kind in KINDS)
    wrong = store.select(_AGAINST_ROLLUPS.replace("EVENTS", events), since=Time(at - (retention.events - 2) * DAY))
    for row in wrong:
        says = f"{row['date']}: {row['events']} in the events, {row['rolled']} in the roll-up"
        yield Observation(f"roll-up of {row['kind']}", Health.ILL, says, "rebuild that day")
    if not wrong:
        yield Observation("roll-ups", Health.WELL, "agree with the events they come from")


LOOKS: tuple[tuple[str, Look], ...] = (
    ("schema", _schema),
    ("tables", _drift),
    ("disk", _room),
    ("parts", _parts),
    ("contents", _contents),
    ("fsync", _safety),
    ("ledger", _ledger),
    ("roll-ups", _rollups),
)
