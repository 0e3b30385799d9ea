"""Bound to cluster-admin.

What: a binding gives somebody the role `cluster-admin`.
Why: they may do anything, in the cluster or, by a role binding, in the namespace.
Severity: critical, because one stolen credential is the whole cluster.
Fix: bind a role with what is used; keep cluster-admin for breaking glass.
Limits: the binding of `system:masters` that every cluster has is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import BUILT_IN
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/cluster-admin-binding",
    on=(RoleBinding, ClusterRoleBinding),
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.1"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.004"),
        MATRIX("MS-TA9019"),
    ),
)
def cluster_admin_binding(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    if (
        binding.role_ref.name == "cluster-admin"
        and binding.role_ref.kind == "ClusterRole"
        and BUILT_IN not in binding.labels
    ):
        for index, subject in enumerate(binding.subjects):
            yield Hit(
                f"subjects[{index}]",
                message=f"{subject.kind} {subject.name}",
                key=f"{subject.kind}/{subject.namespace}/{subject.name}",
            )
