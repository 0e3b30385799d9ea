"""Autoscaler without a target.

What: an autoscaler names a workload that does not exist.
Why: nothing is scaled.
Severity: low, because it costs availability.
Fix: name the workload, or remove the autoscaler.
Limits: targets of kinds that Seawall does not read are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import workloads_by_namespace
from seawall.model.cluster.cluster_kinds import HorizontalPodAutoscaler
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-scale-target",
    on=HorizontalPodAutoscaler,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_scale_target(autoscaler: HorizontalPodAutoscaler, context: Context) -> Iterator[Hit]:
    target = autoscaler.spec.get("scaleTargetRef") or {}
    if not isinstance(target, dict) or target.get("kind") not in (
        "Deployment",
        "StatefulSet",
        "ReplicaSet",
        "ReplicationController",
    ):
        return
    here = context.index(workloads_by_namespace).get(autoscaler.namespace, ())
    if not any(workload.kind == target["kind"] and workload.name == target.get("name") for workload in here):
        yield Hit("spec.scaleTargetRef.name", message=f"{target['kind']} {target.get('name', '')}")
