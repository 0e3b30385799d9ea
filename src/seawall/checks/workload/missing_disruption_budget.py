"""No disruption budget.

What: a Deployment or StatefulSet of several replicas has no PodDisruptionBudget.
Why: a drain of several nodes may take all replicas at once.
Severity: info, because it costs availability.
Fix: add a PodDisruptionBudget that selects its pods.
Limits: budgets are matched by their selector in the same namespace.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import budgets
from seawall.model.cluster.workload import Workload
from seawall.model.cluster.workload_kinds import Deployment, StatefulSet
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-disruption-budget",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_disruption_budget(workload: Workload, context: Context) -> Iterator[Hit]:
    thing = workload.object
    if not isinstance(thing, (Deployment, StatefulSet)) or (thing.spec.replicas or 1) < 2:
        return
    if not any(selector.matches(workload.labels) for selector in context.index(budgets).get(workload.namespace, ())):
        yield Hit("spec.replicas")
