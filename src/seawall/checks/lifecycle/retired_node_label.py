"""Pod placed by a retired node label.

What: a selector, an affinity, a spread constraint or a toleration names a label or taint of nodes that Kubernetes has retired.
Why: nodes stop carrying it; the pod then fits no node, or a tainted node no longer keeps it away.
Severity: low, because it works for as long as nodes still carry both.
Fix: name the label that took over (`kubernetes.io/os`, `topology.kubernetes.io/zone`, `node-role.kubernetes.io/control-plane`).
Limits: labels of the project itself; clouds keep theirs.
References: https://kubernetes.io/docs/reference/labels-annotations-taints/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP

RETIRED = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}


@check("lifecycle/retired-node-label", on=Workload, severity=LOW, since="0.1", maps=(NSA("upgrading"), OWASP("K07")))
def retired_node_label(workload: Workload, context: Context) -> Iterator[Hit]:
    for path, key in _named(workload):
        if key in RETIRED:
            yield Hit(workload.at(path), f"{key} is retired: use {RETIRED[key]}", key=key)


def _named(workload: Workload) -> Iterator[tuple[str, str]]:
    """Path within the pod spec and key of everything that picks nodes."""
    pod = workload.pod
    for key in pod.node_selector:
        yield f"nodeSelector.{key}", key
    for index, constraint in enumerate(pod.topology_spread_constraints):
        yield f"topologySpreadConstraints[{index}].topologyKey", constraint.topology_key
    for index, toleration in enumerate(pod.tolerations):
        yield f"tolerations[{index}].key", toleration.key
    if pod.affinity is not None:
        yield from _keys("affinity", pod.affinity)


def _keys(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every `key` and `topologyKey` of an affinity, however deep. Those of pod labels are there too; none of them is called like a node's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("key", "topologyKey") and isinstance(inner, str):
                yield f"{path}.{name}", inner
            else:
                yield from _keys(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _keys(f"{path}[{index}]", inner)
