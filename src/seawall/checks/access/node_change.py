"""Role that changes nodes.

What: a role lets its subjects change nodes.
Why: they move pods by taints and labels onto a node of their choice, and change the addresses that others trust.
Severity: high, because it steers secrets to a node that may be lost already.
Fix: leave it to the control plane.
Limits: `nodes/status` is as strong and is counted by the next wider rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/node-change",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1565"),
    ),
)
def node_change(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("update", "patch"), "", "nodes"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
