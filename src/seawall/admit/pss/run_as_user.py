"""runAsUser: nobody asks for user 0. Since v1.35 a user namespace makes it harmless."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, in_user_namespace
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload


def run_as_user(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    if workload.pod.security.run_as_user == 0:
        faults.append(Fault(workload.at("securityContext.runAsUser"), "must not be 0"))
    faults.extend(
        Fault(container.at("securityContext.runAsUser"), "must not be 0", container.name)
        for container in workload.containers()
        if container.security.run_as_user == 0
    )
    return faults


CHECK = Check(
    "runAsUser",
    Level.RESTRICTED,
    "user 0 asked for",
    (Revision(23, run_as_user), Revision(35, run_as_user, in_user_namespace)),
)
