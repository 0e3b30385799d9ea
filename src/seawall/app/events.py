"""Events of one kind: pages, histogram, values to complete a filter with, one event, and the tail."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from seawall.app.answer import Answer, EventKind, Window
from seawall.app.cells import cell
from seawall.app.cursor import read_cursor, write_cursor
from seawall.app.missing import Missing
from seawall.app.moment import SECOND, rfc3339
from seawall.app.predicate import EVENT_ID, Selection, fields_of, not_carried, selected
from seawall.app.services import Services
from seawall.app.veil import POLICY_FIELDS, may_see_somewhere, veiled
from seawall.kit.errors import UserError
from seawall.model.event import KINDS, Field, Table, Type
from seawall.model.event.field import LISTS
from seawall.model.event.read_scope import ReadScope


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


class TailStep(Answer, frozen=True):
    """What came since the step before. `skipped` rows were too many to show, `seconds` is how far the reader was behind."""

    columns: list[str]
    rows: list[list[Any]]
    skipped: int
    seconds: float


OUTCOME = {"flow": "verdict", "dns": "response_code", "audit": "code", "process": "action"}
"""The column by which a histogram is split."""
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx", "none")
"""What becomes of an audit entry's status code in a histogram: 101 is an exec that began."""
PLACE = ("time", "batch_id", "batch_row")
HIDDEN = frozenset({"observed_time", "batch_id", "batch_row", "clock_offset", "future", "late", "raw"})
"""Columns that a page leaves out unless they are asked for; maps too."""
MOST_AT_ONCE = 2000
"""Rows that one step of a tail gives; of more, the newest."""
OVERLAP = 5 * SECOND
"""Batches that are stored at once may come into sight out of order: a step looks back so far, and leaves out what it has shown."""
TAIL_REACH = 3600 * SECOND
"""A tail shows no event older than this: a recording of last year that is stored now is no news."""
REMEMBERED = 50_000


def fields(kind: EventKind) -> list[Column]:
    """Every field of a kind, its id first."""
    return [_column(field) for field in (EVENT_ID, *KINDS[kind].fields)]


def page(
    services: Services,
    scope: ReadScope,
    kind: EventKind,
    selection: Selection,
    *,
    columns: Sequence[str] = (),
    limit: int = 100,
    cursor: str = "",
    order: str = "-time",
    total: bool = False,
) -> EventPage:
    """A page of events. Raises UserError for a column or cursor that does not exist, FilterError, PermissionError."""
    table = KINDS[kind]
    chosen = _chosen(table, columns)
    by, downwards = order.removeprefix("-"), order.startswith("-")
    _one(table, by, "order")
    where = selected(table, selection, time="")
    window = {"since": selection.start, "until": selection.end}
    asked: dict[str, Any] = {"kind": kind, "columns": _read(chosen), "where": where, "limit": limit + 1, **window}
    if by == "time":
        query, place = _place(downwards, cursor, selection)
        rows = services.store.rows(query, scope, **asked, **place)
    else:
        rows = services.store.rows("events_greatest" if downwards else "events_least", scope, column=by, **asked)
    shown = rows[:limit]
    counted = None
    if total:
        counted = services.store.rows("events_count", scope, kind=kind, where=where, **window)[0]["rows"]
    return EventPage(
        columns=[_column(field) for field in chosen],
        rows=_cells(shown, chosen, scope),
        next=write_cursor([shown[-1][name] for name in PLACE]) if len(rows) > limit and by == "time" else None,
        total=counted,
        simulated=any(row["simulated"] for row in shown),
        notes=[f"{kind} rows carry no {part}, so none can match" for part in not_carried(table, selection)],
        window=Window(start=rfc3339(selection.start), end=rfc3339(selection.end)),
    )


def histogram(
    services: Services, scope: ReadScope, kind: EventKind, selection: Selection, *, buckets: int
) -> Histogram:
    """Rows over time by outcome. Raises FilterError, PermissionError."""
    step = max(1, -(-(selection.end - selection.start) // buckets))
    rows = services.store.rows(
        "events_buckets",
        scope,
        kind=kind,
        column=OUTCOME[kind],
        where=selected(KINDS[kind], selection, time=""),
        since=selection.start,
        until=selection.end,
        start=max(0, selection.start),
        step=step,
    )
    series: dict[str, list[int]] = {}
    for row in rows:
        counts = series.setdefault(_outcome(kind, row["value"]), [0] * buckets)
        if 0 <= row["bucket"] < buckets:
            counts[row["bucket"]] += row["rows"]
    ordered = sorted(series, key=lambda name: (CLASSES.index(name) if name in CLASSES else -sum(series[name]), name))
    return Histogram(
        start=rfc3339(selection.start),
        end=rfc3339(selection.end),
        step=step / SECOND,
        series=[Series(name=name, counts=series[name]) for name in ordered],
    )


def values(
    services: Services,
    scope: ReadScope,
    kind: EventKind,
    selection: Selection,
    *,
    field: str,
    prefix: str = "",
    limit: int = 20,
) -> list[ValueCount]:
    """The values that rows of the selection have in a field, most frequent first. Raises UserError for a field that does not exist."""
    table = KINDS[kind]
    found = [one for one in fields_of(table, field) if one is not EVENT_ID and one.type is not Type.MAP]
    if not found:
        raise UserError(f"{kind} has no field `{field}` to complete", where="field")
    where = selected(table, selection, time="")
    counts: Counter[str] = Counter()
    for one in found:
        query = "events_list_values" if one.type in LISTS else "events_values"
        for row in services.store.rows(
            query,
            scope,
            kind=kind,
            column=one.name,
            where=where,
            since=selection.start,
            until=selection.end,
            typed=prefix,
            limit=limit,
        ):
            if one.name not in POLICY_FIELDS or may_see_somewhere(scope, row["value"]):
                counts[row["value"]] += row["rows"]
    return [ValueCount(value=value, count=count) for value, count in counts.most_common(limit) if value]


def event_row(services: Services, scope: ReadScope, kind: EventKind, event_id: str) -> dict[str, Any]:
    """One event as the store has it. Raises Missing if there is none, or it may not be seen."""
    batch, _, number = event_id.rpartition(".")
    if batch and number.isascii() and number.isdigit() and len(number) < 10:
        rows = services.store.rows("event", scope, kind=kind, batch_id=batch, batch_row=int(number))
        if rows:
            return veiled(rows[0], scope)
    raise Missing(f"no {kind} event `{event_id}`, or you may not see it")


class Tail:
    """What one reader of a live tail has seen. `step` is called again and again, from any thread, never twice at once."""

    def __init__(
        self, services: Services, scope: ReadScope, kind: EventKind, selection: Selection, columns: Sequence[str]
    ) -> None:
        """Raises UserError, FilterError and PermissionError for what cannot be followed."""
        table = KINDS[kind]
        self._chosen = _chosen(table, columns)
        self._services, self._scope = services, scope
        self._kind, self._where = kind, selected(table, selection, time="")
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._from = services.wall_clock()
        if not scope.reads(kind):
            raise PermissionError(f"not allowed to read {kind}")

    def step(self) -> TailStep:
        """The rows that were stored since the last step. Raises StoreAway; the next step then covers the time between."""
        now = self._services.wall_clock()
        asked: dict[str, Any] = {
            "kind": self._kind,
            "where": self._where,
            "after": self._from - OVERLAP,
            "since": now - TAIL_REACH,
        }
        found = self._services.store.rows(
            "events_tail", self._scope, columns=_read(self._chosen), limit=MOST_AT_ONCE, **asked
        )
        skipped = 0
        if len(found) == MOST_AT_ONCE:
            stored = self._services.store.rows("events_stored_since", self._scope, **asked)[0]["rows"]
            skipped = max(0, stored - MOST_AT_ONCE - len(self._seen))
        rows = [row for row in found if row["event_id"] not in self._seen]
        for row in rows:
            self._seen[row["event_id"]] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        behind, self._from = (now - self._from) / SECOND, now
        names = [field.name for field in self._chosen]
        return TailStep(
            columns=names, rows=_cells(rows, self._chosen, self._scope), skipped=skipped, seconds=round(behind, 3)
        )


# ------------------------------------------------------------------------------------------------ columns


def _column(field: Field) -> Column:
    return Column(
        name=field.name,
        type=field.type.value,
        unit=field.unit,
        meaning=field.meaning,
        attribute=field.attribute,
        nullable=bool(field.null),
    )


def _chosen(table: Table, names: Sequence[str]) -> list[Field]:
    """The fields that a page shows: those asked for (a list may also come as one text with commas), its id always."""
    if not names:
        shown = [one for one in table.fields if one.name not in HIDDEN and one.type is not Type.MAP]
        return [EVENT_ID, *shown]
    wanted = [name for text in names for name in text.split(",") if name]
    found = [_one(table, name, "columns") for name in dict.fromkeys(wanted)]
    return found if EVENT_ID in found else [EVENT_ID, *found]


def _one(table: Table, name: str, where: str) -> Field:
    found = fields_of(table, name)
    if len(found) != 1 or (where == "order" and found[0].type in LISTS | {Type.MAP}):
        raise UserError(f"{table.name} has no column `{name}`", where=where, do="see /events/{kind}/fields")
    return found[0]


def _read(chosen: Iterable[Field]) -> list[str]:
    """The columns to read: those shown, and what a page needs for its cursor and its label."""
    names = dict.fromkeys(field.name for field in chosen if field is not EVENT_ID)
    return list(names | dict.fromkeys((*PLACE, "cluster", "simulated")))


def _cells(rows: Iterable[dict[str, Any]], chosen: Sequence[Field], scope: ReadScope) -> list[list[Any]]:
    return [[cell(row[field.name], field) for field in chosen] for row in (veiled(row, scope) for row in rows)]


def _place(downwards: bool, cursor: str, selection: Selection) -> tuple[str, dict[str, Any]]:
    """The query for a direction, and the place where it goes on."""
    first = (selection.end if downwards else selection.start - 1, "", 0)
    time, batch, row = read_cursor(cursor, tuple[int, str, int]) if cursor else first
    if not (0 <= row < 2**32 and -(2**63) <= time < 2**63):
        raise UserError("not a cursor of this page", where="cursor", do="take `next` of the page before")
    side = "before" if downwards else "after"
    place = {f"{side}_time": time, f"{side}_batch": batch, f"{side}_row": row}
    return ("events_page" if downwards else "events_page_oldest"), place


def _outcome(kind: str, value: str) -> str:
    if kind == "audit":
        return f"{value[0]}xx" if value[:1] in "12345" and len(value) == 3 else "none"
    return value or {"dns": "query"}.get(kind, "unknown")
