"""Host path mounted.

What: the pod mounts a directory of its node.
Why: through it the pod reads and, unless mounted read-only, changes the node: kubelet credentials, other pods' volumes, the container runtime.
Severity: high, because most paths lead to the node or to other pods sooner or later.
Fix: use a persistent volume, a config map or an `emptyDir`; where a node agent needs the path, mount that path alone, read-only.
Limits: does not judge which paths are harmless; `workload/sensitive-host-path` names the worst.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.workload._pod_security import faults_of
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP, PSS

_faults = faults_of("hostPathVolumes")


@check(
    "workload/host-path-volume",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        PSS.baseline("hostPathVolumes"),
        CIS("1.8..1.11", "5.2.12"),
        CIS("1.12", "5.2.11"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
        MATRIX("MS-TA9013"),
    ),
)
def host_path_volume(workload: Workload, context: Context) -> Iterator[Hit]:
    return _faults(workload)
