"""Role that runs commands in pods.

What: a role lets its subjects exec into or attach to pods.
Why: they act as the program: with its secrets, its network and its service account.
Severity: high, because it is each workload of the namespace.
Fix: give it for a time, to people, in one namespace.
Limits: the kubelet's own API opens the same with `nodes/proxy`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


@check(
    "access/exec-into-pods",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1609"),
        MATRIX("MS-TA9006"),
    ),
)
def exec_into_pods(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("create", "get"), "", "pods/exec"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
