"""Role that may impersonate.

What: a role grants `impersonate` on users, groups or service accounts.
Why: it acts as anybody, members of system:masters included, where groups may be impersonated.
Severity: critical, because it is all rights of whoever is impersonated.
Fix: name whom in `resourceNames`.
Limits: rules that name users are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/impersonation",
    on=(Role, ClusterRole),
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.8"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1134"),
        MATRIX("MS-TA9019"),
    ),
)
def impersonation(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("impersonate",), "", "users"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
