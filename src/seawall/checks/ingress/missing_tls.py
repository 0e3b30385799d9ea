"""Ingress without TLS.

What: a host of an Ingress has no TLS.
Why: passwords and cookies cross the network in the clear, and anybody on the way can change the page.
Severity: medium, because what is served may need no secrecy.
Fix: add the host to `spec.tls` with a certificate.
Limits: TLS may end before the cluster, at a load balancer.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "ingress/missing-tls",
    on=Ingress,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def missing_tls(ingress: Ingress, context: Context) -> Iterator[Hit]:
    covered = [host for entry in ingress.spec.tls for host in entry.hosts]
    if any(not entry.hosts for entry in ingress.spec.tls):
        return
    for index, rule in enumerate(ingress.spec.rules):
        host = str(rule.get("host") or "")
        wildcard = "*." + host.partition(".")[2]
        if host not in covered and wildcard not in covered:
            yield Hit(f"spec.rules[{index}].host", message=host or "every host", key=host)
