"""Role that may bind any role.

What: a role grants `bind` on roles or cluster roles.
Why: it may bind itself to a role that it does not hold, cluster-admin included.
Severity: critical, because it is all rights of the namespace or the cluster.
Fix: take `bind` away; controllers that need it are few.
Limits: rules that name roles are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/bind-verb",
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
def bind_verb(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("bind",), "rbac.authorization.k8s.io", "clusterroles"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
