"""Role that may escalate.

What: a role grants `escalate` on roles or cluster roles.
Why: it may write roles with more rights than its own, so it has all rights that a role can hold.
Severity: critical, because it is all rights of the namespace or the cluster.
Fix: take `escalate` away; controllers that need it are few.
Limits: rules that name roles are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/escalate-verb",
    on=(Role, ClusterRole),
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.8"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1098.006"),
        MATRIX("MS-TA9019"),
    ),
)
def escalate_verb(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("escalate",), "rbac.authorization.k8s.io", "roles"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
