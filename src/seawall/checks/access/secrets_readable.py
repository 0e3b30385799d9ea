"""Role that reads secrets.

What: a role lets its subjects get, list or watch secrets without naming which.
Why: every credential of the namespace, or of the cluster, is theirs; `list` alone shows the values.
Severity: medium, because what the secrets open decides how bad it is.
Fix: name the secrets in `resourceNames`, or mount them instead.
Limits: rules that name secrets are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/secrets-readable",
    on=(Role, ClusterRole),
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.2"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1552.007"),
        MATRIX("MS-TA9025"),
    ),
)
def secrets_readable(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("get", "list", "watch"), "", "secrets"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
