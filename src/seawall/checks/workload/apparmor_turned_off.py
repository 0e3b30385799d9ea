"""AppArmor turned off.

What: a pod or container asks to run without an AppArmor profile.
Why: the runtime's profile blocks mounts, raw access to /proc and /sys and tracing of other processes.
Severity: medium, because a layer that costs nothing is switched off.
Fix: remove the setting, or name the runtime's default or a profile of your own.
Automatic: unsafe, because the runtime's profile may refuse what the program does.
Limits: nodes without AppArmor enforce nothing whatever is set.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("appArmorProfile")


@check(
    "workload/apparmor-turned-off",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.baseline("appArmorProfile"),
        CIS("1.8..1.10", "5.7.3"),
        CIS("1.11..1.12", "5.6.3"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1562.001"),
    ),
)
def apparmor_turned_off(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
