"""Rights for every authenticated identity.

What: a binding names `system:authenticated` or all service accounts.
Why: every pod of the cluster has these rights, and every user of every connected identity provider; on some clouds that is anybody with an account.
Severity: high, because the weakest workload has them.
Fix: bind a group of your own.
Limits: the built-in bindings are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import BUILT_IN
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/everybody-binding",
    on=(RoleBinding, ClusterRoleBinding),
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.1"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.004"),
    ),
)
def everybody_binding(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    if BUILT_IN in binding.labels:
        return
    for index, subject in enumerate(binding.subjects):
        if subject.kind == "Group" and subject.name in ("system:authenticated", "system:serviceaccounts"):
            yield Hit(
                f"subjects[{index}]", message=f"{binding.role_ref.kind} {binding.role_ref.name}", key=subject.name
            )
