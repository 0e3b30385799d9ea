"""Role that reaches kubelets.

What: a role grants `nodes/proxy`.
Why: it opens the kubelet's own API: run commands in any pod of any node, past admission and without audit of what was run.
Severity: critical, because it is every pod of the cluster.
Fix: take it away; metrics have resources of their own.
Limits: `get` alone suffices for exec over websockets.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/node-proxy",
    on=(Role, ClusterRole),
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.10"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1609"),
    ),
)
def node_proxy(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("get", "create"), "", "nodes/proxy"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
