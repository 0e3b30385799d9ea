"""Rule with a wildcard for verbs.

What: a rule grants every verb on named resources.
Why: verbs that nobody thinks of come with it: deletecollection, escalate, bind, impersonate.
Severity: medium, because it is wider than meant, on few resources.
Fix: list the verbs that are used.
Limits: rules with wildcards for resources too are `access/wildcard-rule`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/wildcard-verb",
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
def wildcard_verb(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if "*" in rule.verbs and rule.resources and "*" not in rule.resources:
            yield Hit(f"rules[{index}].verbs", message=", ".join(rule.resources), key=",".join(rule.resources))
