"""Rights bound to system:masters.

What: a binding names the group `system:masters`.
Why: the group may do anything anyway, past all bindings; naming it suggests that removing the binding takes something away.
Severity: medium, because it misleads whoever reviews access.
Fix: remove the binding; take people out of the group by new credentials.
Limits: the built-in binding is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import BUILT_IN
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/masters-binding",
    on=(RoleBinding, ClusterRoleBinding),
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.7"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.004"),
    ),
)
def masters_binding(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    if BUILT_IN in binding.labels:
        return
    for index, subject in enumerate(binding.subjects):
        if subject.kind == "Group" and subject.name == "system:masters":
            yield Hit(f"subjects[{index}]")
