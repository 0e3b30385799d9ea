"""Service links injected.

What: the pod gets environment variables about every Service of its namespace.
Why: it tells an intruder what is around, and old programs mistake a variable for their own.
Severity: info, because the same is found by DNS.
Fix: set `enableServiceLinks: false`.
Automatic: unsafe, because somebody asked for them: a program may read the variables.
Limits: none.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import INFO, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/service-links",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K05"),
        ATTACK("T1613"),
    ),
)
def service_links(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.pod.enable_service_links is True:
        yield Hit(workload.at("enableServiceLinks"), fix=Set(False))
