"""Replicas not kept apart.

What: a Deployment or StatefulSet of several replicas says nothing about spreading them.
Why: all of them may stand on one node and fall with it.
Severity: info, because the scheduler spreads somewhat by itself.
Fix: add `topologySpreadConstraints` or a pod anti-affinity.
Limits: cluster-wide defaults of the scheduler are not visible here.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.model.cluster.workload_kinds import Deployment, StatefulSet
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-spread",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_spread(workload: Workload, context: Context) -> Iterator[Hit]:
    thing = workload.object
    if not isinstance(thing, (Deployment, StatefulSet)) or (thing.spec.replicas or 1) < 2:
        return
    affinity = workload.pod.affinity or {}
    if not workload.pod.topology_spread_constraints and not affinity.get("podAntiAffinity"):
        yield Hit(workload.at("topologySpreadConstraints"))
