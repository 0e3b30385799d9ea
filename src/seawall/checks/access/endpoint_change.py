"""Role that changes endpoints.

What: a role lets its subjects change endpoint slices.
Why: they send the traffic of a Service to an address of their choice, past network policy that knows pods by label.
Severity: medium, because it intercepts what others send.
Fix: leave it to the control plane.
Limits: Services without a selector are meant for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/endpoint-change",
    on=(Role, ClusterRole),
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K05"),
        ATTACK("T1557"),
    ),
)
def endpoint_change(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create", "update", "patch"), "discovery.k8s.io", "endpointslices"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
