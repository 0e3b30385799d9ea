"""Debug container left behind.

What: a pod has ephemeral containers.
Why: they stay until the pod goes, with whatever tools and rights they were given.
Severity: low, because they were made by somebody with the right to.
Fix: delete the pod; its controller makes a clean one.
Limits: one that has ended is still listed.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Position, Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/debug-container-left",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1609"),
    ),
)
def debug_container_left(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        if container.position is Position.EPHEMERAL:
            yield Hit(container.at(), message=container.name)
