"""System priority outside kube-system.

What: a pod outside `kube-system` runs with a system-critical priority class.
Why: it evicts other pods to make room, those that keep nodes alive included.
Severity: medium, because it lets one workload push out all others.
Fix: use a priority class of your own.
Limits: other classes may be as high; their value is not compared here.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/system-priority",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def system_priority(workload: Workload, context: Context) -> Iterator[Hit]:
    if (
        workload.pod.priority_class_name in ("system-cluster-critical", "system-node-critical")
        and workload.namespace != "kube-system"
    ):
        yield Hit(workload.at("priorityClassName"))
