"""ClickHouse tables from the event declarations.

One text serves one server (chDB or ClickHouse) and a replicated, sharded cluster: it is written with the marks of `Target`.
On a cluster each table is `name_local` on every shard and `name` is the Distributed table over them, so queries and inserts
read the same everywhere.
"""

from __future__ import annotations

import msgspec

from seawall.model.event import TABLES, Field, Table, Type
from seawall.store.layout import CODEC, LAYOUTS, SQL_TYPE, Layout, Retention
from seawall.store.rollup import VIEWS

DATABASE = "seawall"
DEDUPLICATION_WINDOW = 10_000
"""Insert tokens remembered by table; past it the ledger says whether a batch is stored."""
CLUSTER_ONLY = "-- on a cluster only\n"


class Target(msgspec.Struct, frozen=True):
    """Where the tables are to stand."""

    replicated: bool = False
    cluster: str = ""
    """The ClickHouse cluster of `ON CLUSTER` and Distributed tables; '' for one server."""

    def render(self, statement: str) -> str | None:
        """The statement for this target, or None if it is for a cluster and this is none."""
        if statement.startswith(CLUSTER_ONLY):
            if not self.cluster:
                return None
            statement = statement.removeprefix(CLUSTER_ONLY)
        marks = {
            "{local}": "_local" if self.cluster else "",
            "{on_cluster}": f" ON CLUSTER {quoted(self.cluster)}" if self.cluster else "",
            "{cluster}": quoted(self.cluster),
            "{replicated}": "Replicated" if self.replicated else "",
            "{window}": "replicated_deduplication_window" if self.replicated else "non_replicated_deduplication_window",
        }
        for mark, text in marks.items():
            statement = statement.replace(mark, text)
        return statement


def ddl(*, replicated: bool = False, cluster: str = "") -> tuple[str, ...]:
    """Every statement that makes the schema, in order; each can be run again without harm.

    With `cluster`, statements run ON CLUSTER. Such DDL is parsed in tests; it has not been run on a replicated server.
    """
    target = Target(replicated, cluster)
    return tuple(statement for marked in marked_ddl() if (statement := target.render(marked)) is not None)


def marked_ddl() -> tuple[str, ...]:
    """The same with the marks of `Target` in it, as migrations hold it."""
    statements = [f"CREATE DATABASE IF NOT EXISTS {DATABASE}{{on_cluster}} ENGINE = Atomic"]
    statements += [create_table(table) for table in TABLES.values()]
    statements += [_distributed(table) for table in TABLES.values()]
    statements += [_newest_view(table) for table in TABLES.values() if table.newest]
    statements += [view.create(DATABASE, "{local}", "{on_cluster}") for view in VIEWS]
    return tuple(statements)


def create_table(table: Table) -> str:
    layout = LAYOUTS[table.name]
    lines = [column_definition(field) for field in table.fields]
    if table.key == ("batch_id", "batch_row"):
        lines.append("event_id String ALIAS concat(batch_id, '.', toString(batch_row)) COMMENT 'batch_id.batch_row'")
    lines += [f"INDEX {name} {expression} TYPE {kind} GRANULARITY 4" for name, expression, kind in layout.indexes]
    return (
        f"CREATE TABLE IF NOT EXISTS {DATABASE}.{table.name}{{local}}{{on_cluster}}\n(\n    "
        + ",\n    ".join(lines)
        + f"\n)\nENGINE = {_engine(table)}\nPARTITION BY {layout.partition_by}{_primary(layout)}\nORDER BY {sorting(layout)}"
        + _expiry(table, layout)
        + f"\nSETTINGS {{window}} = {DEDUPLICATION_WINDOW}, ttl_only_drop_parts = 1\nCOMMENT {quoted(table.meaning)}"
    )


def expiry(table: Table, retention: Retention) -> str:
    """The TTL of a table as ClickHouse writes it, or '' for one kept for good."""
    column, days = LAYOUTS[table.name].expires_by, retention.days(table)
    return f"toDateTime({column}) + toIntervalDay({days})" if column and days else ""


def sorting(layout: Layout) -> str:
    order = (*layout.order_by, *layout.added)
    return order[0] if len(order) == 1 else f"({', '.join(order)})"


def _primary(layout: Layout) -> str:
    return f"\nPRIMARY KEY ({', '.join(layout.order_by)})" if layout.added else ""


def column_type(field: Field) -> str:
    """The ClickHouse type of a column."""
    plain = SQL_TYPE[field.type]
    if field.null and field.type is Type.CATEGORY:
        plain = "LowCardinality(Nullable(String))"
    elif field.null:
        plain = f"Nullable({plain})"
    if field.aggregate == "uniq":
        return f"AggregateFunction(uniq, {plain})"
    if field.aggregate:
        return f"SimpleAggregateFunction({field.aggregate}, {plain})"
    return plain


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def column_definition(field: Field) -> str:
    default = f" DEFAULT {field.default}" if field.default else ""
    codec = "ZSTD(1)" if field.aggregate else CODEC.get(field.type, "ZSTD(1)")
    return f"{field.name} {column_type(field)}{default} COMMENT {quoted(field.meaning)} CODEC({codec})"


def _engine(table: Table) -> str:
    if any(field.aggregate for field in table.fields):
        return "{replicated}AggregatingMergeTree"
    if table.newest:
        return f"{{replicated}}ReplacingMergeTree({table.newest})"
    return "{replicated}MergeTree"


def _expiry(table: Table, layout: Layout) -> str:
    expression = expiry(table, Retention())
    return f"\nTTL {expression}" if expression else ""


def _newest_view(table: Table) -> str:
    """Rows written twice are seen once through this view, whether the engine has merged them or not."""
    return f"CREATE VIEW IF NOT EXISTS {DATABASE}.{table.name}_now{{on_cluster}} AS\nSELECT * FROM {DATABASE}.{table.name} FINAL"


def _distributed(table: Table) -> str:
    key = next(name for name in ("batch_id", *table.key) if name in table.columns)
    return (
        f"{CLUSTER_ONLY}CREATE TABLE IF NOT EXISTS {DATABASE}.{table.name}{{on_cluster}} AS {DATABASE}.{table.name}{{local}}\n"
        f"ENGINE = Distributed({{cluster}}, {DATABASE}, {table.name}{{local}}, cityHash64({key}))"
    )
