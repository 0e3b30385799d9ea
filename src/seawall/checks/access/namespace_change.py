"""Role that changes namespaces.

What: a role lets its subjects update or patch namespaces.
Why: they take the Pod Security labels off, or put labels on that policies and webhooks select by.
Severity: medium, because it switches guards off for what comes next.
Fix: give it to the tool that manages namespaces alone.
Limits: who may create namespaces chooses their labels too.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/namespace-change",
    on=(Role, ClusterRole),
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def namespace_change(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("update", "patch"), "", "namespaces"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
