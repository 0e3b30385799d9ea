"""Root asked for.

What: a pod or container sets `runAsUser: 0`.
Why: root in the container is root on the node as soon as anything lets it out.
Severity: medium, because it makes every other weakness worse.
Fix: choose another user.
Limits: an image that runs as root without being asked is another matter: `workload/root-not-refused`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP, PSS

_faults = faults_of("runAsUser")


@check(
    "workload/root-user",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        PSS.restricted("runAsUser"),
        CIS("1.8..1.12", "5.2.7"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def root_user(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
