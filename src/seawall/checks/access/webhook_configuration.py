"""Role that changes admission webhooks.

What: a role lets its subjects create or change admission webhooks.
Why: they see every object that is created, secrets included, and may change it on the way in, or switch a guard off.
Severity: critical, because it is the contents of the cluster.
Fix: give it to the installing tool alone.
Limits: rules that name configurations are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/webhook-configuration",
    on=(Role, ClusterRole),
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.12"),
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1556"),
        MATRIX("MS-TA9022"),
    ),
)
def webhook_configuration(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create", "update", "patch"), "admissionregistration.k8s.io", "mutatingwebhookconfigurations"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
