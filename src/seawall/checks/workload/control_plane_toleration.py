"""Control-plane nodes tolerated.

What: the pod tolerates the taint of control-plane nodes.
Why: it may run beside the API server and etcd, where every way out of the pod is the cluster.
Severity: medium, because it moves the pod next to what is worth most.
Fix: remove the toleration, or pin node agents by a narrow selector.
Limits: whether such nodes run pods at all depends on the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/control-plane-toleration",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1610"),
    ),
)
def control_plane_toleration(workload: Workload, context: Context) -> Iterator[Hit]:
    for index, toleration in enumerate(workload.pod.tolerations):
        if toleration.key in ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"):
            yield Hit(workload.at(f"tolerations[{index}]"), key=toleration.key)
