"""Incidents: what is the story, and what was done about it."""

from __future__ import annotations

from typing import Any, Literal

from seawall.app.answer import Answer, SeverityName

TimelineKind = Literal["signal", "audit", "flow", "dns", "process", "finding", "change", "note"]
IncidentAction = Literal["acknowledge", "close", "reopen", "note", "assign"]


class IncidentFacts(Answer, frozen=True):
    id: str
    cluster: str
    title: str
    state: str
    severity: SeverityName
    first_seen: str
    last_seen: str
    entities: list[str]
    """Ids, `kind/namespace/name`."""
    stages: list[str]
    """ATT&CK tactics, in the order of an attack."""
    techniques: list[str]
    assignee: str
    simulated: bool


class IncidentSummary(IncidentFacts, frozen=True):
    signals: int


class TimelineRef(Answer, frozen=True):
    kind: str
    id: str


class TimelineEntry(Answer, frozen=True):
    time: str
    kind: TimelineKind
    title: str
    detail: str
    entity: str
    ref: TimelineRef | None
    severity: SeverityName | Literal[""]
    simulated: bool


class SignalView(Answer, frozen=True):
    id: str
    rule: str
    title: str
    severity: SeverityName
    score: float | None
    time: str
    reasons: list[str]
    entity: str
    attack: list[str]
    events: int
    evidence: list[TimelineRef]
    suppressed: str
    """The exception that silences it; "" if none."""
    simulated: bool


class IncidentEntry(Answer, frozen=True):
    """`conflict` says that the actor had not seen the entry before it."""

    id: str
    at: str
    actor: str
    action: str
    text: str
    conflict: bool
    data: dict[str, Any]


class IncidentDetail(IncidentFacts, frozen=True):
    timeline: list[TimelineEntry]
    signals: list[SignalView]
    entries: list[IncidentEntry]
    seen: str
    """The last entry: send it back with the next act."""
