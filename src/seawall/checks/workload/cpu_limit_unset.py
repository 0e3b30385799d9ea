"""No CPU limit.

What: a container sets no CPU limit.
Why: a program that spins, or a miner, takes all spare cycles of its node.
Severity: info, because requests already protect neighbours; whether to cap as well is a choice of the team.
Fix: set `resources.limits.cpu` where spare cycles must not be used.
Limits: many teams leave it out on purpose, for limits throttle.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/cpu-limit-unset",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1496"),
    ),
)
def cpu_limit_unset(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.running_containers():
        if "cpu" not in container.container.resources.limits:
            yield Hit(container.at("resources.limits.cpu"))
