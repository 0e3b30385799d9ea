"""Workload without egress isolation.

What: no policy isolates the workload's pods from egress, so that they reach any pod and any address.
Why: a captured pod fetches tools, reports home and scans the cluster.
Severity: low, because it takes a foothold first, and most clusters begin so.
Fix: a default deny in the namespace, then what the workload needs: DNS, its own services, named addresses.
Limits: a firewall outside the cluster is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies, untold
from seawall.model.cluster.workload import Workload
from seawall.policy.model import Direction
from seawall.spi.check import LOW, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "network/open-egress",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(CIS("1.8..1.12", "5.3.2"), NSA("network"), OWASP("K05"), ATTACK("T1041")),
)
def open_egress(workload: Workload, context: Context) -> Iterator[Hit | Unknown]:
    for trace in context.index(Policies).worst(workload, Direction.EGRESS):
        if trace.allowed:
            yield Hit(workload.at_metadata("labels"), "it may connect to any pod of the cluster")
        elif untold(trace):
            yield Unknown(workload.at_metadata("labels"), trace.reason)
        return
