"""Seeded random policies for a handful of probe pods: few labels, names and ports, so that they meet often."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, TypeVar

from tests.e2e.cluster import network
from tests.e2e.cluster.probe import Port, ProbePod

T = TypeVar("T")

NAMESPACES = {"red": {"team": "red", "env": "prod"}, "blue": {"team": "blue", "env": "dev"}}
PORTS = (Port(80, "TCP", "http"), Port(81, "TCP", "alt"), Port(80, "UDP", "talk"))
PODS = (
    ProbePod("red", "web", {"app": "web", "tier": "front"}, PORTS, "n1"),
    ProbePod("red", "api", {"app": "api", "tier": "back"}, PORTS, "n1"),
    ProbePod("red", "db", {"app": "db", "tier": "back"}, PORTS, "n2"),
    ProbePod("blue", "web", {"app": "web"}, PORTS, "n2"),
    ProbePod("blue", "api", {"app": "api", "tier": "front"}, PORTS, "n1"),
)
# host-local hands out addresses from the beginning of a node's range.
BLOCKS: tuple[dict[str, Any], ...] = (
    {"cidr": network.PODS},
    {"cidr": network.pod_range(1)},
    {"cidr": network.pod_range(2)},
    {"cidr": network.PODS, "except": [network.pod_range(2)]},
    {"cidr": "10.78.1.0/30"},
)


class Policies:
    """A stream of policies; equal seeds give equal streams."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def network_policies(self, count: int, *, both_directions: bool = False) -> list[dict[str, Any]]:
        """`both_directions`: each isolates its pods both ways."""
        directions = [["Ingress", "Egress"]] if both_directions else [["Ingress"], ["Egress"], ["Ingress", "Egress"]]
        return [self._network_policy(f"policy-{number}", self._pick(directions)) for number in range(count)]

    def cluster_policies(self, admin: int, baseline: bool) -> list[dict[str, Any]]:
        """Admin policies of different priorities, and at most the one Baseline policy that `as_admin_policies` takes."""
        priorities = self._random.sample(range(1, 100), admin)
        made = [self._cluster_policy("Admin", f"admin-{priority}", priority) for priority in priorities]
        return [*made, *([self._cluster_policy("Baseline", "default", 10)] if baseline else [])]

    def _network_policy(self, name: str, directions: list[str]) -> dict[str, Any]:
        spec: dict[str, Any] = {"podSelector": self._pod_selector(), "policyTypes": directions}
        for direction, peers in (("Ingress", "from"), ("Egress", "to")):
            if direction in directions and self._chance(0.8):
                spec[direction.lower()] = [self._rule(peers) for _ in range(self._random.randint(1, 2))]
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": self._pick(list(NAMESPACES))},
            "spec": spec,
        }

    def _rule(self, peers: str) -> dict[str, Any]:
        rule: dict[str, Any] = {}
        if self._chance(0.85):
            rule[peers] = [self._peer() for _ in range(self._random.randint(1, 2))]
        if self._chance(0.6):
            rule["ports"] = [self._port() for _ in range(self._random.randint(1, 2))]
        return rule

    def _peer(self) -> dict[str, Any]:
        if self._chance(0.25):
            return {"ipBlock": self._pick(BLOCKS)}
        namespaces, pods = self._pick([(True, False), (False, True), (True, True)])
        return {
            **({"namespaceSelector": self._namespace_selector()} if namespaces else {}),
            **({"podSelector": self._pod_selector()} if pods else {}),
        }

    def _port(self) -> dict[str, Any]:
        return self._pick(
            [
                {"port": 80},
                {"port": 81, "protocol": "TCP"},
                {"port": 80, "protocol": "UDP"},
                {"port": 79, "endPort": 80},
                {"port": "alt"},
                {"protocol": "UDP"},
            ]
        )

    def _cluster_policy(self, tier: str, name: str, priority: int) -> dict[str, Any]:
        spec: dict[str, Any] = {"tier": tier, "priority": priority, "subject": self._cluster_peer()}
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            if self._chance(0.7):
                spec[direction] = [self._cluster_rule(tier, peers) for _ in range(self._random.randint(1, 3))]
        return {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": spec,
        }

    def _cluster_rule(self, tier: str, peers: str) -> dict[str, Any]:
        others = [self._cluster_peer() for _ in range(self._random.randint(1, 2))]
        if peers == "to" and self._chance(0.3):
            others.append({"networks": [self._pick(BLOCKS)["cidr"]]})
        action = self._pick(["Accept", "Deny"] if tier == "Baseline" else ["Accept", "Deny", "Pass"])
        rule: dict[str, Any] = {"action": action, peers: others}
        if self._chance(0.6):
            rule["protocols"] = [
                self._pick(
                    [
                        {"tcp": {"destinationPort": {"number": 80}}},
                        {"tcp": {"destinationPort": {"range": {"start": 80, "end": 81}}}},
                        {"udp": {"destinationPort": {"number": 80}}},
                        {"udp": {"destinationPort": {"range": {"start": 1, "end": 65535}}}},
                        {"destinationNamedPort": "alt"},
                    ]
                )
            ]
        return rule

    def _cluster_peer(self) -> dict[str, Any]:
        if self._chance(0.5):
            return {"namespaces": self._namespace_selector()}
        return {"pods": {"namespaceSelector": self._namespace_selector(), "podSelector": self._pod_selector()}}

    def _pod_selector(self) -> dict[str, Any]:
        return self._pick(
            [
                {},
                {"matchLabels": {"app": "web"}},
                {"matchLabels": {"app": "api"}},
                {"matchLabels": {"tier": "front"}},
                {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "db"]}]},
                {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]}]},
                {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
            ]
        )

    def _namespace_selector(self) -> dict[str, Any]:
        # Never all namespaces: the probe's own and the system's stay as they are.
        return self._pick(
            [
                {"matchLabels": {"team": "red"}},
                {"matchLabels": {"env": "dev"}},
                {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
            ]
        )

    def _pick(self, values: Sequence[T]) -> T:
        return self._random.choice(values)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
