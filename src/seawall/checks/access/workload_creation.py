"""Role that creates pods.

What: a role lets its subjects create pods or what makes pods.
Why: a pod may mount any secret and run as any service account of the namespace, and unless admission stops it, own its node.
Severity: medium, because it is every right of the namespace's accounts, and more without Pod Security.
Fix: give it to deployers alone, and enforce the Pod Security Standards.
Limits: the built-in roles are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/workload-creation",
    on=(Role, ClusterRole),
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.4"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1610"),
        MATRIX("MS-TA9008"),
    ),
)
def workload_creation(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create",), "", "pods"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
