"""Service that is a name elsewhere.

What: a Service of type ExternalName sends its clients to a name outside.
Why: whoever owns that name gets the traffic and, with TLS by the wrong name, the credentials; ingress controllers may be led to reach inside.
Severity: medium, because it depends on who owns the name.
Fix: call the name itself, or fix the address in an EndpointSlice.
Limits: whether the name still belongs to somebody is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "service/external-name",
    on=Service,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1584"),
    ),
)
def external_name(service: Service, context: Context) -> Iterator[Hit]:
    if service.spec.type == "ExternalName":
        yield Hit("spec.externalName", message=service.spec.external_name)
