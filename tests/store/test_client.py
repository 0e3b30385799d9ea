"""The client's own manners: addresses, asyncio, cancellation."""

from __future__ import annotations

import asyncio

import pytest
from tests.store.rows import START, random_batch

from seawall.kit.errors import UserError
from seawall.model.event import KINDS
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import MAX_BATCH_ROWS, Address, Store

ALL = ReadScope.everything()


def test_addresses() -> None:
    assert Address.of("https://u:p%40@db.example") == Address("db.example", 8443, "u", "p@", secure=True)
    assert Address.of("http://[::1]:9000", user="x", password="y") == Address("::1", 9000, "x", "y")
    with pytest.raises(UserError) as caught:
        Address.of("clickhouse://u:hidden@h:9000")
    assert "hidden" not in str(caught.value)
    assert "hidden" not in str(Address("h", 1, "u", "hidden"))


async def test_the_faces_for_asyncio(store: Store) -> None:
    await store.ainsert("dns", random_batch(KINDS["dns"], 1, 10, cluster="async", time=[START] * 10), token="async")
    window = {"since": START, "until": START + 1}
    asked = {"kind": "dns", "column": "record", "start": START, "step": 60 * 10**9, **window}
    rows = await store.arows("events_buckets", ReadScope.of(clusters=["async"]), **asked)
    assert sum(row["rows"] for row in rows) == 10
    table = await store.aquery("events_buckets", ReadScope.of(clusters=["async"]), **asked)
    assert table.num_rows == len(rows)
    assert (await store.aask("SELECT 1 AS one", ALL)).to_pylist() == [{"one": 1}]
    assert await store.aping()


async def test_a_cancelled_task_ends_its_query(store: Store) -> None:
    endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 4"
    task = asyncio.create_task(store.aask(endless, ALL, query_id="cancelled-task"))
    running = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'cancelled-task'"
    async with asyncio.timeout(15):
        while not await asyncio.to_thread(store.execute, running):
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(15):
        while await asyncio.to_thread(store.execute, running):
            await asyncio.sleep(0.05)


def test_a_batch_has_its_measure(store: Store) -> None:
    batch = record_batch(KINDS["dns"], {"time": [1] * (MAX_BATCH_ROWS + 1)})
    with pytest.raises(ValueError, match="at most"):
        store.insert("dns", batch, token="x")
    store.insert("dns", batch.slice(0, 0), token="empty")


def test_a_large_batch_is_one_block_and_counts_once(store: Store) -> None:
    rows = MAX_BATCH_ROWS
    columns = {
        "time": [START] * rows,
        "observed_time": [START] * rows,
        "batch_row": list(range(rows)),
        "cluster": ["large"] * rows,
    }
    batch = record_batch(KINDS["dns"], columns)
    for _ in range(2):
        store.insert("dns", batch, token="large")
    assert store.execute("SELECT count() FROM seawall.dns WHERE cluster = 'large'") == rows
    assert store.execute("SELECT sum(rows) FROM seawall.event_minute WHERE cluster = 'large'") == rows
