"""Ingress for any host.

What: a rule of an Ingress names no host.
Why: it answers for every name that leads to the controller, another team's included.
Severity: low, because other rules win over it where they match.
Fix: name the host.
Limits: a default backend is `ingress/default-backend`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "ingress/any-host",
    on=Ingress,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1584.001"),
    ),
)
def any_host(ingress: Ingress, context: Context) -> Iterator[Hit]:
    for index, rule in enumerate(ingress.spec.rules):
        if not rule.get("host"):
            yield Hit(f"spec.rules[{index}].host")
