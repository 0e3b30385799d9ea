"""Role that creates bindings.

What: a role lets its subjects create or change role bindings.
Why: they give others, and other service accounts, every right that they hold, and whatever they may bind.
Severity: high, because it spreads rights past whoever keeps them.
Fix: give it to the tool that manages access alone.
Limits: what they may bind is limited to what they hold, unless `bind` is granted.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/binding-creation",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.1"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1098.006"),
    ),
)
def binding_creation(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create", "update", "patch"), "rbac.authorization.k8s.io", "rolebindings"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
