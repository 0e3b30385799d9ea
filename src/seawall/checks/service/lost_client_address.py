"""Client addresses lost.

What: a Service open to the outside uses `externalTrafficPolicy: Cluster`.
Why: pods, logs and network policies see a node's address instead of the client's, so policies by address cannot work.
Severity: info, because it is the default, and keeps load even.
Fix: set `externalTrafficPolicy: Local` where client addresses matter.
Automatic: unsafe, because nodes without a pod of the Service drop its traffic.
Limits: a proxy in front may pass addresses in a header.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import INFO, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "service/lost-client-address",
    on=Service,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("logging"),
        OWASP("K10"),
        ATTACK("T1562"),
    ),
)
def lost_client_address(service: Service, context: Context) -> Iterator[Hit]:
    if service.spec.type in ("NodePort", "LoadBalancer") and service.spec.external_traffic_policy == "Cluster":
        yield Hit("spec.externalTrafficPolicy", fix=Set("Local"))
