"""Figures for Prometheus: how much came in, what became of it, how the store and the tasks are. No figure here names a namespace."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seawall.app.health import store_health
from seawall.app.services import Services, StoreAway
from seawall.model.event.read_scope import ReadScope


class Sample(msgspec.Struct, frozen=True):
    """One line of the exposition."""

    name: str
    type: str
    help: str
    labels: dict[str, str]
    value: float


def metrics(services: Services) -> Iterator[Sample]:
    """All samples, those of one metric together. A store that is away leaves `seawall_store_up` 0 and its own figures out."""
    store = store_health(services)
    yield Sample("seawall_store_up", "gauge", "Whether the store answers.", {}, int(store.state != "away"))
    if store.state != "away":
        yield Sample("seawall_store_bytes", "gauge", "Size of the store on disk.", {}, store.size_bytes or 0)
        yield Sample("seawall_store_rows", "gauge", "Rows in the store.", {}, store.rows or 0)
        yield from _ledger(services)
    tasks = services.tasks() if services.tasks is not None else []
    for task in tasks:
        yield Sample(
            "seawall_task_up",
            "gauge",
            "Whether a background task runs.",
            {"task": task.name},
            int(task.state in ("running", "waiting")),
        )
    for task in tasks:
        yield Sample(
            "seawall_task_restarts_total",
            "counter",
            "How often a background task was started again.",
            {"task": task.name},
            task.restarts,
        )
    yield Sample(
        "seawall_trail_lost_total",
        "counter",
        "Entries of Seawall's own audit log that found no room.",
        {},
        services.trail.lost,
    )
    yield Sample(
        "seawall_log_dropped_total",
        "counter",
        "Lines of the log that found no room because nobody read it.",
        {},
        services.dropped_lines(),
    )


def _ledger(services: Services) -> Iterator[Sample]:
    try:
        rows = services.store.rows("ledger_by_source", ReadScope.everything(), since=0, until=2**63 - 1)
    except StoreAway:
        return
    figures = (
        ("records", "records_in", "Records received."),
        ("accepted", "accepted", "Records accepted."),
        ("duplicate", "duplicate", "Records that had been stored before."),
        ("malformed", "malformed", "Records that could not be read."),
        ("rows", "rows_out", "Rows stored."),
        ("late", "late", "Rows that were late."),
    )
    for name, column, text in figures:
        for row in rows:
            yield Sample(f"seawall_ingest_{name}_total", "counter", text, _labels(row), row[column])
    for row in rows:
        for reason, count in sorted(row["dropped"].items()):
            labels = {**_labels(row), "reason": reason}
            yield Sample(
                "seawall_ingest_dropped_total", "counter", "Readable records not stored, by reason.", labels, int(count)
            )


def _labels(row: dict[str, str]) -> dict[str, str]:
    return {"cluster": row["cluster"], "source": row["source"], "kind": row["kind"]}
