"""Service account that mounts its token everywhere.

What: a service account does not say `automountServiceAccountToken: false`.
Why: every pod that runs as it gets a token unless it says no.
Severity: info, because the account's rights decide.
Fix: say `automountServiceAccountToken: false` on the account and opt in where a token is used.
Automatic: unsafe, because pods of the account that speak to the API lose their token.
Limits: pods that say no are safe; `workload/service-account-token-mounted` looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.access_kinds import ServiceAccount
from seawall.spi.check import INFO, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/automounting-account",
    on=ServiceAccount,
    severity=INFO,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.6"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1528"),
    ),
)
def automounting_account(account: ServiceAccount, context: Context) -> Iterator[Hit]:
    if account.automount_service_account_token is not False:
        yield Hit("automountServiceAccountToken", fix=Set(False))
