"""Ingress for every subdomain.

What: an Ingress takes every subdomain of a name.
Why: names that nobody made lead to it, and cookies of the parent domain reach it.
Severity: low, because it is meant at times.
Fix: name the hosts.
Limits: a rule without a host is `ingress/any-host`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "ingress/wildcard-host",
    on=Ingress,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1584.001"),
    ),
)
def wildcard_host(ingress: Ingress, context: Context) -> Iterator[Hit]:
    for index, rule in enumerate(ingress.spec.rules):
        host = str(rule.get("host") or "")
        if host.startswith("*."):
            yield Hit(f"spec.rules[{index}].host", message=host, key=host)
