"""A batch sent twice counts once, in the events and in both roll-ups."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tests.store.conftest import NOW
from tests.store.rows import START, random_batch

from seawall.model.event import KINDS
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

HOUR = 3_600_000_000_000


def counts(store: Store, kind: str, cluster: str) -> tuple[int, int, int]:
    """Rows of the events, rows and events as the roll-up of counts has them."""
    [row] = store.select(
        f"SELECT (SELECT count() FROM seawall.{kind} WHERE cluster = {{c:String}}) AS here, "
        "(SELECT sum(rows) FROM seawall.event_minute WHERE cluster = {c:String} AND kind = {k:String}) AS rows, "
        "(SELECT sum(events) FROM seawall.event_minute WHERE cluster = {c:String} AND kind = {k:String}) AS events",
        c=cluster,
        k=kind,
    )
    return row["here"], row["rows"], row["events"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeated_batch_counts_once(store: Store, kind: str) -> None:
    cluster = f"repeat-{kind}"
    fixed = {"events": 3} if kind == "flow" else {}
    batches = [
        random_batch(KINDS[kind], seed, 100, cluster=cluster, batch_id=f"{cluster}-{seed}", **fixed)
        for seed in range(3)
    ]
    for _ in range(3):
        for seed, batch in enumerate(batches):
            store.insert(kind, batch, token=f"{cluster}-{seed}")
    assert counts(store, kind, cluster) == (300, 300, 900 if fixed else 300)


def test_edges_of_a_repeated_batch_count_once(store: Store) -> None:
    batch = random_batch(KINDS["flow"], 7, 500, cluster="repeat-edges", batch_id="repeat-edges", events=2)
    for _ in range(2):
        store.insert("flow", batch, token="repeat-edges")
    assert (
        store.execute("SELECT sum(events) + sum(reply_events) FROM seawall.edge_minute WHERE cluster = 'repeat-edges'")
        == 1000
    )


def test_a_batch_over_many_hours_counts_once(store: Store) -> None:
    batch = random_batch(
        KINDS["flow"],
        8,
        600,
        cluster="repeat-hours",
        batch_id="h",
        events=1,
        time=[START - n % 40 * HOUR for n in range(600)],
    )
    for _ in range(2):
        store.insert("flow", batch, token="repeat-hours")
    assert counts(store, "flow", "repeat-hours") == (600, 600, 600)


def test_the_same_rows_under_another_token_are_other_events(store: Store) -> None:
    batch = random_batch(KINDS["dns"], 10, 50, cluster="repeat-token", batch_id="t")
    store.insert("dns", batch, token="repeat-token-1")
    store.insert("dns", batch, token="repeat-token-2")
    assert counts(store, "dns", "repeat-token") == (100, 100, 100)


def test_a_batch_repeated_after_the_restart_that_follows_a_migration_counts_once(own_directory: Path) -> None:
    """What the views give their inserts as tokens must not depend on whether the host that migrated still runs."""
    batch = random_batch(KINDS["flow"], 9, 100, cluster="restart", batch_id="restart", events=1)
    with EmbeddedStore(own_directory) as first, closing(first.store()) as store:
        migrate(store, at=NOW)
        store.insert("flow", batch, token="restart")
    with EmbeddedStore(own_directory) as second, closing(second.store()) as store:
        store.insert("flow", batch, token="restart")
        assert counts(store, "flow", "restart") == (100, 100, 100)
        for rollup in ("edge_minute", "edge_hour"):
            assert store.execute(f"SELECT sum(events) + sum(reply_events) FROM seawall.{rollup}") == 100, rollup
