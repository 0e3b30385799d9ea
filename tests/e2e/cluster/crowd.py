"""A crowd of pods without a machine: written into the API server with the status that a kubelet would have reported.

Faster than kwok, and quiet: nothing changes but by the test. Nobody renews the nodes' leases, so where controllers run it
has five minutes until they take the pods away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.e2e.cluster import bulk
from tests.e2e.cluster.bulk import MERGE_PATCH, Change
from tests.e2e.cluster.control_plane import ControlPlane

PODS_OF_NAMESPACE, PODS_OF_WORKLOAD = 250, 10
READY = [{"type": kind, "status": "True"} for kind in ("Initialized", "PodScheduled", "ContainersReady", "Ready")]


def fill(control_plane: ControlPlane, *, nodes: int, pods: int, owned: bool, prefix: str = "crowd") -> list[str]:
    """Make nodes and running pods, spread over namespaces; returns the API paths of the pods.

    `owned`: ten pods to a Deployment and its ReplicaSet. Only where no controllers run: they would make pods of their own.
    """
    machines = [f"{prefix}-{number:04d}" for number in range(nodes)]
    bulk.create(control_plane, "/api/v1/nodes", [_node(name) for name in machines])
    spaces = [f"{prefix}-{number}" for number in range(-(-pods // PODS_OF_NAMESPACE))]
    bulk.create(control_plane, "/api/v1/namespaces", [{"metadata": {"name": name}} for name in spaces])
    bulk.send(
        control_plane,
        [
            Change("POST", f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
            for name in spaces
        ],
    )
    owners = _workloads(control_plane, spaces) if owned else {}
    made = [
        _pod(spaces, machines, number, owners.get((_space(spaces, number), _workload(number))))
        for number in range(pods)
    ]
    paths = [f"/api/v1/namespaces/{one['metadata']['namespace']}/pods" for one in made]
    bulk.send(control_plane, [Change("POST", path, one) for path, one in zip(paths, made, strict=True)])
    named = [f"{path}/{one['metadata']['name']}" for path, one in zip(paths, made, strict=True)]
    bulk.send(
        control_plane,
        [Change("PATCH", f"{path}/status", _running(number), MERGE_PATCH) for number, path in enumerate(named)],
    )
    return named


def _space(spaces: Sequence[str], number: int) -> str:
    return spaces[number // PODS_OF_NAMESPACE]


def _workload(number: int) -> str:
    return f"app-{number % PODS_OF_NAMESPACE // PODS_OF_WORKLOAD}"


def _workloads(control_plane: ControlPlane, spaces: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """The reference to each ReplicaSet, by namespace and workload."""
    wanted = [(space, f"app-{number}") for space in spaces for number in range(PODS_OF_NAMESPACE // PODS_OF_WORKLOAD)]

    def made(kind: str, owners: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
        path = "/apis/apps/v1/namespaces/{}/" + kind.lower() + "s"
        answers = bulk.send(
            control_plane,
            [
                Change("POST", path.format(space), _controller(kind, name, owner))
                for (space, name), owner in zip(wanted, owners, strict=True)
            ],
        )
        return [
            {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": answer["metadata"]["uid"], "controller": True}
            for (_, name), answer in zip(wanted, answers, strict=True)
        ]

    deployments = made("Deployment", [None] * len(wanted))
    return dict(zip(wanted, made("ReplicaSet", deployments), strict=True))


def _controller(kind: str, name: str, owner: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "ownerReferences": [owner] if owner else []},
        "spec": {
            "replicas": PODS_OF_WORKLOAD,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": _spec()},
        },
    }


def _spec() -> dict[str, Any]:
    return {
        "containers": [
            {
                "name": "main",
                "image": "registry.test/app:1.0",
                "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "MODE", "value": "production"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            }
        ]
    }


def _pod(spaces: Sequence[str], machines: Sequence[str], number: int, owner: dict[str, Any] | None) -> dict[str, Any]:
    name = _workload(number)
    return {
        "metadata": {
            "name": f"{name}-{number:05d}",
            "namespace": _space(spaces, number),
            "labels": {"app": name, "team": f"team-{number % 7}"},
            "ownerReferences": [owner] if owner else [],
        },
        "spec": {**_spec(), "nodeName": machines[number % len(machines)]},
    }


def _running(number: int) -> dict[str, Any]:
    address = f"10.{128 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    container = {
        "name": "main",
        "image": "registry.test/app:1.0",
        "imageID": "registry.test/app@sha256:" + "0" * 64,
        "ready": True,
        "restartCount": 0,
        "state": state,
    }
    return {
        "status": {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": READY,
            "containerStatuses": [container],
        }
    }


def _node(name: str) -> dict[str, Any]:
    size = {"cpu": "32", "memory": "256Gi", "pods": "110"}
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": size, "capacity": size, "conditions": [{"type": "Ready", "status": "True"}]},
    }
