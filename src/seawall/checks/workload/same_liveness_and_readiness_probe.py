"""Liveness probe that repeats readiness.

What: a container asks the same question for liveness and readiness, with the same timing.
Why: what should only take it out of service restarts it instead, and under load everything restarts at once.
Severity: low, because it turns slowness into an outage.
Fix: give liveness a cheaper question or more patience.
Limits: two different paths may still do the same work.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/same-liveness-and-readiness-probe",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def same_liveness_and_readiness_probe(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        if (
            container.container.liveness_probe is not None
            and container.container.liveness_probe == container.container.readiness_probe
        ):
            yield Hit(container.at("livenessProbe"))
