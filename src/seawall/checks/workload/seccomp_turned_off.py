"""System calls unfiltered.

What: a pod or container asks for the seccomp profile Unconfined.
Why: every system call of the kernel is open to the program; most kernel exploits need one that the default profile blocks.
Severity: medium, because a layer that costs nothing is switched off.
Fix: name `RuntimeDefault`, or a profile of your own.
Automatic: unsafe, because somebody turned it off: the program may need the calls that the profile refuses.
Limits: does not judge a Localhost profile's content.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("seccompProfile_baseline")


@check(
    "workload/seccomp-turned-off",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.baseline("seccompProfile_baseline"),
        CIS("1.8..1.10", "5.7.2"),
        CIS("1.11..1.12", "5.6.2"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1562.001"),
    ),
)
def seccomp_turned_off(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
