"""What matters and what to fix first: findings, grouped by cause, with what could not be told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, ObjectName, SeverityCounts, SeverityName, entity_id
from seawall.app.cursor import read_cursor, write_cursor
from seawall.app.missing import Missing
from seawall.app.moment import SECOND, rfc3339
from seawall.app.predicate import Selection, selected
from seawall.app.remedy import Fix, fix_of
from seawall.app.services import Services
from seawall.app.teams import Teams
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Coverage
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event import KEPT
from seawall.model.event.read_scope import ReadScope
from seawall.model.finding import Finding, Reference, Severity
from seawall.spi.documentation import Documentation

FINDING_TRANSITION = KEPT["finding_transition"]
DAY = 86_400 * SECOND
TREND_DAYS, TREND_STEP = 14, 2
FEW_OWNERS, SOME_OWNERS = 3, 10
"""Up to how many owners must change something for the effort to be low, and medium."""
FindingStatus = Literal["fail", "unknown", "skipped"]


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


GroupedBy = Literal["cause", "namespace", "team"]


class FindingGroup(Answer, frozen=True):
    """Findings with one cause (one rule), of one namespace, or of one team.

    `id` is the rule, the namespace ("" for what has none) or the team ("" for nobody's); `rule` is the rule of a cause, and "" otherwise.
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


class TrendPoint(Answer, frozen=True):
    """How many faults were open at a moment."""

    at: str
    by_severity: SeverityCounts


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
    """A rule's documentation. `automatic` says whether a program can mend what it finds, "" where none can. `docs` is the whole of it as Markdown."""

    id: str
    title: str
    severity: SeverityName
    kind: Literal["check", "detection"]
    preview: bool
    why: str
    what: str
    fix: str
    automatic: str
    limits: str
    docs: str
    frameworks: dict[str, list[str]]


def findings(
    services: Services,
    scope: ReadScope,
    selection: Selection,
    *,
    severities: Sequence[str] = (),
    statuses: Sequence[str] = (),
    rules: Sequence[str] = (),
    teams: Sequence[str] | None = None,
    framework: str = "",
    control: str = "",
    grouped: GroupedBy | None = "cause",
    limit: int = 1000,
    cursor: str = "",
) -> Findings:
    """Findings open at the end of the window, worst first. Raises FilterError, PermissionError, UserError for a wrong cursor."""
    start = read_cursor(cursor, int) if cursor else 0
    if start < 0:
        raise UserError("not a cursor of this page", where="cursor")
    about = about_framework(framework, control)
    every = [
        row
        for row in open_at(services, scope, selection, selection.end)
        if _fits(row, severities, rules, teams) and about(row)
    ]
    wanted = [row for row in every if row["status"] in (statuses or ("fail", "unknown"))]
    page = wanted[start : start + limit]
    # What nobody asked for by its status is no cause to mend: an answer that could not be given, an accepted fault.
    listed = wanted if statuses else [row for row in wanted if row["status"] == "fail"]
    reach = _reach(services, scope, selection.end) if grouped else {}
    return Findings(
        groups=_grouped(listed, reach, grouped) if grouped else [],
        findings=views(services, scope, page, selection.end),
        counts=FindingCounts(
            by_severity=SeverityCounts.of(Counter(row["severity"] for row in every if row["status"] == "fail")),
            unknown=sum(row["status"] == "unknown" for row in every),
            suppressed=sum(row["status"] == "skipped" for row in every),
        ),
        coverage=_coverage(services, scope, selection),
        next=write_cursor(start + limit) if len(wanted) > start + limit else None,
    )


def trend(
    services: Services,
    scope: ReadScope,
    selection: Selection,
    *,
    framework: str = "",
    teams: Sequence[str] | None = None,
) -> list[TrendPoint]:
    """Open faults by severity at the end of the window, and at the same hour of every other day of the two weeks before, oldest first. Raises as `findings`.

    A moment before the first scan is left out: that nothing was known then does not mean that nothing was wrong.
    """
    about = about_framework(framework)
    points = []
    for day in range(TREND_DAYS, -1, -TREND_STEP):
        at = selection.end - day * DAY
        if not _last_seen(services, at):
            continue
        rows = open_at(services, scope, selection, at)
        faults = [row for row in rows if row["status"] == "fail" and _fits(row, (), (), teams) and about(row)]
        points.append(
            TrendPoint(at=rfc3339(at), by_severity=SeverityCounts.of(Counter(row["severity"] for row in faults)))
        )
    return points


def about_framework(framework: str, control: str = "") -> Callable[[Mapping[str, Any]], bool]:
    """Whether a row is about a framework, or one control of it; every row is where none is named. UserError for one that is not known."""
    if not framework:
        return lambda row: True
    from seawall.app.compliance import framework_named, looking_at

    wanted = looking_at(framework_named(framework), control)
    return lambda row: any(row["path"].endswith(field) for field in wanted.get(row["rule"], ()))


def finding(services: Services, scope: ReadScope, finding_id: str) -> FindingDetail:
    """One finding with its life, open or resolved. Raises Missing if there is none, or it may not be seen."""
    history = services.store.rows("finding_history", scope, fingerprint=finding_id)
    if not history:
        raise Missing(f"no finding `{finding_id}`, or you may not see it")
    newest = history[-1]
    row = newest | {
        "first_at": history[0]["at"],
        "changed_at": newest["at"],
        "team": Teams(services).of(newest["cluster"], newest["object_kind"], newest["namespace"], newest["object"]),
        "status": "fail" if newest["status"] == "pass" else newest["status"],
    }
    view = _view(row, newest, newest["at"], _titles(), services.clusters.current(newest["cluster"]))
    owner = view.owner
    return FindingDetail(
        **{name: getattr(view, name) for name in view.__struct_fields__},
        history=[
            Transition(
                at=rfc3339(one["at"]), transition=one["transition"], severity=one["severity"], status=one["status"]
            )
            for one in history
        ],
        evidence=[Evidence(kind="workload", id=entity_id("workload", owner.namespace, owner.name))],
    )


def open_at(services: Services, scope: ReadScope, selection: Selection, at: int) -> list[dict[str, Any]]:
    """The findings of a selection that are open at a moment, with their team and without their detail, worst first."""
    where = selected(FINDING_TRANSITION, selection, time="")
    rows = services.store.rows("findings_at", scope, moment=at, where=where)
    teams = Teams(services)
    for row in rows:
        row["team"] = teams.of(row["cluster"], row["object_kind"], row["namespace"], row["object"])
    return rows


def views(services: Services, scope: ReadScope, rows: Sequence[Mapping[str, Any]], at: int) -> list[FindingView]:
    """Rows of `open_at` as they are shown."""
    if not rows:
        return []
    found = services.store.rows("findings_detail", scope, moment=at, fingerprints=[row["fingerprint"] for row in rows])
    details = {one["fingerprint"]: one for one in found}
    seen = _last_seen(services, at)
    titles = _titles()
    return [
        _view(row, details[row["fingerprint"]], max(row["changed_at"], seen.get(row["cluster"], 0)), titles)
        for row in rows
    ]


def _fits(row: Mapping[str, Any], severities: Sequence[str], rules: Sequence[str], teams: Sequence[str] | None) -> bool:
    return (
        (not severities or row["severity"] in severities)
        and (not rules or row["rule"] in rules)
        and (teams is None or row["team"] in teams)
    )


def _view(
    row: Mapping[str, Any],
    stored: Mapping[str, Any],
    seen_at: int,
    titles: Mapping[str, RuleView],
    cluster: Cluster | None = None,
) -> FindingView:
    kept = _kept(stored["detail"])
    rule = titles.get(row["rule"])
    owner = ObjectName(kind=row["object_kind"], namespace=row["namespace"], name=row["object"], group="")
    accepted = kept.suppression if kept else None
    return FindingView(
        id=row["fingerprint"],
        cluster=row["cluster"],
        rule=row["rule"],
        title=rule.title if rule else row["rule"],
        severity=row["severity"],
        status=row["status"],
        object=_name(kept.object) if kept else owner,
        owner=_name(kept.owner) if kept else owner,
        team=row["team"],
        path=kept.path if kept else stored["path"],
        place=kept.place if kept else "",
        message=stored["message"] or (rule.title if rule else row["rule"]),
        why=kept.why if kept else "",
        fix=fix_of(kept, _documents().get(row["rule"]), cluster),
        first_seen=rfc3339(row["first_at"]),
        last_seen=rfc3339(seen_at),
        count=kept.count if kept else 1,
        accepted=Acceptance(owner=accepted.owner, reason=accepted.reason, until=accepted.until) if accepted else None,
        frameworks=rule.frameworks if rule else {},
    )


def _kept(text: str) -> Finding | None:
    try:
        return msgspec.json.decode(text, type=Finding)
    except msgspec.MsgspecError:  # another version's, or none
        return None


def _name(reference: Reference) -> ObjectName:
    return ObjectName(kind=reference.kind, namespace=reference.namespace, name=reference.name, group=reference.group)


# ------------------------------------------------------------------------------------------------ groups


_SHARED: dict[GroupedBy, str] = {"cause": "rule", "namespace": "namespace", "team": "team"}
"""The column that the findings of a group share."""


def _grouped(
    findings: Sequence[Mapping[str, Any]], reach: Mapping[tuple[str, str, str], int], by: GroupedBy
) -> list[FindingGroup]:
    shared: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in findings:
        shared[row[_SHARED[by]]].append(row)
    titles = _titles()
    groups = []
    for name, rows in shared.items():
        objects = {(row["cluster"], row["namespace"], row["object_kind"], row["object"]) for row in rows}
        worst = max((row["severity"] for row in rows), key=lambda severity: Severity(severity).rank)
        groups.append(
            FindingGroup(
                id=name,
                rule=name if by == "cause" else "",
                title=titles[name].title if by == "cause" and name in titles else name,
                severity=worst,
                count=len(rows),
                objects=len(objects),
                first_seen=rfc3339(min(row["first_at"] for row in rows)),
                exposure=_widest(objects, reach),
                effort=_effort(len(objects)),
            )
        )
    return sorted(groups, key=_first_to_fix)


_WIDTHS: tuple[Exposure, ...] = ("unknown", "none", "namespace", "cluster", "internet")


def _first_to_fix(group: FindingGroup) -> tuple[int, int, int, int, str]:
    """Severity, then from how far it can be reached, then the least effort, then the number."""
    effort = ("low", "medium", "high").index(group.effort)
    return -Severity(group.severity).rank, -_WIDTHS.index(group.exposure), effort, -group.count, group.id


def _widest(objects: set[tuple[str, str, str, str]], reach: Mapping[tuple[str, str, str], int]) -> Exposure:
    if not reach:
        return "unknown"
    found = [reach.get((cluster, namespace, name), -1) for cluster, namespace, _, name in objects]
    widest = max(found, default=-1)
    return "none" if widest < 0 else ("unknown", "namespace", "cluster", "internet")[widest]


def _effort(objects: int) -> Effort:
    return "low" if objects <= FEW_OWNERS else "medium" if objects <= SOME_OWNERS else "high"


def _reach(services: Services, scope: ReadScope, at: int) -> dict[tuple[str, str, str], int]:
    """From where each workload was reached in the day before a moment; empty if no flow says anything."""
    try:
        rows = services.store.rows("exposure", scope, since=at - DAY, until=at)
    except PermissionError:
        return {}
    return {(row["cluster"], row["dst_namespace"], row["dst_workload"]): row["reach"] for row in rows}


# ------------------------------------------------------------------------------------------------ coverage


def newest_scans(services: Services, scope: ReadScope, at: int) -> list[dict[str, Any]]:
    """The newest scan of each cluster at a moment. Raises PermissionError for who may not read whole clusters."""
    return services.store.rows("scans_newest", scope, moment=at)


def _last_seen(services: Services, at: int) -> dict[str, int]:
    """When each cluster was last scanned: an open finding was seen then. That alone tells a reader of a namespace nothing of others."""
    return {row["cluster"]: row["started_at"] for row in newest_scans(services, ReadScope.everything(), at)}


def coverage_of(row: Mapping[str, Any]) -> Coverage:
    try:
        return msgspec.json.decode(row["coverage"], type=Coverage)
    except msgspec.MsgspecError:
        return Coverage()


def _coverage(services: Services, scope: ReadScope, selection: Selection) -> CoverageView:
    try:
        scans = newest_scans(services, scope, selection.end)
    except PermissionError:
        return CoverageView(gaps=[], unknown_kinds={}, hidden=True)
    gaps: list[CoverageGap] = []
    unknown: Counter[str] = Counter()
    for scan in scans:
        if selection.clusters and scan["cluster"] not in selection.clusters:
            continue
        coverage = coverage_of(scan)
        unknown.update(coverage.unknown_kinds)
        gaps.extend(
            CoverageGap(
                cluster=scan["cluster"],
                reason=gap.reason,
                what=gap.what,
                where=gap.where,
                kind=gap.kind,
                count=gap.count,
            )
            for gap in coverage.gaps
        )
    return CoverageView(gaps=gaps, unknown_kinds=dict(unknown), hidden=False)


# ------------------------------------------------------------------------------------------------ rules


def rules() -> list[RuleView]:
    """Every rule: the checks, and the detections where this installation has them."""
    return sorted(_titles().values(), key=lambda rule: rule.id)


def rule(rule_id: str) -> RuleDetail:
    """One rule's documentation. Raises Missing."""
    from seawall.spi import catalogue

    for check in catalogue.checks():
        if check.id == rule_id:
            view, told = _titles()[rule_id], check.documentation
            sections = (
                ("What", told.what),
                ("Why", told.why),
                ("Severity", told.severity),
                ("Fix", told.fix),
                ("Automatic", told.automatic),
                ("Limits", told.limits),
                ("References", told.references),
            )
            docs = f"# {told.title}\n\n" + "\n\n".join(f"## {name}\n\n{text}" for name, text in sections if text) + "\n"
            return RuleDetail(
                id=view.id,
                title=view.title,
                severity=view.severity,
                kind=view.kind,
                preview=view.preview,
                why=told.why,
                what=told.what,
                fix=told.fix,
                automatic=told.automatic,
                limits=told.limits,
                docs=docs,
                frameworks=view.frameworks,
            )
    raise Missing(f"no rule `{rule_id}`")


@cache
def _titles() -> dict[str, RuleView]:
    from seawall.scan.engine import rule_summary
    from seawall.spi import catalogue

    found = {}
    for check in catalogue.checks():
        summary = rule_summary(check)
        found[check.id] = RuleView(
            id=check.id,
            title=summary.title,
            severity=summary.severity.value,
            kind="check",
            preview=summary.preview,
            frameworks=summary.frameworks,
        )
    return found


@cache
def _documents() -> dict[str, Documentation]:
    """The documentation of each rule."""
    from seawall.spi import catalogue

    return {check.id: check.documentation for check in catalogue.checks()}
