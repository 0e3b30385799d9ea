"""Role that creates persistent volumes.

What: a role lets its subjects create persistent volumes.
Why: a volume of type hostPath is the node's disk for whoever may claim it, past Pod Security.
Severity: high, because it is the disk of a node.
Fix: leave it to provisioners.
Limits: a storage class may offer the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/persistent-volume-creation",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.9"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1611"),
    ),
)
def persistent_volume_creation(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create",), "", "persistentvolumes"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
