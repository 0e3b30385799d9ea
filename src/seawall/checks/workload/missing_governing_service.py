"""StatefulSet without its Service.

What: a StatefulSet names a Service that does not exist.
Why: its pods have no names in DNS.
Severity: low, because it costs availability.
Fix: make the headless Service.
Limits: in files only namespaces that hold at least one Service are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import services_by_namespace
from seawall.model.cluster.workload_kinds import StatefulSet
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-governing-service",
    on=StatefulSet,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1499"),
    ),
)
def missing_governing_service(stateful_set: StatefulSet, context: Context) -> Iterator[Hit]:
    known = {service.name for service in context.index(services_by_namespace).get(stateful_set.namespace, ())}
    if (
        stateful_set.spec.service_name
        and stateful_set.spec.service_name not in known
        and (known or context.cluster.scope.runtime)
    ):
        yield Hit("spec.serviceName", message=stateful_set.spec.service_name)
