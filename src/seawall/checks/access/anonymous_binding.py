"""Rights for the anonymous.

What: a binding names `system:anonymous` or `system:unauthenticated`.
Why: whoever reaches the API server has these rights without a credential.
Severity: critical, because no credential is needed.
Fix: remove the subject; health and version endpoints have a role of their own.
Limits: the built-in binding for public information is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import BUILT_IN
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "access/anonymous-binding",
    on=(RoleBinding, ClusterRoleBinding),
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.1"),
        NSA("authn-authz"),
        OWASP("K09"),
        ATTACK("T1078"),
        MATRIX("MS-TA9003"),
    ),
)
def anonymous_binding(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    if BUILT_IN in binding.labels:
        return
    for index, subject in enumerate(binding.subjects):
        if subject.name in ("system:anonymous", "system:unauthenticated"):
            yield Hit(
                f"subjects[{index}]", message=f"{binding.role_ref.kind} {binding.role_ref.name}", key=subject.name
            )
