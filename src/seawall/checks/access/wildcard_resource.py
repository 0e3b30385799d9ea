"""Rule with a wildcard for resources.

What: a rule grants named verbs on every resource of a group.
Why: secrets are among them, and so is whatever is installed later.
Severity: medium, because reading everything is reading all secrets.
Fix: list the resources.
Limits: rules with wildcards for verbs too are `access/wildcard-rule`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/wildcard-resource",
    on=(Role, ClusterRole),
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.3"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.004"),
    ),
)
def wildcard_resource(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if "*" in rule.resources and "*" not in rule.verbs:
            yield Hit(
                f"rules[{index}].resources",
                message=", ".join(rule.verbs),
                key=",".join((*rule.api_groups, *rule.verbs)),
            )
