"""Volume outside the restricted set.

What: the pod mounts a volume of a type that the restricted standard leaves out.
Why: types such as nfs or iscsi reach storage past the cluster's own volumes and their access control.
Severity: low, because the reach depends on the server behind it.
Fix: use a persistent volume claim.
Limits: what lies behind a claim is not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP, PSS

_faults = faults_of("restrictedVolumes")


@check(
    "workload/restricted-volume-type",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        PSS.restricted("restrictedVolumes"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1530"),
    ),
)
def restricted_volume_type(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
