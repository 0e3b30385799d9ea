"""The result of a scan. Encoded as JSON it is the documented report (schema `seawall.report/v1`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

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


class Baseline(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What changed since a former report. `new` and `worse` are ids of findings of this one (`worse`: new because it was accepted, or less severe, before).

    `resolved` was there and is not; `untold` was there, and this scan could not have found it again. `newGaps` counts what could be read before, `notCompared`
    the findings of rules or namespaces that took no part this time.
    """

    against: str
    new: tuple[str, ...]
    worse: tuple[str, ...] = ()
    resolved: tuple[Finding, ...] = ()
    untold: tuple[Finding, ...] = ()
    new_gaps: int = 0
    not_compared: int = 0


class Report(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Everything a scan has to say, worst first. With a `baseline`, readers are shown what is new, and the exit code is about that alone; `findings` still holds all."""

    schema: str
    tool: str
    cluster: ClusterSummary
    summary: Summary
    findings: tuple[Finding, ...]
    rules: tuple[RuleSummary, ...]
    coverage: Coverage
    out_of_scope: tuple[OutOfScopeRule, ...]
    baseline: Baseline | None = None

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings to put before a reader: all of them, or those that are new and those that are accepted."""
        if self.baseline is None:
            return self.findings
        new = frozenset(self.baseline.new)
        return tuple(one for one in self.findings if one.id in new or one.status is Status.SKIPPED)

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.status is Status.FAIL)

    def exit_code(self, fail_on: Severity | None) -> int:
        """1 if a fault is at or above `fail_on` (None: never), else 3 if something in scope could not be told, else 0."""
        if self.baseline is None:
            found: Iterable[Severity] = (one for one in Severity if self.summary.by_severity[one])
            unknown = self.summary.unknown
        else:
            found = (one.severity for one in self.shown if one.status is Status.FAIL)
            unknown = self.baseline.new_gaps + sum(one.status is Status.UNKNOWN for one in self.shown)
        if fail_on is not None and any(one.rank >= fail_on.rank for one in found):
            return 1
        return 3 if unknown else 0


def summarise(findings: tuple[Finding, ...], coverage: Coverage) -> Summary:
    statuses = Counter(finding.status for finding in findings)
    severities = Counter(finding.severity for finding in findings if finding.status is Status.FAIL)
    return Summary(
        fail=statuses[Status.FAIL],
        unknown=statuses[Status.UNKNOWN] + sum(gap.count for gap in coverage.gaps),
        skipped=statuses[Status.SKIPPED],
        by_severity={severity.value: severities[severity] for severity in reversed(Severity)},
    )
