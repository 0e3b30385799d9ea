"""Ingress to a Service that is not there.

What: an Ingress leads to a Service that does not exist in its namespace.
Why: it answers with an error, and whoever may create a Service of that name gets its traffic.
Severity: medium, because it is an outage, or a trap that waits.
Fix: make the Service or remove the path.
Limits: in files only namespaces that hold at least one Service are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import services_by_namespace
from seawall.checks.ingress._backends import backends
from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "ingress/missing-service",
    on=Ingress,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def missing_service(ingress: Ingress, context: Context) -> Iterator[Hit]:
    known = {service.name for service in context.index(services_by_namespace).get(ingress.namespace, ())}
    if not known and not context.cluster.scope.runtime:
        return
    for path, name in backends(ingress):
        if name not in known:
            yield Hit(path, message=name, key=name)
