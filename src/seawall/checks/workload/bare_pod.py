"""Pod without a controller.

What: a pod stands by itself: no controller made it.
Why: nothing starts it again when its node goes, and nothing rolls it out.
Severity: low, because it costs availability, and hand-made pods are where debugging tools stay behind.
Fix: make a Deployment, or a Job for what ends.
Limits: static pods belong to their node and carry its mark; they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.pod import Pod
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP

_MIRROR = "kubernetes.io/config.mirror"


@check(
    "workload/bare-pod",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1610"),
    ),
)
def bare_pod(workload: Workload, context: Context) -> Iterator[Hit]:
    if (
        isinstance(workload.object, Pod)
        and workload.owner == workload.ref
        and _MIRROR not in workload.object.metadata.annotations
    ):
        yield Hit("metadata.ownerReferences")
