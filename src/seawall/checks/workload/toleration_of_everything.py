"""Toleration of every taint.

What: the pod tolerates all taints.
Why: it may be placed on control-plane nodes and on nodes that were set apart for others.
Severity: medium, because beside the control plane every way out of the pod is worth more.
Fix: tolerate the taints that are meant.
Limits: node agents do this on purpose; accept them with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/toleration-of-everything",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1610"),
    ),
)
def toleration_of_everything(workload: Workload, context: Context) -> Iterator[Hit]:
    for index, toleration in enumerate(workload.pod.tolerations):
        if toleration.operator == "Exists" and not toleration.key and toleration.effect in ("", "NoSchedule"):
            yield Hit(workload.at(f"tolerations[{index}]"))
