"""No liveness probe.

What: a long-running container has no liveness probe.
Why: a program that hangs keeps running and is never restarted.
Severity: info, because it costs availability, and a bad probe costs more than none.
Fix: add a `livenessProbe` that fails only when a restart helps.
Limits: jobs end by themselves and are left out; a program that exits when it is broken needs none.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Position, Workload
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-liveness-probe",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def missing_liveness_probe(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.kind in ("Job", "CronJob", "PodTemplate"):
        return
    for container in workload.containers():
        if container.position is Position.MAIN and container.container.liveness_probe is None:
            yield Hit(container.at("livenessProbe"))
