"""No readiness probe.

What: a container that offers a port has no readiness probe.
Why: Services send it requests before it can answer and while it cannot.
Severity: low, because it costs availability.
Fix: add a `readinessProbe` that succeeds once requests can be answered.
Limits: containers without a declared port may still serve one.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Position, Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-readiness-probe",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_readiness_probe(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.kind in ("Job", "CronJob", "PodTemplate"):
        return
    for container in workload.containers():
        if (
            container.position is Position.MAIN
            and container.container.ports
            and container.container.readiness_probe is None
        ):
            yield Hit(container.at("readinessProbe"))
