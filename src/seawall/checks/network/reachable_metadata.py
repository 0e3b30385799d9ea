"""Isolated workload that reaches the metadata service.

What: a policy isolates the workload's egress, and still lets it reach 169.254.169.254, where clouds hand out their nodes' credentials.
Why: a server-side request forgery or a captured pod reads the node's role from there.
Severity: medium, because it hands cloud permissions to whoever controls a pod.
Fix: put 169.254.169.254/32 into the `except` of wide blocks, or deny it cluster-wide.
Limits: where egress is not isolated at all, network/open-egress says so; hop limits and IMDSv2 of the cloud are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import METADATA, METADATA_PORT, Policies, distinct
from seawall.model.cluster.workload import Workload
from seawall.policy.model import TCP, Direction, kind_of_traffic
from seawall.spi.check import MEDIUM, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


@check(
    "network/reachable-metadata",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(NSA("network"), OWASP("K05"), ATTACK("T1552.005"), MATRIX("MS-TA9033")),
)
def reachable_metadata(workload: Workload, context: Context) -> Iterator[Hit | Unknown]:
    policies = context.index(Policies)
    for pod in distinct(policies.pods(workload)):
        if not policies.isolated(pod, Direction.EGRESS):
            continue
        trace = policies.between(pod, METADATA, Direction.EGRESS, kind_of_traffic(TCP, METADATA_PORT))
        if trace.allowed:
            yield Hit(workload.at_metadata("labels"), trace.reason)
            return
        if trace.allowed is None:
            yield Unknown(workload.at_metadata("labels"), trace.reason)
            return
