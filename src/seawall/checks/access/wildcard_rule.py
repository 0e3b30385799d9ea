"""Rule with wildcards for verbs and resources.

What: a rule of a Role or ClusterRole grants every verb on every resource.
Why: it grants what exists today and what any later installation adds, escalation and secrets included.
Severity: high, because whoever is bound to it administers the namespace or the cluster.
Fix: list the resources and verbs that are used; the audit log says which.
Limits: the built-in roles and those that are aggregated from others are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/wildcard-rule",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.3"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.004"),
        MATRIX("MS-TA9019"),
    ),
)
def wildcard_rule(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if "*" in rule.verbs and "*" in rule.resources:
            yield Hit(f"rules[{index}]", key=",".join(rule.api_groups))
