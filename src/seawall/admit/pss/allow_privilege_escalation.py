"""allowPrivilegeEscalation: every container refuses to gain privileges (set-user-ID files, file capabilities)."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, runs_windows
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change


def allow_privilege_escalation(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        if container.security.allow_privilege_escalation is not False:
            path = container.at("securityContext.allowPrivilegeEscalation")
            faults.append(Fault(path, "must be false", container.name, Change("set", path, False)))
    return faults


CHECK = Check(
    "allowPrivilegeEscalation",
    Level.RESTRICTED,
    "privilege escalation not refused",
    (Revision(8, allow_privilege_escalation), Revision(25, allow_privilege_escalation, runs_windows)),
)
