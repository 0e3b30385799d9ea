"""The Pod Security Standards of every version: which checks, in which revision, decide at a level and version.

Source: k8s.io/pod-security-admission `policy`, compared with it in tests/admit/pss at every version. `latest`, and every version newer than
NEWEST, is judged as NEWEST; a version older than a check's first revision does not know the check.
"""

from __future__ import annotations

from typing import NamedTuple

from seawall.admit.pss import (
    allow_privilege_escalation,
    app_armor_profile,
    capabilities,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes,
    privileged,
    proc_mount,
    restricted_volumes,
    run_as_non_root,
    run_as_user,
    se_linux_options,
    seccomp_profile,
    sysctls,
    windows_host_process,
)
from seawall.admit.pss.check import Check, Fault, Judge, Revision, Violation
from seawall.admit.pss.level import LATEST, Level, Version, parse_version
from seawall.model.cluster.workload import Workload

CHECKS: tuple[Check, ...] = (
    allow_privilege_escalation.CHECK,
    app_armor_profile.CHECK,
    *capabilities.CHECKS,
    host_namespaces.CHECK,
    host_path_volumes.CHECK,
    host_ports.CHECK,
    host_probes.CHECK,
    privileged.CHECK,
    *proc_mount.CHECKS,
    restricted_volumes.CHECK,
    run_as_non_root.CHECK,
    run_as_user.CHECK,
    se_linux_options.CHECK,
    *seccomp_profile.CHECKS,
    sysctls.CHECK,
    windows_host_process.CHECK,
)

NEWEST = max(check.revisions[-1].since for check in CHECKS)
"""The newest minor version at which anything changed: what `latest` means."""


class _Rule(NamedTuple):
    check: Check
    revision: Revision


def _in_force(check: Check, minor: int) -> Revision | None:
    return next((revision for revision in reversed(check.revisions) if revision.since <= minor), None)


def _rules(level: Level, minor: int) -> tuple[_Rule, ...]:
    found = [
        _Rule(check, revision)
        for check in CHECKS
        if check.level.rank <= level.rank and (revision := _in_force(check, minor)) is not None
    ]
    overridden = {check for rule in found for check in rule.revision.overrides}
    kept = [rule for rule in found if rule.check.id not in overridden]
    return tuple(sorted(kept, key=lambda rule: (rule.check.level.rank, rule.check.id)))


_TABLE: dict[Level, tuple[tuple[_Rule, ...], ...]] = {
    level: tuple(_rules(level, minor) if level is not Level.PRIVILEGED else () for minor in range(NEWEST + 1))
    for level in Level
}


def checks_at(level: Level, version: Version = LATEST) -> tuple[Check, ...]:
    """The checks that decide at `level` and `version`, baseline first, each level by id."""
    return tuple(rule.check for rule in _TABLE[level][_minor(version)])


def _minor(version: Version) -> int:
    return NEWEST if version.minor is None else min(version.minor, NEWEST)


class Assessment:
    """One pod, looked at once: judges run at most once however many levels and versions are asked for."""

    __slots__ = ("_faults", "workload")

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self._faults: dict[Judge, list[Fault]] = {}

    def violations(self, level: Level, version: Version = LATEST) -> tuple[Violation, ...]:
        """The checks that the pod fails, in upstream's order; none of them: it is allowed."""
        found: list[Violation] = []
        faults_of, workload = self._faults, self.workload
        for check, revision in _TABLE[level][_minor(version)]:
            judge = revision.judge
            faults = faults_of.get(judge)
            if faults is None:
                faults = faults_of[judge] = judge(workload)
            if faults and not (revision.spares is not None and revision.spares(workload.pod)):
                found.append(Violation(check.id, check.level, check.title, tuple(faults)))
        return tuple(found)

    def allowed(self, level: Level, version: Version = LATEST) -> bool:
        return not self.violations(level, version)

    def tightest(self, version: Version = LATEST) -> Level:
        """The strictest level that the pod meets."""
        return next(level for level in reversed(Level) if self.allowed(level, version))


def violations(workload: Workload, level: Level | str, version: Version | str = LATEST) -> tuple[Violation, ...]:
    """The checks that the pod, or the pods of the template, fail at `level` and `version`; an empty tuple: allowed.

    ValueError for a level or version that does not exist.
    """
    wanted = parse_version(version) if isinstance(version, str) else version
    return Assessment(workload).violations(Level(level), wanted)
