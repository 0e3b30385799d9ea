"""Kubelet with known vulnerabilities.

What: a node's kubelet has vulnerabilities that a later patch of Kubernetes mends.
Why: how to use them is public, and most need no more than a pod on the node.
Severity: high, because they lead from a pod to its node; a node takes that of its worst.
Fix: upgrade the node to the patch that is named, or a later one.
Limits: as `lifecycle/vulnerable-control-plane`; only where nodes are in scope. Those that need Windows are named on Windows nodes alone.
References: https://kubernetes.io/docs/reference/issues-security/official-cve-feed/
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._vulnerabilities import known, stale
from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.version import parse_version
from seawall.spi.check import HIGH, Context, Hit, Unknown, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP

PATH = "status.nodeInfo.kubeletVersion"


@check(
    "lifecycle/vulnerable-kubelet",
    on=Node,
    severity=HIGH,
    since="0.1",
    maps=(NSA("upgrading"), OWASP("K07"), ATTACK("T1611")),
)
def vulnerable_kubelet(node: Node, context: Context) -> Iterator[Hit | Unknown]:
    facts = node.status.node_info
    version = parse_version(facts.kubelet_version)
    if version is None:
        yield Unknown(PATH, "the version of the kubelet is not known")
        return
    found = [
        one
        for one in known().vulnerability
        if one.component == "kubelet" and one.os in ("", facts.operating_system) and one.affects(version)
    ]
    if found:
        worst = max((one.severity for one in found), key=lambda one: one.rank)
        yield Hit(PATH, f"kubelet {version} has " + "; ".join(one.told for one in found), severity=worst)
    if why := stale(context.at):
        yield Unknown(PATH, why)
