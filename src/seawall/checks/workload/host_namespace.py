"""Host namespace shared.

What: the pod shares the network, the processes or the IPC of its node.
Why: with the node's network it reaches what listens on loopback and escapes network policy; with its processes it reads their environment and signals them.
Severity: high, because the wall between pod and node is gone for that namespace.
Fix: remove `hostNetwork`, `hostPID` and `hostIPC`; node agents that need one belong into a namespace of their own.
Automatic: unsafe, because a program that uses the node's namespace does not find it any more.
Limits: what the program does with the namespace is not visible here.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("hostNamespaces")


@check(
    "workload/host-namespace",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        PSS.baseline("hostNamespaces"),
        CIS("1.8..1.12", "5.2.3", "hostPID"),
        CIS("1.8..1.12", "5.2.4", "hostIPC"),
        CIS("1.8..1.12", "5.2.5", "hostNetwork"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def host_namespace(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
