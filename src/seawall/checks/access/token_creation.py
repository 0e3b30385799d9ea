"""Role that creates service account tokens.

What: a role lets its subjects create tokens for service accounts.
Why: they become any service account in reach, without a trace in the pods.
Severity: high, because it is every right of those accounts.
Fix: name the accounts in `resourceNames`.
Limits: rules that name accounts are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/token-creation",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.13"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1528"),
        MATRIX("MS-TA9016"),
    ),
)
def token_creation(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create",), "", "serviceaccounts/token"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
