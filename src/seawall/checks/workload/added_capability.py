"""Capability added.

What: a container adds a capability outside the runtime's default set.
Why: capabilities such as SYS_ADMIN, SYS_PTRACE or NET_ADMIN are a good part of root on the node.
Severity: high, because several of them allow to leave the container.
Fix: remove what is not needed from `capabilities.add`; where one is, document it and keep the pod apart.
Automatic: unsafe, because somebody added it: the program may need it.
Limits: does not rank capabilities: NET_ADMIN in a pod of its own network is less than SYS_ADMIN.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("capabilities_baseline")


@check(
    "workload/added-capability",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        PSS.baseline("capabilities_baseline"),
        CIS("1.8..1.11", "5.2.9"),
        CIS("1.12", "5.2.9"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def added_capability(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
