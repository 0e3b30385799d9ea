"""The live tail: what is stored comes, once each; what is too much is said to be skipped; it ends when it should."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from tests.web import world
from tests.web.conftest import Clusters, make_services

from seawall.app.events import MOST_AT_ONCE, Tail
from seawall.app.filter_grammar import FilterError
from seawall.app.predicate import Selection
from seawall.app.principals import Principal, Role
from seawall.app.services import Services, StoreAway
from seawall.model.event import TABLES
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.web import tails as module
from seawall.web.problem import Refusal
from seawall.web.tails import Tails

ALL = ReadScope.everything()
WINDOW = Selection(0, 2**62)


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(world.NOW + 10 * world.HOUR)


@pytest.fixture
def services(store: Store, clusters: Clusters, tmp_path: Path, clock: Clock) -> Services:
    return msgspec.structs.replace(make_services(store, clusters, tmp_path), wall_clock=clock)


def arrive(store: Store, name: str, at: int, rows: int, namespace: str = "a") -> None:
    """A batch of process events that is stored at a moment."""
    columns = {
        "time": [at - 10**9] * rows,
        "observed_time": [at] * rows,
        "cluster": ["c1"] * rows,
        "source": ["tail"] * rows,
        "batch_id": [name] * rows,
        "batch_row": list(range(rows)),
        "namespace": [namespace] * rows,
        "pid": list(range(rows)),
    }
    store.insert("process", record_batch(TABLES["process"], columns), token=name)
    ledger = {
        "stored_at": [at],
        "batch_id": [name],
        "cluster": ["c1"],
        "source": ["tail"],
        "kind": ["process"],
        "outcome": ["stored"],
        "received_at": [at],
    }
    store.insert("batch_ledger", record_batch(TABLES["batch_ledger"], ledger), token=f"{name}/ledger")


def test_what_is_stored_comes_once(services: Services, store: Store, clock: Clock) -> None:
    arrive(store, "before", clock.now - world.HOUR, 3)
    tail = Tail(services, ALL, "process", WINDOW, ("pid",))
    assert tail.step().rows == []
    clock.now += 10**9
    arrive(store, "one", clock.now, 2)
    step = tail.step()
    assert step.columns == ["event_id", "pid"] and step.rows == [["one.0", 0], ["one.1", 1]]
    assert tail.step().rows == []
    # a batch that was stored a little earlier comes into sight later
    arrive(store, "slow", clock.now - 2 * 10**9, 1)
    clock.now += 10**9
    assert [row[0] for row in tail.step().rows] == ["slow.0"]


def test_a_tail_is_held_to_scope_and_filter(services: Services, store: Store, clock: Clock) -> None:
    clock.now += world.HOUR
    mine = ReadScope.of(namespaces=[("c1", "a")])
    held = Tail(services, mine, "process", WINDOW, ())
    filtered = Tail(services, ALL, "process", Selection(0, 1, filter="namespace:b pid>=1"), ())
    arrive(store, "held-a", clock.now, 1)
    arrive(store, "held-b", clock.now, 3, "b")
    assert [row[0] for row in held.step().rows] == ["held-a.0"]
    assert [row[0] for row in filtered.step().rows] == ["held-b.1", "held-b.2"]
    with pytest.raises(PermissionError):
        Tail(services, ReadScope.of(clusters=["c1"], kinds=["dns"]), "process", WINDOW, ())
    with pytest.raises(FilterError):
        Tail(services, ALL, "process", Selection(0, 1, filter="nosuch:1"), ())


def test_what_is_too_much_is_said_to_be_skipped(services: Services, store: Store, clock: Clock) -> None:
    clock.now += 2 * world.HOUR
    tail = Tail(services, ALL, "process", WINDOW, ())
    arrive(store, "flood", clock.now, MOST_AT_ONCE + 500)
    clock.now += 3 * 10**9
    step = tail.step()
    assert len(step.rows) == MOST_AT_ONCE and step.skipped == 500 and step.seconds == 3.0


def principal(name: str) -> Principal:
    return Principal(name, "token", Role.VIEW, ALL)


async def test_parts_of_at_most_500_rows_and_an_end(
    services: Services, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    clock.now += 3 * world.HOUR
    tail = Tail(services, ALL, "process", WINDOW, ("pid",))
    arrive(store, "many", clock.now, 1200)
    tails = Tails(10, 10)
    sizes = []
    async for name, data in tails.follow(principal("p"), tail):
        assert name == "rows"
        sizes.append(len(msgspec.json.decode(data)["rows"]))
        if sum(sizes) == 1200:
            assert tails.open == 1
            tails.close()
    assert sizes == [500, 500, 200] and tails.open == 0


async def test_a_quiet_tail_says_that_it_is_there_also_while_the_store_is_away(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    monkeypatch.setattr(module, "HEARTBEAT", 0.003)
    tail = Tail(services, ALL, "process", WINDOW, ())

    def away() -> None:
        raise StoreAway("gone")

    monkeypatch.setattr(tail, "step", away)
    async with asyncio.timeout(10):
        async for part in Tails(1, 1).follow(principal("p"), tail):
            assert part == ("", b"")
            break


async def test_not_too_many_at_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    monkeypatch.setattr(module, "HEARTBEAT", 0.0)
    tails = Tails(most=3, most_of_one=2)

    def tail() -> Tail:
        return Tail(services, ALL, "process", WINDOW, ())

    opened = [tails.follow(principal(name), tail()) for name in ("a", "a", "b")]
    for one in opened:
        await anext(one)
    for name in ("a", "c"):
        with pytest.raises(Refusal) as caught:
            tails.follow(principal(name), tail())
        assert caught.value.problem.status == 429
    await opened[0].aclose()  # type: ignore[attr-defined]
    await anext(tails.follow(principal("a"), tail()))
