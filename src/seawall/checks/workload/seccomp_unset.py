"""No seccomp profile.

What: a container runs without a seccomp profile, because none is set.
Why: clusters filter system calls only where a profile is asked for, unless the kubelet is told to default to one.
Severity: low, because a layer is missing that costs nothing.
Fix: set `seccompProfile.type: RuntimeDefault` on the pod.
Automatic: safe where nothing is said, because the runtime's profile leaves out only system calls for the kernel's own administration (mounting, modules, tracing the kernel), and is what containers get outside Kubernetes; unsafe where one is turned off, because the program may need those calls.
Limits: a kubelet with `seccompDefault` filters anyway; node facts show it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("seccompProfile_restricted")


@check(
    "workload/seccomp-unset",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        PSS.restricted("seccompProfile_restricted"),
        CIS("1.8..1.10", "5.7.2"),
        CIS("1.11..1.12", "5.6.2"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1068"),
    ),
)
def seccomp_unset(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
