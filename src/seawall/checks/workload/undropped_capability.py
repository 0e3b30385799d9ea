"""Capabilities not dropped.

What: a container does not drop ALL capabilities, or adds others than NET_BIND_SERVICE.
Why: the default set allows to forge packets, change file owners and bypass file permissions inside the container.
Severity: low, because the default set opens no way out by itself, but helps one.
Fix: set `capabilities.drop: [ALL]` and add back what the program needs.
Automatic: safe where the container runs as another user than root, refuses privilege escalation and adds none, because such a process has none; unsafe otherwise, because programs that start as root may need some.
Limits: cannot know which capabilities the program needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("capabilities_restricted")


@check(
    "workload/undropped-capability",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        PSS.restricted("capabilities_restricted"),
        CIS("1.8..1.12", "5.2.8"),
        CIS("1.8..1.11", "5.2.10"),
        CIS("1.12", "5.2.9"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1068"),
    ),
)
def undropped_capability(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
