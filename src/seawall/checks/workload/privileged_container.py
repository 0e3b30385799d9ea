"""Privileged container.

What: a container runs with `privileged: true`.
Why: it sees every device of the node and can load kernel modules or mount the node's disk; whoever gets into it owns the node.
Severity: high, because one exploited process becomes the whole node and every pod on it.
Fix: remove `privileged`; grant the one capability or device that the program needs.
Automatic: unsafe, because a program that uses devices or the kernel's settings fails.
Limits: blind to what a runtime class or a device plugin adds.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP, PSS

_faults = faults_of("privileged")


@check(
    "workload/privileged-container",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        PSS.baseline("privileged"),
        CIS("1.8..1.12", "5.2.2"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
        MATRIX("MS-TA9018"),
    ),
)
def privileged_container(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
