"""Block of addresses that covers pods.

What: an `ipBlock` takes in addresses of pods, and not simply every address.
Why: whether a block matches a pod is the dataplane's choice: cyclonus and Calico match, Cilium does not, so the policy means two things.
Severity: low, because it fails where the cluster moves to another dataplane.
Fix: select pods by their labels; keep blocks for the outside, with the pod range in `except`.
Limits: sees addresses that pods have now and the ranges of nodes, where the source knows them.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies, index_of
from seawall.kit.prefixes import EVERY_ADDRESS, PrefixSet, prefix
from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.lower import nets_of
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("network/block-of-pods", on=NetworkPolicy, severity=LOW, since="0.1", maps=(NSA("network"), OWASP("K05")))
def block_of_pods(policy: NetworkPolicy, context: Context) -> Iterator[Hit]:
    policies = context.index(Policies)
    ranges = context.index(pod_ranges)
    for rule in policies.rules(policy):
        for net in nets_of(rule.peer):
            if (net.prefixes.v4 in (EVERY_ADDRESS.v4,)) or (net.prefixes.v6 in (EVERY_ADDRESS.v6,)):
                continue
            hit = next((pod for pod in policies.meant(net) if pod.addresses), None)
            if hit is not None or net.prefixes & ranges:
                whom = f"{hit} has an address in it" if hit is not None else "it meets the pod range of a node"
                yield Hit(rule.ref.path, f"{net.prefixes}: {whom}", key=f"{index_of(rule.ref.path)} {net.prefixes}")


def pod_ranges(cluster: Cluster) -> PrefixSet:
    """The ranges that nodes give to their pods."""
    found = []
    for node in cluster.known(Node):
        for text in node.spec.pod_cidrs or ((node.spec.pod_cidr,) if node.spec.pod_cidr else ()):
            try:
                found.append(prefix(text))
            except ValueError:
                continue
    return PrefixSet.of(found)
