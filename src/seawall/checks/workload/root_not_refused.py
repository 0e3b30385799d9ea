"""Root not refused.

What: a container may run as root: neither it nor its pod sets `runAsNonRoot: true`.
Why: root in the container is root on the node as soon as anything lets it out, and ignores file permissions inside.
Severity: medium, because it makes every other weakness worse.
Fix: set `runAsNonRoot: true` and give the image a user.
Automatic: safe where a user other than root is set, because it is what runs today; unsafe where the image decides, because one that starts as root is not started. None where root is set.
Limits: the image's own user is not read here: it may run as another user already.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("runAsNonRoot")


@check(
    "workload/root-not-refused",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.restricted("runAsNonRoot"),
        CIS("1.8..1.12", "5.2.7"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def root_not_refused(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
