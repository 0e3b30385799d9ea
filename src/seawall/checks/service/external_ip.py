"""Service with external IPs.

What: a Service lists `externalIPs`.
Why: every node takes traffic for those addresses, whoever they belong to, so whoever may write Services can intercept it (CVE-2020-8554).
Severity: high, because one Service can capture traffic of others and no network policy sees it.
Fix: use a LoadBalancer Service or a Gateway; refuse `externalIPs` at admission.
Automatic: unsafe, because nodes stop to take traffic for the addresses.
Limits: does not know which addresses are meant to be routed to the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import HIGH, Context, Hit, Unset, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "service/external-ip",
    on=Service,
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def external_ip(service: Service, context: Context) -> Iterator[Hit]:
    if service.spec.external_ips:
        yield Hit("spec.externalIPs", message=", ".join(service.spec.external_ips), fix=Unset())
