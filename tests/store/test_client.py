"""The client's own manners: addresses, those who leave, batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.store.rows import START

from seawall.kit.errors import UserError
from seawall.model.event import KINDS
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.store.asker import Asker, AskerGone
from seawall.store.client import MAX_BATCH_ROWS, Address, Store
from seawall.store.errors import StoreAway, StoreRefused

ALL = ReadScope.everything()


def test_addresses() -> None:
    assert Address.of("https://u:p%40@db.example") == Address("db.example", 8443, "u", "p@", secure=True)
    assert Address.of("http://[::1]:9000", user="x", password="y") == Address("::1", 9000, "x", "y")
    with pytest.raises(UserError) as caught:
        Address.of("clickhouse://u:hidden@h:9000")
    assert "hidden" not in str(caught.value)
    assert "hidden" not in str(Address("h", 1, "u", "hidden"))


ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 4"


def under_way(store: Store, query_id: str) -> bool:
    running = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = {id:String}"
    return bool(store.execute(running, id=query_id))


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_what_is_asked_by_somebody_who_leaves_is_ended(store: Store) -> None:
    asker = Asker()
    theirs = store.asked_by(asker)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(theirs.ask, ENDLESS, ALL, query_id=f"leaver-{number}") for number in range(2)]
        wait_for(lambda: under_way(store, "leaver-0") and under_way(store, "leaver-1"))
        assert theirs.ask("SELECT 1 AS one", ALL).to_pylist() == [{"one": 1}]
        asker.leave(store.cancel)
        for answer in answers:
            with pytest.raises(AskerGone):
                answer.result(30)
    assert not under_way(store, "leaver-0") and not under_way(store, "leaver-1")
    with pytest.raises(AskerGone):
        theirs.ask("SELECT 1", ALL)
    assert store.ask("SELECT 1 AS one", ALL).num_rows == 1, "others ask on"


def test_a_query_that_had_not_arrived_when_it_was_cancelled_is_cancelled_again() -> None:
    asker, cancelled = Asker(), list[str]()

    def cancel(query_id: str) -> None:
        cancelled.append(query_id)
        if len(cancelled) == 2:
            over.set()

    over = threading.Event()

    def query() -> None:
        with pytest.raises(AskerGone), asker.asking("slow to arrive"):
            begun.set()
            assert over.wait(10)
            raise StoreRefused("cancelled", 394)

    begun = threading.Event()
    thread = threading.Thread(target=query)
    thread.start()
    assert begun.wait(10)
    asker.leave(cancel)
    thread.join()
    assert cancelled[:2] == ["slow to arrive"] * 2


def test_somebody_who_leaves_does_not_wait_for_a_store_that_is_away() -> None:
    asker = Asker()

    def cancel(query_id: str) -> None:
        raise StoreAway("gone")

    with pytest.raises(AskerGone), asker.asking("x"):
        asker.leave(cancel)
        raise StoreAway("gone")
    with pytest.raises(StoreAway), Asker().asking("y"):
        raise StoreAway("gone")


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
