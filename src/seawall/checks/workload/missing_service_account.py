"""Service account that is not there.

What: a workload names a service account that does not exist.
Why: its pods are not made.
Severity: medium, because it is an outage at the next rollout.
Fix: make the account.
Limits: in files only namespaces that hold at least one account are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import accounts_by_name
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/missing-service-account",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        OWASP("K02"),
        ATTACK("T1499"),
    ),
)
def missing_service_account(workload: Workload, context: Context) -> Iterator[Hit]:
    accounts = context.index(accounts_by_name)
    if workload.account == "default" or (workload.namespace, workload.account) in accounts:
        return
    if context.cluster.scope.runtime or any(namespace == workload.namespace for namespace, _ in accounts):
        yield Hit(workload.at("serviceAccountName"), message=workload.account)
