"""No memory limit.

What: a container sets no memory limit.
Why: one leak takes the memory of the node, and the kernel kills whatever it likes there.
Severity: medium, because one fault stops neighbours that have nothing to do with it.
Fix: set `resources.limits.memory` to what the program needs at its peak.
Limits: a LimitRange may set it on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/memory-limit-unset",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def memory_limit_unset(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.running_containers():
        if "memory" not in container.container.resources.limits:
            yield Hit(container.at("resources.limits.memory"))
