"""Role that deletes events.

What: a role lets its subjects delete events.
Why: what happened can be wiped from where most people look first.
Severity: medium, because the audit log keeps it, where there is one.
Fix: leave it to the control plane.
Limits: events expire by themselves within hours.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


@check(
    "access/event-deletion",
    on=(Role, ClusterRole),
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("logging"),
        OWASP("K10"),
        ATTACK("T1070"),
        MATRIX("MS-TA9021"),
    ),
)
def event_deletion(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("delete", "deletecollection"), "", "events"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
