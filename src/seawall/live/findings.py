"""A finding's life: what changed from one scan to the next. Only transitions are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from seawall.model.finding import Finding, Reference, Status
from seawall.model.report import Report

OPENED, CHANGED, RESOLVED, SUPPRESSED, UNSUPPRESSED, UNKNOWN = (
    "opened",
    "changed",
    "resolved",
    "suppressed",
    "unsuppressed",
    "unknown",
)


class Transition(msgspec.Struct, frozen=True):
    """One change in a finding's life, seen by a scan `at` (UTC ns)."""

    at: int
    scan: str
    cluster: str
    transition: str
    finding: Finding

    def row(self) -> dict[str, Any]:
        """As a row of `finding_transition`."""
        one = self.finding
        return {
            "at": self.at, "fingerprint": one.id, "transition": self.transition, "scan_id": self.scan, "cluster": self.cluster, "rule": one.rule,
            "severity": one.severity.value, "status": "pass" if self.transition == RESOLVED else one.status.value, "namespace": one.owner.namespace,
            "object_kind": one.owner.kind, "object": one.owner.name, "path": one.path, "message": one.message or one.why,
            "detail": msgspec.json.encode(one).decode(),
        }  # fmt: skip


def transitions(before: Mapping[str, Finding], report: Report, *, at: int, scan: str) -> list[Transition]:
    """What `report` changes in the findings known `before` (by id).

    A finding that is no longer found is resolved only if the scan could have found it: where its rule could not tell, or its kind could not be read, it becomes unknown instead.
    """
    cluster = report.cluster.id
    now = {finding.id: finding for finding in report.findings}
    found: list[Transition] = []
    for finding in report.findings:
        old = before.get(finding.id)
        if old is None:
            found.append(Transition(at, scan, cluster, _OPENING[finding.status], finding))
        elif old.status is not finding.status:
            found.append(Transition(at, scan, cluster, _turn(old.status, finding.status), finding))
        elif _told(old) != _told(finding):
            found.append(Transition(at, scan, cluster, CHANGED, finding))
    blind = _Blind(report)
    for id, old in before.items():  # noqa: A001
        if id in now:
            continue
        why = blind.to(old)
        if not why:
            found.append(Transition(at, scan, cluster, RESOLVED, old))
        elif old.status is not Status.UNKNOWN:
            found.append(
                Transition(at, scan, cluster, UNKNOWN, msgspec.structs.replace(old, status=Status.UNKNOWN, why=why))
            )
    return found


def after(before: Mapping[str, Finding], changes: Iterable[Transition]) -> dict[str, Finding]:
    """The findings that are open once `changes` happened."""
    state = dict(before)
    for change in changes:
        if change.transition == RESOLVED:
            state.pop(change.finding.id, None)
        else:
            state[change.finding.id] = change.finding
    return state


_OPENING = {Status.FAIL: OPENED, Status.UNKNOWN: UNKNOWN, Status.SKIPPED: SUPPRESSED}


def _turn(old: Status, new: Status) -> str:
    if new is Status.SKIPPED:
        return SUPPRESSED
    if new is Status.UNKNOWN:
        return UNKNOWN
    return UNSUPPRESSED if old is Status.SKIPPED else OPENED


def _told(finding: Finding) -> tuple[object, ...]:
    """What a person would call a change: not the line, nor which pod of a template showed it."""
    return (finding.severity, finding.message, finding.why, finding.count, finding.suppression)


class _Blind:
    """What a scan could not see."""

    def __init__(self, report: Report) -> None:
        self._rules = {(finding.rule, finding.owner) for finding in report.findings if finding.status is Status.UNKNOWN}
        self._whole = {
            finding.rule: finding.why
            for finding in report.findings
            if finding.status is Status.UNKNOWN and finding.owner.kind == "Cluster"
        }
        self._kinds = {gap.kind: str(gap) for gap in report.coverage.gaps if gap.kind and not gap.name}
        self._objects = {(gap.kind, gap.namespace, gap.name): str(gap) for gap in report.coverage.gaps if gap.name}
        self._scope = {one.rule: one.why for one in report.out_of_scope}

    def to(self, finding: Finding) -> str:
        """Why the scan could not have found `finding`; "" if it could."""
        if (finding.rule, finding.owner) in self._rules:
            return "the rule could not tell"
        return (
            self._whole.get(finding.rule)
            or self._to(finding.object)
            or self._to(finding.owner)
            or self._scope.get(finding.rule)
            or ""
        )

    def _to(self, one: Reference) -> str:
        return self._kinds.get(one.kind) or self._objects.get((one.kind, one.namespace, one.name)) or ""
