"""The result of a scan. Encoded as JSON it is the documented report (schema `seawall.report/v1`)."""

from __future__ import annotations

from collections import Counter

import msgspec

from seawall.model.cluster.coverage import Coverage
from seawall.model.finding import Finding, Severity, Status

SCHEMA = "seawall.report/v1"


class RuleSummary(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A rule that took part; `frameworks` maps a framework's name to ids."""

    id: str
    title: str
    severity: Severity
    fix: str
    frameworks: dict[str, list[str]] = {}
    preview: bool = False


class OutOfScopeRule(msgspec.Struct, frozen=True):
    """A rule that needs what this kind of source never holds."""

    rule: str
    why: str


class ClusterSummary(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What was scanned. `takenAt` is in UTC nanoseconds, absent for files."""

    id: str
    name: str
    scope: str
    version: str = ""
    taken_at: int | None = None
    objects: int = 0
    workloads: int = 0


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    """Counts. `unknown` are answers that could not be given: UNKNOWN findings and gaps in what was read."""

    fail: int
    unknown: int
    skipped: int
    by_severity: dict[str, int]


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """Everything a scan has to say, worst first."""

    schema: str
    tool: str
    cluster: ClusterSummary
    summary: Summary
    findings: tuple[Finding, ...]
    rules: tuple[RuleSummary, ...]
    coverage: Coverage
    out_of_scope: tuple[OutOfScopeRule, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.status is Status.FAIL)

    def exit_code(self, fail_on: Severity | None) -> int:
        """1 if a fault is at or above `fail_on` (None: never), else 3 if something in scope could not be told, else 0."""
        if fail_on is not None and any(self.summary.by_severity[one] for one in Severity if one.rank >= fail_on.rank):
            return 1
        return 3 if self.summary.unknown else 0


def summarise(findings: tuple[Finding, ...], coverage: Coverage) -> Summary:
    statuses = Counter(finding.status for finding in findings)
    severities = Counter(finding.severity for finding in findings if finding.status is Status.FAIL)
    return Summary(
        fail=statuses[Status.FAIL],
        unknown=statuses[Status.UNKNOWN] + sum(gap.count for gap in coverage.gaps),
        skipped=statuses[Status.SKIPPED],
        by_severity={severity.value: severities[severity] for severity in reversed(Severity)},
    )
