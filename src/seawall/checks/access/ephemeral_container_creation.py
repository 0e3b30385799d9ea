"""Role that adds debug containers.

What: a role lets its subjects add ephemeral containers to pods.
Why: they put a program of their choice beside another, with its network and, if asked, its processes.
Severity: high, because it is each workload of the namespace.
Fix: give it for a time, to people, in one namespace.
Limits: admission judges the added container; without it, it may be privileged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/ephemeral-container-creation",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1609"),
    ),
)
def ephemeral_container_creation(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("update", "patch"), "", "pods/ephemeralcontainers"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
