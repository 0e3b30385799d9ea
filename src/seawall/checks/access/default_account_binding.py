"""Rights for a default service account.

What: a binding names the `default` service account of a namespace.
Why: every pod that names no account of its own gets these rights.
Severity: medium, because it is wider than meant.
Fix: make an account for the workload.
Limits: accounts of other names may be shared as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/default-account-binding",
    on=(RoleBinding, ClusterRoleBinding),
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.5"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.001"),
    ),
)
def default_account_binding(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    for index, subject in enumerate(binding.subjects):
        if subject.kind == "ServiceAccount" and subject.name == "default":
            yield Hit(
                f"subjects[{index}]", message=f"{binding.role_ref.kind} {binding.role_ref.name}", key=subject.namespace
            )
