"""Role that forwards ports.

What: a role lets its subjects forward ports to pods.
Why: they reach what a pod serves to itself alone, past Services and network policy.
Severity: low, because it is one pod at a time, and logged.
Fix: give it for a time, to people.
Limits: `services/proxy` and `pods/proxy` do much the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/port-forwarding",
    on=(Role, ClusterRole),
    severity=LOW,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K02"),
        ATTACK("T1090"),
    ),
)
def port_forwarding(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create", "get"), "", "pods/portforward"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
