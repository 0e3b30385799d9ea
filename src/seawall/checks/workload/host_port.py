"""Host port taken.

What: a container asks for a port of its node.
Why: the port is open on the node's addresses, past Services and often past network policy, and only one such pod fits on a node.
Severity: medium, because it exposes the program more widely than a Service would.
Fix: remove `hostPort` and use a Service; for node agents, firewall the port.
Automatic: unsafe, because whoever comes by the node's port does not reach the pod any more.
Limits: `hostNetwork` opens every port the program listens on; `workload/host-namespace` names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("hostPorts")


@check(
    "workload/host-port",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.baseline("hostPorts"),
        CIS("1.8..1.11", "5.2.13"),
        CIS("1.12", "5.2.12"),
        NSA("network"),
        OWASP("K06"),
        ATTACK("T1133"),
    ),
)
def host_port(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
