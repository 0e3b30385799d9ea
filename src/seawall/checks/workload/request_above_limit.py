"""Request above limit.

What: a container requests more of a resource than its limit allows.
Why: the API server refuses such a pod, so the workload does not start.
Severity: high, because it is an outage at the next rollout.
Fix: lower the request or raise the limit.
Limits: extended resources are compared like the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from seawall.model.cluster import quantity
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


def _amount(text: int | float | str) -> Fraction:
    """The amount, or 0 for what is no quantity."""
    try:
        return quantity.parse(text)
    except ValueError:
        return Fraction(0)


@check(
    "workload/request-above-limit",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def request_above_limit(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        resources = container.container.resources
        for name, wanted in resources.requests.items():
            if name in resources.limits and _amount(wanted) > _amount(resources.limits[name]):
                yield Hit(
                    container.at(f"resources.requests.{name}"),
                    message=f"{wanted} of {name} is more than the limit {resources.limits[name]}",
                )
