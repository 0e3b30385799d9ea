"""Service on a node port.

What: a Service is open on a port of every node.
Why: whoever reaches a node reaches it, past the load balancer and its rules.
Severity: medium, because nodes are often reachable from more places than meant.
Fix: use ClusterIP behind an ingress or gateway, or firewall the port.
Limits: node ports of LoadBalancer Services are another check.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


@check(
    "service/node-port",
    on=Service,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K06"),
        ATTACK("T1133"),
        MATRIX("MS-TA9007"),
    ),
)
def node_port(service: Service, context: Context) -> Iterator[Hit]:
    if service.spec.type == "NodePort":
        yield Hit("spec.type")
