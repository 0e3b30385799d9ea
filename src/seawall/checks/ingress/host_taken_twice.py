"""Host that two namespaces claim.

What: two Ingresses of different namespaces take the same host and path.
Why: which of them answers depends on the controller; one team may take another's traffic.
Severity: high, because it intercepts what was meant for others.
Fix: give each host one owner, by admission.
Limits: paths are compared as written; prefixes that cover one another are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.ingress._backends import claimed_hosts, paths_of
from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "ingress/host-taken-twice",
    on=Ingress,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def host_taken_twice(ingress: Ingress, context: Context) -> Iterator[Hit]:
    claims = context.index(claimed_hosts)
    for index, rule in enumerate(ingress.spec.rules):
        host = str(rule.get("host") or "")
        for path in paths_of(rule):
            others = claims[host, path] - {ingress.namespace}
            if host and others:
                yield Hit(
                    f"spec.rules[{index}].host",
                    message=f"{host}{path} is also claimed in {', '.join(sorted(others))}",
                    key=f"{host}{path}",
                )
