"""How each declared table lies on disk: order, partitions, codecs, indexes, time to live.

Events are sorted by five-minute bucket first: a page of the newest reads from the end, and a window prunes. Within a bucket
come cluster and namespaces, so equal values lie together and compress. Roll-ups are sorted by hour, then edge, then minute:
a day of one edge is 24 runs. Time to live counts from when a row was received, so that a recording of last year can be
looked at for as long as one of today.
"""

from __future__ import annotations

import msgspec

from seawall.model.event import TABLES, Keeps, Table, Type

SQL_TYPE: dict[Type, str] = {
    Type.TEXT: "String",
    Type.CATEGORY: "LowCardinality(String)",
    Type.ADDRESS: "String",
    Type.TIME: "DateTime64(9, 'UTC')",
    Type.BOOL: "Bool",
    Type.U8: "UInt8",
    Type.U16: "UInt16",
    Type.U32: "UInt32",
    Type.U64: "UInt64",
    Type.I32: "Int32",
    Type.I64: "Int64",
    Type.F64: "Float64",
    Type.TEXTS: "Array(String)",
    Type.CATEGORIES: "Array(LowCardinality(String))",
    Type.TIMES: "Array(DateTime64(9, 'UTC'))",
    Type.MAP: "Map(LowCardinality(String), String)",
    Type.COUNTS: "Map(LowCardinality(String), UInt64)",
}

CODEC: dict[Type, str] = {
    Type.TIME: "Delta, ZSTD(1)",
    Type.U32: "Delta, ZSTD(1)",
    Type.U64: "T64, ZSTD(1)",
    Type.I64: "T64, ZSTD(1)",
}
"""Codecs by type; `ZSTD(1)` for the others."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The physical side of one table. Expressions are ClickHouse's."""

    order_by: tuple[str, ...]
    partition_by: str
    added: tuple[str, ...] = ()
    """Columns that the order got later, at its end: they sort and group, and are in no primary key."""
    expires_by: str = ""
    """The time column from which a row's time to live counts."""
    indexes: tuple[tuple[str, str, str], ...] = ()
    """(name, expression, type)."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Days that rows live; ledgers have no such figure."""

    events: int = 7
    rollups: int = 90
    signals: int = 400

    def days(self, table: Table) -> int:
        """0 for a table that is kept for good."""
        return {Keeps.EVENTS: self.events, Keeps.ROLLUPS: self.rollups, Keeps.SIGNALS: self.signals, Keeps.LEDGER: 0}[
            table.keeps
        ]


def _bloom(*columns: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((f"{column}_bloom", column, "bloom_filter(0.01)") for column in columns)


_DECIDERS = ("egress_policy", "egress_rule", "ingress_policy", "ingress_rule", "staged_policy", "policy_version")
"""What the key of edges got with the second migration."""


def _but(table: str, *others: str) -> tuple[str, ...]:
    """The key of a roll-up as it was first, without `others`."""
    return tuple(column for column in TABLES[table].key if column not in (*others, *_DECIDERS))


BY_BATCH = _bloom("batch_id")
BUCKET = "toStartOfFiveMinutes(time)"

LAYOUTS: dict[str, Layout] = {
    "flow": Layout(
        partition_by="toStartOfHour(time)",
        order_by=(BUCKET, "cluster", "src_namespace", "dst_namespace", "time", "batch_id", "batch_row"),
        expires_by="observed_time",
        indexes=BY_BATCH + _bloom("src_pod", "dst_pod", "src_address", "dst_address", "dst_domain"),
    ),
    "dns": Layout(
        partition_by="toDate(time)",
        order_by=(BUCKET, "cluster", "namespace", "time", "batch_id", "batch_row"),
        expires_by="observed_time",
        indexes=BY_BATCH + _bloom("pod", "question"),
    ),
    "audit": Layout(
        partition_by="toDate(time)",
        order_by=(BUCKET, "cluster", "namespace", "time", "batch_id", "batch_row"),
        expires_by="observed_time",
        indexes=BY_BATCH + _bloom("audit_id", "user", "name"),
    ),
    "process": Layout(
        partition_by="toDate(time)",
        order_by=(BUCKET, "cluster", "namespace", "time", "batch_id", "batch_row"),
        expires_by="observed_time",
        indexes=BY_BATCH + _bloom("pod", "exec_id", "container_id"),
    ),
    "edge_minute": Layout(
        partition_by="toDate(minute)",
        order_by=(
            "toStartOfHour(minute)",
            *_but("edge_minute", "minute"),
            "minute",
        ),
        added=_DECIDERS,
        expires_by="observed_time",
    ),
    "edge_hour": Layout(
        partition_by="toDate(hour)",
        order_by=("hour", *_but("edge_hour", "hour")),
        added=_DECIDERS,
        expires_by="observed_time",
    ),
    "event_minute": Layout(
        partition_by="toDate(minute)",
        order_by=(
            "toStartOfHour(minute)",
            *_but("event_minute", "minute"),
            "minute",
        ),
        expires_by="observed_time",
    ),
    "batch_ledger": Layout(
        partition_by="toYYYYMM(stored_at)",
        order_by=("kind", "stored_at", "batch_id"),
        indexes=BY_BATCH,
    ),
    "rule_run": Layout(
        partition_by="toYYYYMM(ran_at)", order_by=("rule", "rule_version", "ran_at", "batch_id"), indexes=BY_BATCH
    ),
    "signal": Layout(
        partition_by="toYYYYMM(time)",
        order_by=("signal_id",),
        expires_by="written_at",
        indexes=(("time_range", "time", "minmax"),),
    ),
    "signal_evidence": Layout(
        partition_by="toYYYYMM(time)", order_by=("signal_id", "event_id"), expires_by="written_at"
    ),
    "finding_transition": Layout(partition_by="toYYYYMM(at)", order_by=("cluster", "fingerprint", "at", "scan_id")),
    "scan_run": Layout(partition_by="toYYYYMM(started_at)", order_by=("scan_id",)),
    "case_entry": Layout(partition_by="toYYYYMM(at)", order_by=("case_id", "at", "entry_id")),
    "plan_entry": Layout(partition_by="toYYYYMM(at)", order_by=("plan_id", "at", "entry_id")),
    "outbox": Layout(partition_by="toYYYYMM(at)", order_by=("message_id", "at", "entry_id")),
    "seawall_audit": Layout(partition_by="toYYYYMM(at)", order_by=("at", "entry_id")),
    "identity_interval": Layout(
        partition_by="toYYYYMM(valid_from)",
        order_by=("cluster", "address", "valid_from", "uid"),
        expires_by="written_at",
    ),
}
