"""Rights for a service account that is not there.

What: a binding names a service account that does not exist.
Why: whoever may create an account of that name gets the rights.
Severity: low, because it needs the right to create accounts.
Fix: remove the subject or make the account.
Limits: the `default` account is always made.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import accounts_by_name
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/dangling-account",
    on=(RoleBinding, ClusterRoleBinding),
    severity=LOW,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1098"),
    ),
)
def dangling_account(binding: RoleBinding | ClusterRoleBinding, context: Context) -> Iterator[Hit]:
    accounts = context.index(accounts_by_name)
    for index, subject in enumerate(binding.subjects):
        if (
            subject.kind == "ServiceAccount"
            and subject.name != "default"
            and (subject.namespace, subject.name) not in accounts
        ):
            yield Hit(
                f"subjects[{index}]",
                message=f"{subject.namespace}/{subject.name}",
                key=f"{subject.namespace}/{subject.name}",
            )
