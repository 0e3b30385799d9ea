"""windowsHostProcess: no Windows container runs as a process of its node."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change

_FIELD = "securityContext.windowsOptions.hostProcess"


def windows_host_process(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    options = workload.pod.security.windows_options
    if options is not None and options.host_process:
        faults.append(_fault(workload.at(_FIELD), ""))
    for container in workload.containers():
        options = container.security.windows_options
        if options is not None and options.host_process:
            faults.append(_fault(container.at(_FIELD), container.name))
    return faults


def _fault(path: str, container: str) -> Fault:
    return Fault(path, "must not be true", container, Change("unset", path))


CHECK = Check("windowsHostProcess", Level.BASELINE, "Windows host processes", (Revision(0, windows_host_process),))
