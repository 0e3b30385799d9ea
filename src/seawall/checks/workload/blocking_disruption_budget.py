"""Disruption budget that blocks every drain.

What: a PodDisruptionBudget allows no pod to be unavailable.
Why: nodes cannot be drained, so they are not patched, or somebody forces it.
Severity: low, because it delays security updates of nodes.
Fix: allow one pod to be unavailable.
Limits: a percentage that rounds to nothing for few replicas is not computed.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import PodDisruptionBudget
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/blocking-disruption-budget",
    on=PodDisruptionBudget,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K07"),
        ATTACK("T1499"),
    ),
)
def blocking_disruption_budget(budget: PodDisruptionBudget, context: Context) -> Iterator[Hit]:
    if budget.spec.get("maxUnavailable") in (0, "0", "0%") or budget.spec.get("minAvailable") == "100%":
        yield Hit("spec.maxUnavailable" if "maxUnavailable" in budget.spec else "spec.minAvailable")
