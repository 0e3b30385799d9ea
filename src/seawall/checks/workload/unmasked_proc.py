"""Unmasked /proc.

What: a container asks for the whole of /proc.
Why: the masked parts show kernel memory, keys and the state of the machine, and some can be written.
Severity: high, because it reaches the kernel of the node.
Fix: remove `procMount`.
Automatic: unsafe, because a program that runs containers of its own fails.
Limits: does not see what a privileged container has anyway.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP, PSS

_faults = faults_of("procMount_restricted")


@check(
    "workload/unmasked-proc",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        PSS.restricted("procMount_restricted"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def unmasked_proc(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
