"""What matters and what to fix first: findings, grouped by cause, with what could not be told."""

from __future__ import annotations

from typing import Any, Literal

from seawall.app.answer import Answer, ObjectName, SeverityCounts, SeverityName

FindingStatus = Literal["fail", "unknown", "skipped"]


class Fix(Answer, frozen=True):
    """How to mend it: a change to one field (`set`, `unset` or `append` at `path`) or `advice`. `patch` is a unified diff, null where none can be made.

    `text` says it in a sentence.
    """

    kind: Literal["set", "unset", "append", "advice"]
    path: str
    value: Any
    patch: str | None
    text: str


class FindingView(Answer, frozen=True):
    """`place` is `file:line` where it was read from a file; `why` says what was missing for one that is `unknown`."""

    id: str
    cluster: str
    rule: str
    title: str
    severity: SeverityName
    status: FindingStatus
    object: ObjectName
    owner: ObjectName
    team: str
    path: str
    place: str
    message: str
    why: str
    fix: Fix
    first_seen: str
    last_seen: str
    count: int
    accepted: Acceptance | None
    frameworks: dict[str, list[str]]


class Acceptance(Answer, frozen=True):
    """Who accepted a skipped finding, why, and until when ("" for no end)."""

    owner: str
    reason: str
    until: str


Exposure = Literal["internet", "cluster", "namespace", "none", "unknown"]
Effort = Literal["low", "medium", "high"]


class FindingGroup(Answer, frozen=True):
    """Findings with one cause: one rule.

    `exposure` is the widest from where one of the objects can be reached, `effort` grows with the number of owners that must change something.
    """

    id: str
    rule: str
    title: str
    severity: SeverityName
    count: int
    objects: int
    first_seen: str
    exposure: Exposure
    effort: Effort


class FindingCounts(Answer, frozen=True):
    """Of everything selected, before paging. `bySeverity` counts faults, `unknown` answers that could not be given, `suppressed` accepted faults."""

    by_severity: SeverityCounts
    unknown: int
    suppressed: int


class CoverageGap(Answer, frozen=True):
    cluster: str
    reason: str
    what: str
    where: str
    kind: str
    count: int


class CoverageView(Answer, frozen=True):
    """What the last scans could not read. `hidden` says that your scope does not cover whole clusters, so gaps are not shown to you."""

    gaps: list[CoverageGap]
    unknown_kinds: dict[str, int]
    hidden: bool


class Findings(Answer, frozen=True):
    groups: list[FindingGroup]
    findings: list[FindingView]
    counts: FindingCounts
    coverage: CoverageView
    next: str | None


class Transition(Answer, frozen=True):
    at: str
    transition: str
    severity: SeverityName
    status: str


class Evidence(Answer, frozen=True):
    """Something that bears on a finding: an entity (`kind/namespace/name`) or an event."""

    kind: str
    id: str


class FindingDetail(FindingView, frozen=True):
    history: list[Transition]
    evidence: list[Evidence]


class RuleView(Answer, frozen=True):
    id: str
    title: str
    severity: SeverityName
    kind: Literal["check", "detection"]
    preview: bool
    frameworks: dict[str, list[str]]


class RuleDetail(Answer, frozen=True):
    """A rule's documentation. `docs` is the whole of it as Markdown."""

    id: str
    title: str
    severity: SeverityName
    kind: Literal["check", "detection"]
    preview: bool
    why: str
    what: str
    fix: str
    limits: str
    docs: str
    frameworks: dict[str, list[str]]
