"""procMount, procMount_restricted: /proc keeps its masks. Since v1.35 the baseline lets pods in a user namespace unmask it, restricted does not."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision, in_user_namespace
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change


def proc_mount(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        mount = container.security.proc_mount
        if mount is not None and mount != "Default":
            path = container.at("securityContext.procMount")
            faults.append(Fault(path, f'must be Default, not "{mount}"', container.name, Change("unset", path)))
    return faults


CHECKS = (
    Check(
        "procMount",
        Level.BASELINE,
        "/proc unmasked",
        (Revision(0, proc_mount), Revision(35, proc_mount, in_user_namespace)),
    ),
    Check(
        "procMount_restricted",
        Level.RESTRICTED,
        "/proc unmasked",
        (Revision(35, proc_mount, overrides=("procMount",)),),
    ),
)
