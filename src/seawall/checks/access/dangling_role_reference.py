"""Binding to a role that is not there.

What: a binding names a role that does not exist.
Why: whoever may create a role of that name decides what its subjects may do.
Severity: low, because it needs the right to create roles.
Fix: remove the binding or make the role.
Limits: roles that every cluster has are taken to be there where files are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.access.rbac import is_default_role
from seawall.checks.access._rules import roles_by_name
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/dangling-role-reference",
    on=(RoleBinding, ClusterRoleBinding),
    severity=LOW,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1098"),
    ),
)
def dangling_role_reference(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    found = context.index(roles_by_name)
    wanted = (
        binding.namespace if binding.role_ref.kind == "Role" else "",
        binding.role_ref.kind,
        binding.role_ref.name,
    )
    if wanted not in found and not (
        binding.role_ref.kind == "ClusterRole"
        and is_default_role(binding.role_ref.name)
        and not context.cluster.scope.runtime
    ):
        yield Hit("roleRef.name", message=f"{binding.role_ref.kind} {binding.role_ref.name}")
