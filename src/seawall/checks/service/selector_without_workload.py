"""Service that selects nothing.

What: the selector of a Service matches no workload of its namespace.
Why: it answers nobody, and whoever may create a pod with those labels gets its traffic.
Severity: medium, because it is an outage, or a trap that waits.
Fix: make selector and labels agree, or remove the Service.
Limits: pods that something unknown makes are not in files; live clusters are judged by pods too.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import Labelled
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.selector import LabelSelector
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "service/selector-without-workload",
    on=Service,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def selector_without_workload(service: Service, context: Context) -> Iterator[Hit]:
    selector = service.spec.selector
    if not selector or service.spec.type == "ExternalName":
        return
    if not context.index(Labelled).picked(service.namespace, LabelSelector(selector)):
        yield Hit("spec.selector", message=",".join(f"{key}={value}" for key, value in sorted(selector.items())))
