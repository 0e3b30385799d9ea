"""Is anything on fire, is anything worse than yesterday, can this page be trusted?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from seawall.app.answer import Answer, SeverityCounts, Window
from seawall.app.findings import coverage_of, newest_scans, open_at
from seawall.app.health import SourceHealth, loss_ratio, source_health
from seawall.app.incidents import visible_cases
from seawall.app.moment import SECOND, rfc3339
from seawall.app.predicate import Selection, selected
from seawall.app.services import Services
from seawall.model.event import ROLLUPS
from seawall.model.event.read_scope import ReadScope

EDGE_MINUTE = ROLLUPS["edge_minute"]
DAY = 86_400 * SECOND
POINTS = 60
"""Points of the traffic series, about; each is a number of whole minutes."""


class IncidentCounts(Answer, frozen=True):
    open: int
    investigating: int
    closed: int


class TeamPosture(Answer, frozen=True):
    """Open faults of a team's workloads now, and as they stood 24 hours before."""

    team: str
    critical: int
    high: int
    medium: int
    low: int
    yesterday: SeverityCounts


class PostureSummary(Answer, frozen=True):
    by_team: list[TeamPosture]
    by_severity: SeverityCounts
    yesterday: SeverityCounts
    unknown: int


class TrafficPoint(Answer, frozen=True):
    t: str
    allowed: int
    denied: int
    unknown: int


class TrafficSummary(Answer, frozen=True):
    flows: int
    allowed: int
    denied: int
    unknown: int
    series: list[TrafficPoint]


class TrustSummary(Answer, frozen=True):
    """Can this page be trusted? `lossRatio` is (dropped + malformed) / records in, null where nothing came in or you may not see it."""

    sources: list[SourceHealth]
    loss_ratio: float | None
    unknowns: int
    gaps: int


class Overview(Answer, frozen=True):
    window: Window
    incidents: IncidentCounts
    posture: PostureSummary
    traffic: TrafficSummary
    health: TrustSummary
    newest: str | None
    """Time of the newest event of any kind, whatever the window; null where there is none."""
    simulated: bool


def overview(services: Services, scope: ReadScope, selection: Selection) -> Overview:
    """The first page. What a reader may not see is left empty, never guessed. Raises FilterError."""
    traffic, simulated = _traffic(services, scope, selection)
    trust = _trust(services, scope, selection)
    span = _span(services, scope, selection)
    return Overview(
        window=Window(start=rfc3339(selection.start), end=rfc3339(selection.end)),
        incidents=_incidents(services, scope, selection),
        posture=_posture(services, scope, selection),
        traffic=traffic,
        health=trust,
        newest=rfc3339(max(row["last"] for row in span)) if span else None,
        simulated=simulated or any(row["any_simulated"] for row in span),
    )


def _plain(selection: Selection) -> Selection:
    """The selection without its filter, which is about flows here."""
    return Selection(
        selection.start,
        selection.end,
        selection.clusters,
        selection.namespaces,
        selection.workloads,
        selection.identities,
    )


def _incidents(services: Services, scope: ReadScope, selection: Selection) -> IncidentCounts:
    if not scope.reads("case_entry"):
        return IncidentCounts(open=0, investigating=0, closed=0)
    states = Counter(
        case.state
        for case in visible_cases(services, scope)
        if (not selection.clusters or case.cluster in selection.clusters)
        and (case.active or case.last_seen >= selection.start)
    )
    return IncidentCounts(open=states["open"], investigating=states["acknowledged"], closed=states["closed"])


def _posture(services: Services, scope: ReadScope, selection: Selection) -> PostureSummary:
    plain = _plain(selection)
    try:
        now = open_at(services, scope, plain, selection.end)
        before = [row for row in open_at(services, scope, plain, selection.end - DAY) if row["status"] == "fail"]
    except PermissionError:
        now, before = [], []
    faults = [row for row in now if row["status"] == "fail"]
    return PostureSummary(
        by_team=_by_team(faults, before),
        by_severity=_counts(faults),
        yesterday=_counts(before),
        unknown=sum(row["status"] == "unknown" for row in now),
    )


def _counts(rows: Iterable[Mapping[str, Any]]) -> SeverityCounts:
    return SeverityCounts.of(Counter(row["severity"] for row in rows))


def _by_team(now: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]]) -> list[TeamPosture]:
    """Teams with the worst first; "" is nobody's."""
    today: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    yesterday: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for rows, by_team in ((now, today), (before, yesterday)):
        for row in rows:
            by_team[row["team"]].append(row)
    found = []
    for team in today.keys() | yesterday.keys():
        counts = _counts(today[team])
        found.append(
            TeamPosture(
                team=team,
                critical=counts.critical,
                high=counts.high,
                medium=counts.medium,
                low=counts.low,
                yesterday=_counts(yesterday[team]),
            )
        )
    return sorted(found, key=lambda one: (-one.critical, -one.high, -one.medium, -one.low, one.team))


def _traffic(services: Services, scope: ReadScope, selection: Selection) -> tuple[TrafficSummary, bool]:
    minutes = max(1, (selection.end - selection.start) // (60 * SECOND * POINTS))
    where = selected(EDGE_MINUTE, selection, time="")
    try:
        rows = services.store.rows(
            "traffic_series", scope, since=selection.start, until=selection.end, step=int(minutes) * 60, where=where
        )
    except PermissionError:
        rows = []
    totals = {name: sum(row[name] for row in rows) for name in ("allowed", "denied", "unknown")}
    series = [
        TrafficPoint(t=rfc3339(row["begins"]), allowed=row["allowed"], denied=row["denied"], unknown=row["unknown"])
        for row in rows
    ]
    summary = TrafficSummary(flows=sum(totals.values()), **totals, series=series)
    return summary, any(row["any_simulated"] for row in rows)


def _trust(services: Services, scope: ReadScope, selection: Selection) -> TrustSummary:
    try:
        sources = source_health(services, scope, selection)
        scans = newest_scans(services, scope, selection.end)
    except PermissionError:
        return TrustSummary(sources=[], loss_ratio=None, unknowns=0, gaps=0)
    chosen = [row for row in scans if not selection.clusters or row["cluster"] in selection.clusters]
    return TrustSummary(
        sources=sources,
        loss_ratio=loss_ratio(sources),
        unknowns=sum(row["unknown"] for row in chosen),
        gaps=sum(len(coverage_of(row).gaps) for row in chosen),
    )


def _span(services: Services, scope: ReadScope, selection: Selection) -> list[dict[str, Any]]:
    try:
        rows = services.store.rows("events_span", scope)
    except PermissionError:
        return []
    return [row for row in rows if not selection.clusters or row["cluster"] in selection.clusters]
