"""Policy enforced by programs of others, asked with packets: what `policy eval` is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.e2e.cluster import probe
from tests.e2e.cluster.enforcer import Enforcer, as_admin_policies
from tests.e2e.cluster.probe import Connection, ProbePod

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

NAMESPACES = {"shop": {"team": "red"}, "bank": {"team": "blue"}}
PODS = [
    ProbePod("shop", "web", {"app": "web"}, node="n1"),
    ProbePod("shop", "client", {"app": "client"}, node="n1"),
    ProbePod("shop", "far-client", {"app": "client"}, node="n2"),
    ProbePod("bank", "stranger", {"app": "client"}, node="n2"),
]
Matrix = Mapping[Connection, bool]


@pytest.fixture(scope="module", params=["kube_router", "kube_network_policies"])
def enforcer(request: pytest.FixtureRequest) -> Enforcer:
    """Each in turn, with the pods of this page running."""
    running: Enforcer = request.getfixturevalue(request.param)
    probe.start(running.cluster.control_plane, PODS, NAMESPACES)
    return running


def matrix(enforcer: Enforcer, *policies: dict[str, Any]) -> Matrix:
    enforcer.enforce(policies)
    return probe.probe_matrix(enforcer.cluster.control_plane, PODS)


def network_policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, **spec},
    }


def cluster_policy(tier: str, name: str, priority: int, *rules: dict[str, Any]) -> dict[str, Any]:
    subject = {"namespaces": {"matchLabels": {"team": "red"}}}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name},
        "spec": {"tier": tier, "priority": priority, "subject": subject, "ingress": list(rules)},
    }


def reached(found: Matrix, destination: str = "shop/web") -> set[tuple[str, str, int]]:
    return {
        (one.source, one.protocol, one.port)
        for one, answered in found.items()
        if answered and one.destination == destination
    }


EVERY_WAY = {(str(pod), port.protocol, port.number) for pod in PODS[1:] for port in PODS[0].ports}


def test_without_policy_everything_is_reached(enforcer: Enforcer) -> None:
    assert all(matrix(enforcer).values())


def test_default_deny_isolates_the_selected_pod_alone(enforcer: Enforcer) -> None:
    found = matrix(enforcer, network_policy("deny", policyTypes=["Ingress"]))
    assert reached(found) == set()
    assert all(answered for one, answered in found.items() if one.destination != "shop/web")


def test_allowed_by_pod_label_and_port_on_one_node_and_across(enforcer: Enforcer) -> None:
    peer = {"podSelector": {"matchLabels": {"app": "client"}}}
    found = matrix(enforcer, network_policy("allow", ingress=[{"from": [peer], "ports": [{"port": 80}]}]))
    assert reached(found) == {("shop/client", "TCP", 80), ("shop/far-client", "TCP", 80)}


def test_allowed_by_namespace_label(enforcer: Enforcer) -> None:
    peer = {"namespaceSelector": {"matchLabels": {"team": "blue"}}}
    found = matrix(enforcer, network_policy("allow", ingress=[{"from": [peer]}]))
    assert reached(found) == {way for way in EVERY_WAY if way[0] == "bank/stranger"}


def test_egress_is_held_back(enforcer: Enforcer) -> None:
    found = matrix(enforcer, network_policy("quiet", policyTypes=["Egress"]))
    assert not any(answered for one, answered in found.items() if one.source == "shop/web")
    assert reached(found) == EVERY_WAY


def test_the_admin_tier_decides_before_network_policy_and_the_baseline_after(enforcer: Enforcer) -> None:
    if not enforcer.admin_kinds:
        pytest.skip("kube-router enforces NetworkPolicy alone")
    blue, red = ({"namespaces": {"matchLabels": {"team": team}}} for team in ("blue", "red"))
    http = [{"tcp": {"destinationPort": {"number": 80}}}]
    admin = cluster_policy(
        "Admin",
        "admin",
        10,
        {"name": "bank may browse", "action": "Accept", "from": [blue], "protocols": http},
        {"name": "bank may do no more", "action": "Deny", "from": [blue]},
    )
    baseline = cluster_policy("Baseline", "default", 10, {"name": "closed", "action": "Deny", "from": [red]})
    policies = as_admin_policies([admin, baseline], named={})
    found = matrix(enforcer, *policies)
    assert reached(found) == {("bank/stranger", "TCP", 80)}

    # A NetworkPolicy puts the baseline out of force for its pods, and cannot undo what the admin tier decided.
    found = matrix(enforcer, *policies, network_policy("open", ingress=[{"from": [{"podSelector": {}}]}]))
    own = {way for way in EVERY_WAY if way[0].startswith("shop/")}
    assert reached(found) == {("bank/stranger", "TCP", 80)} | own
    assert reached(found, "shop/client") == {("bank/stranger", "TCP", 80)}
