"""What the fixtures add to a control plane: custom resource definitions, and nodes without a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.e2e.cluster import crds
from tests.e2e.cluster.control_plane import ControlPlane

pytestmark = pytest.mark.control_plane

WRITTEN_BY_PEOPLE: list[dict[str, Any]] = [
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "spec": {
            "tier": "Admin",
            "priority": 10,
            "subject": {"namespaces": {}},
            "ingress": [{"name": "none", "action": "Deny", "from": [{"namespaces": {}}]}],
        },
    },
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "spec": {
            "priority": 10,
            "subject": {"namespaces": {}},
            "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
        },
    },
    {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "spec": {"gatewayClassName": "c", "listeners": [{"name": "l", "port": 80, "protocol": "HTTP"}]},
    },
    {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "spec": {"endpointSelector": {}, "ingress": [{"fromEndpoints": [{}]}]},
    },
    {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "GlobalNetworkPolicy",
        "spec": {"tier": "platform", "order": 10, "selector": "all()", "types": ["Ingress"]},
    },
    {"apiVersion": "crd.projectcalico.org/v1", "kind": "Tier", "spec": {"order": 5}},
    {
        "apiVersion": "projectcalico.org/v3",
        "kind": "StagedNetworkPolicy",
        "spec": {"tier": "platform", "selector": "all()", "stagedAction": "Set"},
    },
]
NAMESPACED = {"Gateway", "CiliumNetworkPolicy", "StagedNetworkPolicy"}


def contains(stored: Any, written: Any) -> bool:
    """Whether nothing that was written is lost; the API server may have added defaults."""
    if isinstance(written, dict):
        return all(key in stored and contains(stored[key], value) for key, value in written.items())
    if isinstance(written, list):
        return len(stored) == len(written) and all(map(contains, stored, written))
    return bool(stored == written)


@pytest.fixture(scope="module")
def extended(control_plane: ControlPlane) -> ControlPlane:
    crds.install(control_plane)
    return control_plane


@pytest.mark.parametrize("written", WRITTEN_BY_PEOPLE, ids=lambda written: f"{written['kind']}")
def test_a_policy_or_gateway_is_stored_as_written(
    extended: ControlPlane, namespace: str, written: dict[str, Any]
) -> None:
    metadata = {"name": namespace, **({"namespace": namespace} if written["kind"] in NAMESPACED else {})}
    extended.apply({**written, "metadata": metadata})
    group, version = written["apiVersion"].split("/")
    resource = f"{written['kind'].lower()}.{version}.{group}"
    where = ["-n", namespace] if written["kind"] in NAMESPACED else []
    stored = extended.get(resource, namespace, *where)
    assert contains(stored["spec"], written["spec"])
    extended.kubectl("delete", resource, namespace, *where)


def test_fake_nodes_run_pods(
    control_plane: ControlPlane, namespace: str, fake_nodes: Callable[[int], list[str]]
) -> None:
    names = fake_nodes(20)
    assert len(names) == 20
    control_plane.kubectl("create", "deployment", "many", "--image=none", "--replicas=40", "-n", namespace)
    control_plane.kubectl("rollout", "status", "deployment/many", "-n", namespace, "--timeout=60s")
    pods = control_plane.get("pods", "-n", namespace)["items"]
    assert len(pods) == 40
    assert {pod["spec"]["nodeName"] for pod in pods} <= set(names)
