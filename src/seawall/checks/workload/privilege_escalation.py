"""Privilege escalation not refused.

What: a container does not set `allowPrivilegeEscalation: false`.
Why: a set-user-id program or one with file capabilities in the image then gives more rights than the container started with.
Severity: medium, because it undoes what running as another user and dropping capabilities gained.
Fix: set `allowPrivilegeEscalation: false`.
Automatic: safe where nothing is said of it, no capability is added and no port below 1024 is declared, because only programs that gain rights when they start (`sudo`, file capabilities) notice; unsafe otherwise, because the program may start others that gain rights (`sudo`, file capabilities). None for what the API server would refuse: privileged containers and `SYS_ADMIN`.
Limits: cannot see whether the image holds such programs.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("allowPrivilegeEscalation")


@check(
    "workload/privilege-escalation",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.restricted("allowPrivilegeEscalation"),
        CIS("1.8..1.12", "5.2.6"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1548"),
    ),
)
def privilege_escalation(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
