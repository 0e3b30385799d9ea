"""allowPrivilegeEscalation: every container refuses to gain privileges (set-user-ID files, file capabilities)."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, runs_windows
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import ContainerView, Workload
from seawall.model.finding import Change


def allow_privilege_escalation(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        if container.security.allow_privilege_escalation is not False:
            path = container.at("securityContext.allowPrivilegeEscalation")
            faults.append(Fault(path, "must be false", container.name, _fix(container, path)))
    return faults


def _fix(container: ContainerView, path: str) -> Change | None:
    """None where the API server refuses `false`. Safe where nobody asked for `true`, and nothing hints at rights that a program gains by its file."""
    security = container.security
    added = security.capabilities.add if security.capabilities is not None else ()
    if security.privileged or "SYS_ADMIN" in added or "CAP_SYS_ADMIN" in added:
        return None
    low = any(0 < port.container_port < 1024 for port in container.container.ports)
    return Change("set", path, False, safe=security.allow_privilege_escalation is None and not added and not low)


CHECK = Check(
    "allowPrivilegeEscalation",
    Level.RESTRICTED,
    "privilege escalation not refused",
    (Revision(8, allow_privilege_escalation), Revision(25, allow_privilege_escalation, runs_windows)),
)
