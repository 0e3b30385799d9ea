"""Policies of equal priority that disagree.

What: two cluster-wide policies of one tier and one priority match common traffic and act differently.
Why: the API leaves to the dataplane which of them it asks first, so the outcome can change with an upgrade.
Severity: medium, because an intended deny may not hold.
Fix: give the policies different priorities.
Limits: only overlaps among the pods and addresses of the input are seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies, index_of
from seawall.model.cluster.network_kinds import AdminNetworkPolicy, ClusterNetworkPolicy
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check(
    "network/equal-priority-overlap",
    on=(ClusterNetworkPolicy, AdminNetworkPolicy),
    severity=MEDIUM,
    since="0.1",
    maps=(NSA("network"), OWASP("K05")),
)
def equal_priority_overlap(policy: ClusterNetworkPolicy | AdminNetworkPolicy, context: Context) -> Iterator[Hit]:
    for one in context.index(Policies).conflicts.get(policy.ref, ()):
        yield Hit(
            one.first.path,
            f"{one.second} acts otherwise at priority {one.priority:g}, for {one.subject}",
            key=f"{index_of(one.first.path)} {one.second}",
        )
