"""Load balancer open to every address.

What: a Service of type LoadBalancer says nothing about who may reach it.
Why: it is on the internet where the provider gives public addresses.
Severity: medium, because what it serves may be meant for everybody.
Fix: set `loadBalancerSourceRanges`, or mark it internal by the provider's annotation.
Limits: internal load balancers are known by the annotations of the large providers.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP

_INTERNAL = (
    "load-balancer-internal",
    "load-balancer-scheme",
    "load-balancer-type: Internal",
    "networking.gke.io/load-balancer-type",
)


@check(
    "service/open-load-balancer",
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
def open_load_balancer(service: Service, context: Context) -> Iterator[Hit]:
    if service.spec.type != "LoadBalancer" or service.spec.load_balancer_source_ranges:
        return
    if not any(
        marker in key and value.lower() not in ("false", "internet-facing")
        for key, value in service.metadata.annotations.items()
        for marker in _INTERNAL
    ):
        yield Hit("spec.loadBalancerSourceRanges")
