"""Rights for an account of another namespace.

What: a role binding names a service account of another namespace.
Why: whoever may create pods there has these rights here.
Severity: low, because it is meant at times: ingress controllers, monitoring.
Fix: keep workload and rights in one namespace, or say why.
Limits: cluster-wide bindings are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.access_kinds import RoleBinding
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/account-of-another-namespace",
    on=RoleBinding,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1078.004"),
    ),
)
def account_of_another_namespace(binding: RoleBinding, context: Context) -> Iterator[Hit]:
    for index, subject in enumerate(binding.subjects):
        if subject.kind == "ServiceAccount" and subject.namespace and subject.namespace != binding.namespace:
            yield Hit(
                f"subjects[{index}]",
                message=f"{subject.namespace}/{subject.name}",
                key=f"{subject.namespace}/{subject.name}",
            )
