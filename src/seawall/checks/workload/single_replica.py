"""Single replica.

What: a Deployment asks for one replica.
Why: a node that drains, an eviction or a bad rollout stops the service.
Severity: info, because it costs availability, and some programs must run alone.
Fix: ask for two or more, on different nodes.
Limits: an autoscaler may raise it; those are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import autoscaled
from seawall.model.cluster.workload import Workload
from seawall.model.cluster.workload_kinds import Deployment
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/single-replica",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def single_replica(workload: Workload, context: Context) -> Iterator[Hit]:
    thing = workload.object
    if not isinstance(thing, Deployment) or thing.spec.replicas not in (None, 1):
        return
    if (workload.namespace, thing.kind, workload.name) not in context.index(autoscaled):
        yield Hit("spec.replicas")
