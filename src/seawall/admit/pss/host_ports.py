"""hostPorts: no container takes a port of its node."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Change


def host_ports(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for container in workload.containers():
        for index, port in enumerate(container.container.ports):
            if port.host_port:
                path = container.at(f"ports[{index}].hostPort")
                faults.append(
                    Fault(path, f"must not be set, it is {port.host_port}", container.name, Change("unset", path))
                )
    return faults


CHECK = Check("hostPorts", Level.BASELINE, "host ports taken", (Revision(0, host_ports),))
