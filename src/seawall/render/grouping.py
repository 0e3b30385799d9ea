"""Findings by cause: one row a rule, with the objects that show it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from seawall.model.finding import Finding, Severity, Status
from seawall.model.report import Report


class Group(msgspec.Struct, frozen=True):
    """All findings of one rule and severity; `objects` counts distinct owners."""

    rule: str
    title: str
    severity: Severity
    findings: tuple[Finding, ...]
    objects: int


def by_rule(report: Report, status: Status = Status.FAIL) -> tuple[Group, ...]:
    """The findings of `report` with `status`, grouped, worst first and then by how many objects they touch."""
    titles = {rule.id: rule.title for rule in report.rules}
    grouped: dict[tuple[str, Severity], list[Finding]] = defaultdict(list)
    for finding in report.shown:
        if finding.status is status:
            grouped[finding.rule, finding.severity].append(finding)
    groups = (
        Group(
            rule,
            titles.get(rule, rule),
            severity,
            tuple(found),
            len({(f.owner.kind, f.owner.namespace, f.owner.name) for f in found}),
        )
        for (rule, severity), found in grouped.items()
    )
    return tuple(sorted(groups, key=lambda group: (-group.severity.rank, -group.objects, group.rule)))


def headline(report: Report) -> str:
    """The answer in one line: how many faults of which severity, in how much, and what could not be told."""
    counts = Counter(one.severity.value for one in report.shown if one.status is Status.FAIL)
    parts = [f"{counts[name]:,} {name}" for name in report.summary.by_severity if counts[name]]
    where = plural(report.cluster.workloads, "workload")
    since = report.baseline
    if since is None:
        text = f"{', '.join(parts) if parts else 'no findings'} in {where}"
    else:
        text = f"{', '.join(parts) + ' new' if parts else 'nothing new'} in {where} since {since.against}"
        text += f"; {report.summary.fail - sum(counts.values()):,} as before, {len(since.resolved):,} resolved"
    if report.summary.skipped:
        text += f"; {plural(report.summary.skipped, 'finding')} accepted"
    if report.summary.unknown:
        text += f"; {plural(report.summary.unknown, 'answer')} could not be given (see --coverage)"
    return text


def coverage_lines(report: Report) -> Iterator[str]:
    """What was read, what was not, and what is out of scope, a line each."""
    coverage = report.coverage
    read = ", ".join(
        f"{count:,} {kind}" for kind, count in sorted(coverage.objects.items(), key=lambda entry: (-entry[1], entry[0]))
    )
    yield f"read: {read or 'nothing'}"
    for gap in coverage.gaps:
        yield f"{gap.reason}: {gap}"
    if coverage.unknown_kinds:
        listed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(coverage.unknown_kinds.items()))
        yield f"kinds without checks: {listed}"
    if report.baseline is not None:
        for one in report.baseline.untold:
            yield f"not told again: {one.rule} {one.owner}"
        if report.baseline.not_compared:
            yield f"not compared: {plural(report.baseline.not_compared, 'finding')} of rules or namespaces that took no part"
    unknown: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if finding.status is Status.UNKNOWN:
            unknown[finding.rule, finding.why].append(finding)
    for (rule, why), alike in sorted(unknown.items()):
        first = next((f" ({one.place})" for one in alike if one.file), "")
        yield f"unknown: {rule}: {why}{first}{f' (x{len(alike):,})' if len(alike) > 1 else ''}"
    if report.out_of_scope:
        yield f"out of scope: {', '.join(sorted(one.rule for one in report.out_of_scope))}: {report.cluster.scope} hold no such objects"


def places(findings: Iterable[Finding], most: int) -> tuple[list[str], int]:
    """The first `most` distinct places, as `ns/name (Kind) file:line`, and how many more there are."""
    seen: dict[str, None] = {}
    for finding in findings:
        seen[f"{finding.owner} {finding.place}".rstrip()] = None
    listed = list(seen)
    return listed[:most], max(0, len(listed) - most)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
