"""Unsafe kernel setting.

What: the pod sets a kernel parameter outside the safe set.
Why: such parameters are not kept apart from other pods, or affect the node's stability.
Severity: medium, because it may weaken or stall neighbours.
Fix: remove the sysctl, or set it on nodes made for such pods.
Limits: nodes refuse it unless their kubelet allows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP, PSS

_faults = faults_of("sysctls")


@check(
    "workload/unsafe-sysctl",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.baseline("sysctls"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def unsafe_sysctl(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
