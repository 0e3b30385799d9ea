"""Stories: the same whatever the order, made twice they are made once, and the plain reading agrees."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.model.finding import Severity
from seawall.respond.case import ACKNOWLEDGE, CLOSE, Case, CaseSignal, cases_of, fold
from seawall.respond.correlate import GAP, OPENS_FROM, correlate
from seawall.respond.entry import Entry

HOUR = 3600 * 1_000_000_000

signals = st.builds(
    lambda number, severity, hour, entities: CaseSignal(
        f"s{number}",
        "a/b",
        severity,
        hour * HOUR,
        f"signal {number}",
        tuple(sorted(f"user:{e}" for e in entities)),
        ("T1609",),
    ),
    number=st.integers(0, 10_000),
    severity=st.sampled_from(Severity),
    hour=st.integers(0, 30),
    entities=st.sets(st.integers(0, 6), min_size=1, max_size=3),
)


def plain(found: list[CaseSignal]) -> set[frozenset[str]]:
    """Groups by repeated merging until nothing changes: two severe signals that share an entity within the gap are one story."""
    groups = [[one] for one in found if one.severity.rank >= OPENS_FROM.rank]
    changed = True
    while changed:
        changed = False
        for i in range(len(groups)):
            for j in range(i + 1, len(groups)):
                if _linked(groups[i], groups[j]):
                    groups[i] += groups.pop(j)
                    changed = True
                    break
            if changed:
                break
    return {frozenset(one.id for one in group) for group in groups}


def _linked(one: list[CaseSignal], other: list[CaseSignal]) -> bool:
    if {e for s in one for e in s.entities}.isdisjoint(e for s in other for e in s.entities):
        return False
    return min(s.time for s in other) - GAP <= max(s.time for s in one) and min(s.time for s in one) - GAP <= max(
        s.time for s in other
    )


def groups_of(cases: dict[str, Case]) -> set[frozenset[str]]:
    return {frozenset(one.id for one in case.signals) for case in cases.values() if case.state != "merged"}


@settings(max_examples=300, deadline=None)
@given(st.lists(signals, max_size=14, unique_by=lambda one: one.id))
def test_all_at_once_agrees_with_the_plain_grouping(found: list[CaseSignal]) -> None:
    severe = [one for one in found if one.severity.rank >= OPENS_FROM.rank]
    assert groups_of(cases_of(correlate("c", severe, [], 0))) == plain(severe)


@settings(max_examples=200, deadline=None)
@given(st.lists(signals, max_size=12, unique_by=lambda one: one.id), st.randoms())
def test_order_does_not_matter_and_twice_is_once(found: list[CaseSignal], shuffle: random.Random) -> None:
    once = correlate("c", found, [], 0)
    shuffled = list(found)
    shuffle.shuffle(shuffled)
    again = correlate("c", shuffled, [], 0)
    assert {entry.id for entry in once} == {entry.id for entry in again}
    assert groups_of(cases_of([*once, *again])) == groups_of(cases_of(once))


@settings(max_examples=200, deadline=None)
@given(st.lists(signals, max_size=12, unique_by=lambda one: one.id), st.integers(0, 12))
def test_what_comes_later_loses_nothing(found: list[CaseSignal], cut: int) -> None:
    first = correlate("c", found[:cut], [], 0)
    cases = cases_of(first)
    placed = {one.id for case in cases.values() for one in case.signals}
    later = correlate("c", [one for one in found if one.id not in placed], cases.values(), 1)
    ended = cases_of([*first, *later])
    inside = {one.id for case in ended.values() if case.state != "merged" for one in case.signals}
    assert {one.id for one in found if one.severity.rank >= OPENS_FROM.rank} <= inside
    for case in ended.values():
        assert case.state != "merged" or case.into in ended


def test_a_small_signal_joins_the_story_that_a_severe_one_opens_later() -> None:
    small = CaseSignal("low", "a/exec-refused", Severity.LOW, 0, "refused", ("user:eve",), ())
    severe = CaseSignal("high", "a/secret-sweep", Severity.HIGH, HOUR, "sweep", ("user:eve",), ())
    (case,) = cases_of(correlate("c", [small, severe], [], 5)).values()
    assert [one.id for one in case.signals] == ["low", "high"]
    assert (case.severity, case.state, case.first_seen, case.title) == (Severity.HIGH, "open", 0, "sweep (and 1 more)")


def test_a_closed_story_is_not_reopened_by_a_signal() -> None:
    one = CaseSignal("1", "a/b", Severity.HIGH, 0, "x", ("user:eve",), ())
    entries = correlate("c", [one], [], 0)
    (case,) = cases_of(entries).values()
    closed = fold([*entries, Entry("close", case.id, "c", 10, "alice", CLOSE, {}, seen=case.last_entry)])
    assert closed.state == "closed"
    more = correlate("c", [msgspec.structs.replace(one, id="2", time=HOUR)], [closed], 20)
    assert {entry.subject for entry in more}.isdisjoint({case.id})


def test_two_who_acted_on_the_same_state_show_as_a_conflict() -> None:
    entries = correlate("c", [CaseSignal("1", "a/b", Severity.HIGH, 0, "x", ("user:eve",), ())], [], 0)
    seen = fold(entries).last_entry
    alice = Entry("e1", entries[0].subject, "c", 10, "alice", ACKNOWLEDGE, {}, seen=seen)
    bob = Entry("e2", entries[0].subject, "c", 11, "bob", CLOSE, {}, seen=seen)
    case = fold([*entries, alice, bob])
    assert (case.state, case.conflicts) == ("closed", ("e2",))
