"""What a record of traffic is worth: how much of the time and of the cluster it shows, and what makes it mislead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from seawall.app.answer import Answer
from seawall.app.moment import rfc3339
from seawall.app.traffic import Traffic
from seawall.policy.explain import UNSTABLE
from seawall.policy.model import describe_span
from seawall.policy.observed import Placed

SHOWN = 200
"""Flows that are listed one by one."""
_NAMES = 3
_DAY, _WEEK = 24, 7 * 24
_LOST = 0.01


class Coverage(Answer, frozen=True):
    """The window, the whole hours of it and those in which anything was recorded; workloads that nothing was recorded of; CronJobs that never ran.

    `lost` counts records that came and were not kept, by reason.
    """

    since: str
    until: str
    hours: int
    window_hours: int
    records: int
    lost: dict[str, int]
    workloads: int
    unseen: list[str]
    never_ran: list[str]
    simulated: bool


class Confidence(Answer, frozen=True):
    """How far the record can be relied on for a question about some workloads, and why."""

    level: Literal["high", "medium", "low", "none"]
    why: str


class RecordedFlow(Answer, frozen=True):
    """Flows of one pair of ends and port. `why` says what decides, or why nothing can be said."""

    source: str
    destination: str
    traffic: str
    events: int
    last_seen: str
    why: str


def coverage_of(traffic: Traffic, placed: Placed) -> Coverage:
    """How much of its window and of the world the record shows."""
    seen = _seen(placed)
    workloads = [
        (at, party)
        for at, party in enumerate(placed.parties)
        if party.ref is not None and (not traffic.namespaces or party.pods[0].namespace in traffic.namespaces)
    ]
    unseen = [party for at, party in workloads if at not in seen]
    return Coverage(
        since=rfc3339(traffic.since),
        until=rfc3339(traffic.until),
        hours=traffic.hours,
        window_hours=traffic.window_hours,
        records=traffic.records,
        lost=dict(traffic.lost),
        workloads=len(workloads),
        unseen=sorted(party.name for party in unseen if party.ref is not None and party.ref.kind != "CronJob"),
        never_ran=sorted(party.name for party in unseen if party.ref is not None and party.ref.kind == "CronJob"),
        simulated=traffic.simulated,
    )


def confidence_in(traffic: Traffic, placed: Placed, parties: Iterable[int]) -> Confidence:
    """none: nothing was recorded of these; low: less than a day, more than one record in a hundred lost, or half of these unseen; high: a week and all seen."""
    asked, seen = set(parties), _seen(placed)
    unseen = asked - seen
    lost = sum(traffic.lost.values())
    parts = [f"{traffic.hours:,} of {traffic.window_hours:,} hours recorded"]
    if asked:
        parts.append(f"{len(asked) - len(unseen):,} of {len(asked):,} workloads it touches were seen")
    if lost:
        parts.append(f"{lost:,} records lost")
    level: Literal["high", "medium", "low", "none"] = "medium"
    if asked and unseen == asked:
        level = "none"
    elif traffic.hours < _DAY or lost > _LOST * max(1, traffic.records) or 2 * len(unseen) > len(asked):
        level = "low"
    elif traffic.hours >= _WEEK and not unseen:
        level = "high"
    return Confidence(level=level, why=", ".join(parts))


def _seen(placed: Placed) -> set[int]:
    return set(np.unique(np.concatenate([placed.source, placed.destination])).tolist()) - {-1}


def misleading(traffic: Traffic, placed: Placed) -> list[str]:
    """What is to be said before any number: in sentences, the gravest first."""
    found: list[str] = []
    if 2 * traffic.hours < traffic.window_hours:
        found.append(
            f"Traffic was recorded in {traffic.hours:,} of the window's {traffic.window_hours:,} hours: what happens in the others is not known."
        )
    for reason, count in traffic.lost.items():
        found.append(f"{count:,} records are lost: {reason}." if count else f"{reason[0].upper()}{reason[1:]}.")
    found += _gone(placed)
    found += _relabelled(traffic, placed)
    if traffic.simulated:
        found.append("Some of the recorded traffic is simulated.")
    return found


def _gone(placed: Placed) -> Iterable[str]:
    events: Counter[str] = Counter()
    ends: dict[str, list[str]] = {}
    edges = placed.edges
    size = len(edges.ends)
    by_end = np.bincount(edges.source, edges.events, size) + np.bincount(edges.destination, edges.events, size)
    for end, unplaced in placed.unplaced.items():
        if by_end[end]:
            events[unplaced.why] += int(by_end[end])
            ends.setdefault(unplaced.why, []).append(str(unplaced.end))
    for why, count in events.most_common():
        yield f"{count:,} events have an end that cannot be placed ({_some(ends[why])}): {why}."


def _relabelled(traffic: Traffic, placed: Placed) -> Iterable[str]:
    for party in placed.parties:
        if party.ref is None:
            continue
        recorded = traffic.labels.get((party.pods[0].namespace, party.ref.name), ())
        today: list[set[str]] = [
            {f"{key}={value}" for key, value in pod.labels.items() if key not in UNSTABLE} for pod in party.pods
        ]
        keys = {label.partition("=")[0] for labels in today for label in labels}
        for labels in recorded:
            then = {one for one in labels if one.partition("=")[0] in keys}
            now = next((one for one in today if then <= one), None)
            if now is None and then:
                changed = sorted(then.difference(*today)) or sorted(then)
                yield (
                    f"The labels of {party.name} have changed since it was recorded (then {', '.join(changed)}): "
                    "its flows are judged with the labels of today."
                )
                break


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(set(names))[:_NAMES])
    more = len(set(names)) - _NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def listed(placed: Placed, rows: Sequence[int], why: Sequence[str]) -> list[RecordedFlow]:
    """Flows as people read them."""
    edges = placed.edges
    events = edges.events
    return [
        RecordedFlow(
            source=str(edges.ends[edges.source[row]]),
            destination=str(edges.ends[edges.destination[row]]),
            traffic=words_of(int(edges.traffic[row])),
            events=int(events[row]),
            last_seen=rfc3339(int(edges.last[row])),
            why=reason,
        )
        for row, reason in zip(rows, why, strict=True)
    ]


def words_of(traffic: int) -> str:
    """One kind of traffic in words; a protocol without ports by its name."""
    return describe_span(traffic, traffic) if traffic & 0xFFFF else describe_span(traffic, traffic | 0xFFFF)
