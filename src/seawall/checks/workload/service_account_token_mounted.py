"""Service account token mounted.

What: the pod mounts its service account's token: neither it nor the account says `automountServiceAccountToken: false`.
Why: whoever reads a file in the container may speak to the API as the workload.
Severity: low, because what it opens depends on the account's rights; without bindings it is little.
Fix: set `automountServiceAccountToken: false` on the pod; mount a token with an audience where the program needs one.
Automatic: unsafe, because a program that speaks to the API loses its token.
Limits: cannot know whether the program speaks to the API.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import accounts_by_name
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "workload/service-account-token-mounted",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.6"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1528"),
        MATRIX("MS-TA9016"),
    ),
)
def service_account_token_mounted(workload: Workload, context: Context) -> Iterator[Hit]:
    wanted = workload.pod.automount_service_account_token
    if wanted is None:
        account = context.index(accounts_by_name).get((workload.namespace, workload.account))
        wanted = account.automount_service_account_token if account is not None else None
    if wanted is not False:
        yield Hit(workload.at("automountServiceAccountToken"), fix=Set(False))
