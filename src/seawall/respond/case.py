"""An incident: the fold of its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from seawall.model.finding import Severity
from seawall.respond.entry import Entry, in_order

OPENED, SIGNAL, MERGED = "opened", "signal", "merged"
ACKNOWLEDGE, ASSIGN, NOTE, CLOSE, REOPEN = "acknowledge", "assign", "note", "close", "reopen"
ACTS = (ACKNOWLEDGE, ASSIGN, NOTE, CLOSE, REOPEN)
"""What people may do to an incident."""


class CaseSignal(msgspec.Struct, frozen=True):
    """What a case remembers of a signal. `time` is UTC ns."""

    id: str
    rule: str
    severity: Severity
    time: int
    title: str
    entities: tuple[str, ...]
    attack: tuple[str, ...]
    namespace: str = ""
    simulated: bool = False


class Case(msgspec.Struct, frozen=True):
    """State: `open`, `acknowledged`, `closed` or `merged` (into another). `conflicts` are entries whose actor had not seen the one before."""

    id: str
    cluster: str
    title: str
    state: str
    severity: Severity
    first_seen: int
    last_seen: int
    opened_at: int
    entities: tuple[str, ...]
    attack: tuple[str, ...]
    namespaces: tuple[str, ...]
    signals: tuple[CaseSignal, ...]
    entries: tuple[Entry, ...]
    conflicts: tuple[str, ...]
    assignee: str = ""
    into: str = ""
    simulated: bool = False

    @property
    def active(self) -> bool:
        return self.state in ("open", "acknowledged")

    @property
    def last_entry(self) -> str:
        return self.entries[-1].id


def fold(entries: Iterable[Entry]) -> Case:
    """The case that `entries` (of one case) tell. ValueError where none opens it."""
    ordered = in_order(entries)
    opening = next((entry for entry in ordered if entry.action == OPENED), None)
    if opening is None:
        raise ValueError("a case begins with an entry that opens it")
    state, assignee, into = "open", "", ""
    signals: dict[str, CaseSignal] = {}
    conflicts: list[str] = []
    known = ""
    for entry in ordered:
        if entry.action in ACTS and entry.seen != known:
            conflicts.append(entry.id)
        if entry.action == SIGNAL:
            one = msgspec.convert(entry.data, CaseSignal)
            signals[one.id] = one
        elif entry.action == ACKNOWLEDGE:
            state = "acknowledged" if state == "open" else state
        elif entry.action == CLOSE:
            state = "closed"
        elif entry.action == REOPEN:
            state = "open"
        elif entry.action == ASSIGN:
            assignee = str(entry.data.get("assignee", ""))
        elif entry.action == MERGED:
            state, into = "merged", str(entry.data["into"])
        known = entry.id
    listed = sorted(signals.values(), key=lambda one: (one.time, one.id))
    severity = max(
        (one.severity for one in listed), key=lambda one: one.rank, default=Severity(opening.data["severity"])
    )
    return Case(
        id=opening.subject,
        cluster=opening.cluster,
        title=_title(listed, str(opening.data["title"])),
        state=state,
        severity=severity,
        first_seen=min((one.time for one in listed), default=opening.at),
        last_seen=max((one.time for one in listed), default=opening.at),
        opened_at=opening.at,
        entities=_unique(entity for one in listed for entity in one.entities),
        attack=_unique(technique for one in listed for technique in one.attack),
        namespaces=_unique(one.namespace for one in listed if one.namespace),
        signals=tuple(listed),
        entries=tuple(ordered),
        conflicts=tuple(conflicts),
        assignee=assignee,
        into=into,
        simulated=any(one.simulated for one in listed),
    )


def cases_of(entries: Iterable[Entry]) -> dict[str, Case]:
    """All cases in a heap of entries; entries of a case that was never opened are left out."""
    by_case: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_case[entry.subject].append(entry)
    return {case: fold(found) for case, found in by_case.items() if any(entry.action == OPENED for entry in found)}


def _title(signals: list[CaseSignal], first: str) -> str:
    """The worst signal's title, and how many more there are: what a person reads in a list."""
    if not signals:
        return first
    worst = max(signals, key=lambda one: (one.severity.rank, -one.time))
    return worst.title if len(signals) == 1 else f"{worst.title} (and {len(signals) - 1} more)"


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
