"""hostNamespaces: the pod has its own network, process and IPC namespaces."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change


def host_namespaces(workload: Workload) -> list[Fault]:
    pod = workload.pod
    faults: list[Fault] = []
    for shared, field in ((pod.host_network, "hostNetwork"), (pod.host_pid, "hostPID"), (pod.host_ipc, "hostIPC")):
        if shared:
            path = workload.at(field)
            faults.append(Fault(path, "must not be true", fix=Change("unset", path)))
    return faults


CHECK = Check("hostNamespaces", Level.BASELINE, "host namespaces shared", (Revision(0, host_namespaces),))
