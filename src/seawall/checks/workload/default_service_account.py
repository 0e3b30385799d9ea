"""Default service account used.

What: the pod runs as the namespace's `default` service account.
Why: all pods that name none share it, so a right given to one is given to all, and audit entries cannot tell them apart.
Severity: low, because it makes every right wider than meant.
Fix: make a service account for the workload and name it.
Limits: an account of another name that several workloads share is not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "workload/default-service-account",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.5"),
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1528"),
    ),
)
def default_service_account(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.account == "default":
        yield Hit(workload.at("serviceAccountName"))
