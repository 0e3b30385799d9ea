"""Kubelet too far from its API server.

What: a node's kubelet is newer than the API server, or older by more minors than Kubernetes supports (three since 1.28, two before).
Why: outside of that range nobody tests the pair: fields that protect a pod may be dropped on the way without a word.
Severity: medium, because most pods still run; what is dropped is not seen.
Fix: upgrade the control plane first, then the nodes, and let no node fall behind.
Limits: only where nodes are in scope; kube-proxy and the other control-plane components do not tell their versions through the API.
References: https://kubernetes.io/releases/version-skew-policy/
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.lifecycle._releases import running
from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.version import Minor, parse_version
from seawall.spi.check import MEDIUM, Context, Hit, Unknown, check
from seawall.spi.frameworks import NSA, OWASP

PATH = "status.nodeInfo.kubeletVersion"


@check("lifecycle/skewed-kubelet", on=Node, severity=MEDIUM, since="0.1", maps=(NSA("upgrading"), OWASP("K07")))
def skewed_kubelet(node: Node, context: Context) -> Iterator[Hit | Unknown]:
    server, kubelet = running(context), parse_version(node.status.node_info.kubelet_version)
    if server is None or kubelet is None:
        yield Unknown(PATH, f"the version of the {'API server' if server is None else 'kubelet'} is not known")
        return
    allowed = 3 if server.minor >= Minor(1, 28) else 2
    behind = server.minor.minor - kubelet.minor.minor
    if behind < 0:
        yield Hit(PATH, f"kubelet {kubelet} is newer than the API server {server}")
    elif behind > allowed:
        yield Hit(PATH, f"kubelet {kubelet} is {behind} minors behind the API server {server}; {allowed} are supported")
