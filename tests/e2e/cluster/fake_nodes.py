"""Nodes without a machine, for scale: kwok answers for them and says that every pod on them runs.

What they show is what the API server shows; no container exists, so nothing can be executed, logged or reached.
"""

from __future__ import annotations

from typing import Any

from tests.e2e.cluster import bulk, network
from tests.e2e.cluster.build import program
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.processes import wait_for

LABEL = {"type": "kwok"}
CAPACITY = {"cpu": "32", "memory": "256Gi", "pods": "110"}
READY_SECONDS = 300.0


def add(control_plane: ControlPlane, count: int) -> list[str]:
    """Add that many fake nodes and return their names once all are ready. Ask once per control plane."""
    if "kwok" not in control_plane.daemons:
        control_plane.launch(
            "kwok",
            [
                str(program("kwok", control_plane.version)),
                f"--config={program('kwok-stages.yaml', control_plane.version)}",
                f"--kubeconfig={control_plane.inner_kubeconfig('admin')}",
                "--manage-nodes-with-label-selector=type=kwok",
                "--cidr=10.99.0.1/16",
                f"--node-ip={network.CONTROL_PLANE}",
                "--node-lease-duration-seconds=40",
            ],
        )
    names = [f"fake-{number:04d}" for number in range(count)]
    bulk.create(control_plane, "/api/v1/nodes", [_node(name, number) for number, name in enumerate(names)])
    wait_for(
        f"{count} fake nodes", lambda: _ready(control_plane) >= count, READY_SECONDS, [control_plane.daemons["kwok"]]
    )
    return names


def _node(name: str, number: int) -> dict[str, Any]:
    labels = {**LABEL, "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number % 3}"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "status": {"allocatable": CAPACITY, "capacity": CAPACITY},
    }


def _ready(control_plane: ControlPlane) -> int:
    nodes = control_plane.get("nodes", "--selector=type=kwok")["items"]
    return sum(
        any(
            condition["type"] == "Ready" and condition["status"] == "True" for condition in node["status"]["conditions"]
        )
        for node in nodes
        if "conditions" in node["status"]
    )
