"""Events of one kind: pages, histogram, values to complete a filter with, one event, and the tail."""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.app.answer import Answer, EventKind, Window


class Column(Answer, frozen=True):
    """A column as the declaration has it; `unit` is UCUM ("" for none), `attribute` the OpenTelemetry name that the filter takes too."""

    name: str
    type: str
    unit: str
    meaning: str
    attribute: str
    nullable: bool
    """Null says "not known", never zero."""


class EventPage(Answer, frozen=True):
    """Rows in the order asked for; each row has the values of `columns`. `next` is the cursor of the next page, null on the last.

    `total` is null unless it was asked for. `simulated` says whether any row shown was made by a simulator. `notes` say what the page cannot show
    (a part of the context that no row of this kind carries).
    """

    columns: list[Column]
    rows: list[list[Any]]
    next: str | None
    total: int | None
    simulated: bool
    notes: list[str]
    window: Window


class Series(Answer, frozen=True):
    name: str
    counts: list[int]


class Histogram(Answer, frozen=True):
    """Events in equal steps (seconds), by outcome. Each series has exactly as many counts as buckets were asked for."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    step: float
    series: list[Series]


class ValueCount(Answer, frozen=True):
    value: str
    count: int


class TrailStep(Answer, frozen=True):
    """Something that is tied to an event by identity and time: what came before and after it."""

    kind: EventKind
    id: str
    time: str
    summary: str


class DecidingRule(Answer, frozen=True):
    """What decided a flow: `policy` and `rule` of Seawall's model, else what the dataplane named. `why` says whose word it is, and whether they differ."""

    policy: str
    rule: str
    verdict: str
    why: str


class Tail:
    pass
