"""Windows host process.

What: a Windows pod or container runs as a process of the host.
Why: it is a program on the node with the node's rights.
Severity: high, because there is no container around it.
Fix: remove `hostProcess`; node agents that need it belong into a namespace of their own.
Automatic: unsafe, because a program that works on the node can not do so any more.
Limits: only what the pod asks for is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("windowsHostProcess")


@check(
    "workload/windows-host-process",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        PSS.baseline("windowsHostProcess"),
        CIS("1.8..1.11", "5.2.11"),
        CIS("1.12", "5.2.10"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def windows_host_process(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
