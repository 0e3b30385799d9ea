"""Pod pinned to a node.

What: the pod names its node, past the scheduler.
Why: it goes where its writer wants, whatever taints, quotas of nodes and policies of the scheduler say.
Severity: low, because it is a way to reach a certain node.
Fix: remove `nodeName`; use a node selector.
Automatic: unsafe, because the pod may land where what it needs is not.
Limits: only templates and bare pods are looked at: the scheduler sets it on every pod.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.pod import Pod
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, Unset, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/pinned-to-node",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1610"),
    ),
)
def pinned_to_node(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.pod.node_name and not isinstance(workload.object, Pod):
        yield Hit(workload.at("nodeName"), fix=Unset())
