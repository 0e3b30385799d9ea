"""Workload without ingress isolation.

What: no policy isolates the workload's pods from ingress, so that any pod of the cluster reaches every port.
Why: the first captured pod moves on to all that is not isolated.
Severity: medium, because it takes a foothold first.
Fix: a default deny in the namespace, and a policy for what the workload serves (`seawall policy generate`).
Limits: a policy that admits everybody on all ports counts as none; a service mesh may isolate above the network.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies, untold
from seawall.model.cluster.workload import Workload
from seawall.policy.model import Direction
from seawall.spi.check import MEDIUM, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP


@check(
    "network/open-ingress",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(CIS("1.8..1.12", "5.3.2"), NSA("network"), OWASP("K05"), ATTACK("T1210"), MATRIX("MS-TA9034")),
)
def open_ingress(workload: Workload, context: Context) -> Iterator[Hit | Unknown]:
    for trace in context.index(Policies).worst(workload, Direction.INGRESS):
        if trace.allowed:
            yield Hit(workload.at_metadata("labels"), "any pod of the cluster may connect")
        elif untold(trace):
            yield Unknown(workload.at_metadata("labels"), trace.reason)
        return
