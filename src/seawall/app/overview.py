"""Is anything on fire, is anything worse than yesterday, can this page be trusted?"""

from __future__ import annotations

from seawall.app.answer import Answer, SeverityCounts, Window
from seawall.app.health import SourceHealth


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
