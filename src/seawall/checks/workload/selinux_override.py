"""SELinux label chosen.

What: a pod or container chooses an SELinux user or role, or a type outside the containers' own.
Why: the label decides which files and processes of the node and of other pods it may touch.
Severity: medium, because a wrong type removes the wall that SELinux puts up.
Fix: remove `seLinuxOptions.user` and `role`; choose a container type.
Automatic: unsafe, because the labels of its volumes may ask for the type or user.
Limits: nodes without SELinux enforce nothing whatever is set.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP, PSS

_faults = faults_of("seLinuxOptions")


@check(
    "workload/selinux-override",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.baseline("seLinuxOptions"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1562.001"),
    ),
)
def selinux_override(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
