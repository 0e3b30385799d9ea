"""privileged: no container runs privileged."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change


def privileged(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        if container.security.privileged:
            path = container.at("securityContext.privileged")
            faults.append(Fault(path, "must not be true", container.name, Change("unset", path)))
    return faults


CHECK = Check("privileged", Level.BASELINE, "privileged containers", (Revision(0, privileged),))
