"""Scanning again after a change: only what may have changed is looked at, and the report is that of a full scan.

A check that looked at nothing but its subjects is run again for the objects that changed. One that asked for the Cluster or an index is run again as a
whole, because its answer may hang on any object. Which of the two a check is, is seen while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Reference
from seawall.model.report import Report
from seawall.scan.engine import Run, Subjects, in_report_order, on_exceptions, report_of
from seawall.scan.exceptions import Exceptions
from seawall.spi.check import Check


class Rescanner:
    """Keeps the findings of the last scan. `tool` names the version that scans."""

    def __init__(self, checks: Iterable[Check[Any]], *, tool: str, exceptions: Exceptions | None = None) -> None:
        self._checks, self._tool, self._exceptions = tuple(checks), tool, exceptions or Exceptions()
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._out_of_scope: dict[str, str] = {}
        self._local: set[str] = set()

    def full(self, cluster: Cluster) -> Report:
        """Scans everything."""
        self._local.clear()
        self._out_of_scope.clear()
        subjects = Subjects(cluster)
        for check in self._checks:
            self._whole(check, subjects)
        return self._report(cluster)

    def update(self, cluster: Cluster, changed: frozenset[ObjectRef]) -> Report:
        """Scans `cluster`, which differs from the last one in the objects `changed`: made, changed or gone, with the owners of pods that are gone."""
        changed = _with_owners(cluster, changed)
        touched = frozenset(Reference.of(ref) for ref in changed)
        subjects = Subjects(cluster)
        for check in self._checks:
            if check.id not in self._local:
                self._whole(check, subjects)
                continue
            run = Run(cluster, subjects)
            run.check(check, changed)
            kept = tuple(
                one for one in self._findings[check.id] if one.object not in touched and one.owner not in touched
            )
            found = run.finish(self._exceptions)
            again = {one.id for one in found}
            self._findings[check.id] = (*found, *(one for one in kept if one.id not in again))
        return self._report(cluster)

    def _whole(self, check: Check[Any], subjects: Subjects) -> None:
        run = Run(subjects.cluster, subjects)
        run.check(check)
        self._findings[check.id] = run.finish(self._exceptions)
        self._out_of_scope.pop(check.id, None)
        self._out_of_scope |= run.out_of_scope
        if run.context.asked or run.out_of_scope:
            self._local.discard(check.id)
        else:
            self._local.add(check.id)

    def _report(self, cluster: Cluster) -> Report:
        findings = tuple(finding for found in self._findings.values() for finding in found)
        judged = on_exceptions(cluster, self._checks, self._exceptions, findings, self._out_of_scope)
        return report_of(cluster, self._checks, in_report_order((*findings, *judged)), self._out_of_scope, self._tool)


def _with_owners(cluster: Cluster, changed: frozenset[ObjectRef]) -> frozenset[ObjectRef]:
    """`changed`, their owners, and all pods of those: pods of one template are judged together, so one of them changes what is said of all."""
    things = (cluster.get(ref) for ref in changed)
    owners = changed | {cluster.owner_of(thing) for thing in things if thing is not None}
    return owners | {pod.ref for pod in cluster.pod_workloads if pod.owner in owners}
