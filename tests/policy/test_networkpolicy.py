"""NetworkPolicy v1: the truth table of peers, isolation by direction, ports, blocks, and what the API server refuses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy import worlds
from tests.policy.asking import Asked

from seawall.model.cluster.coverage import Coverage, Gap
from seawall.policy.connections import Connection, EndName, Evaluator
from seawall.policy.lower import PolicyModel

WORLD = [
    worlds.namespace("x", team="red"),
    worlds.namespace("y", team="blue"),
    worlds.node("n1", "192.168.0.1"),
    worlds.node("n2", "192.168.0.2"),
    worlds.pod("a", "x", {"pod": "a"}, "10.0.0.1", [("http", 80, "TCP"), ("dns", 53, "UDP")], "n1"),
    worlds.pod("b", "x", {"pod": "b"}, "10.0.0.2", [("http", 8080, "TCP")], "n2"),
    worlds.pod("a", "y", {"pod": "a"}, "10.0.1.1", [], "n1"),
    worlds.pod("b", "y", {"pod": "b"}, "10.0.1.2", [("http", 80, "UDP")], "n2"),
    worlds.pod("host", "y", {"pod": "a"}, "192.168.0.2", [], "n2", host_network=True),
]
PODS = ("x/a", "x/b", "y/a", "y/b")


def asked(*policies: dict[str, Any], **options: Any) -> Asked:
    return Asked([*WORLD, *policies], **options)


def who_reaches(target: str, world: Asked, port: int = 80, protocol: str = "TCP") -> set[str]:
    return {name for name in PODS if name != target and world.verdict(name, target, port, protocol)}


# Each row: what `from` says, and who then reaches x/a. The eight legal forms of a peer, alone and together.
PEERS: list[tuple[list[dict[str, Any]], set[str]]] = [
    ([{"podSelector": {}}], {"x/b"}),
    ([{"podSelector": {"matchLabels": {"pod": "b"}}}], {"x/b"}),
    ([{"namespaceSelector": {}}], {"x/b", "y/a", "y/b"}),
    ([{"namespaceSelector": {"matchLabels": {"team": "blue"}}}], {"y/a", "y/b"}),
    ([{"namespaceSelector": {"matchLabels": {"team": "red"}}}], {"x/b"}),
    ([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "y"}}}], {"y/a", "y/b"}),
    ([{"namespaceSelector": {}, "podSelector": {}}], {"x/b", "y/a", "y/b"}),
    ([{"namespaceSelector": {}, "podSelector": {"matchLabels": {"pod": "b"}}}], {"x/b", "y/b"}),
    ([{"namespaceSelector": {"matchLabels": {"team": "blue"}}, "podSelector": {}}], {"y/a", "y/b"}),
    ([{"namespaceSelector": {"matchLabels": {"team": "blue"}}, "podSelector": {"matchLabels": {"pod": "b"}}}], {"y/b"}),
    (
        [{"namespaceSelector": {"matchLabels": {"team": "blue"}}}, {"podSelector": {"matchLabels": {"pod": "b"}}}],
        {"x/b", "y/a", "y/b"},
    ),
    ([{"ipBlock": {"cidr": "10.0.1.0/24"}}], {"y/a", "y/b"}),
    ([{"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.0.1.1/32"]}}], {"x/b", "y/b"}),
    (
        [{"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.0.1.0/24"]}}, {"ipBlock": {"cidr": "10.0.1.1/32"}}],
        {"x/b", "y/a"},
    ),
    (
        [{"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["red"]}]}}],
        {"y/a", "y/b"},
    ),
    (
        [{"namespaceSelector": {"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["red"]}]}}],
        {"x/b", "y/a", "y/b"},
    ),
    (
        [{"namespaceSelector": {"matchExpressions": [{"key": "none", "operator": "DoesNotExist"}]}}],
        {"x/b", "y/a", "y/b"},
    ),
    ([{"namespaceSelector": {"matchExpressions": [{"key": "none", "operator": "Exists"}]}}], set()),
    ([], {"x/b", "y/a", "y/b"}),
]


@pytest.mark.parametrize(("peers", "expected"), PEERS)
def test_peers_of_ingress(peers: list[dict[str, Any]], expected: set[str]) -> None:
    spec = {"podSelector": {"matchLabels": {"pod": "a"}}, "policyTypes": ["Ingress"], "ingress": [{"from": peers}]}
    assert who_reaches("x/a", asked(worlds.policy("p", spec, "x"))) == expected


@pytest.mark.parametrize(("peers", "expected"), PEERS)
def test_peers_of_egress(peers: list[dict[str, Any]], expected: set[str]) -> None:
    spec = {"podSelector": {"matchLabels": {"pod": "a"}}, "policyTypes": ["Egress"], "egress": [{"to": peers}]}
    world = asked(worlds.policy("p", spec, "x"))
    assert {name for name in PODS if name != "x/a" and world.verdict("x/a", name)} == expected
    assert world.verdict("y/a", "x/a") is True  # egress isolates no ingress


# Each row: the spec beside `podSelector: {}`, whether ingress is isolated, whether egress is.
TYPES: list[tuple[dict[str, Any], bool, bool]] = [
    ({}, True, False),
    ({"ingress": []}, True, False),
    ({"ingress": None}, True, False),
    ({"egress": []}, True, False),
    ({"egress": [{"to": [{"podSelector": {"matchLabels": {"pod": "none"}}}]}]}, True, True),
    ({"policyTypes": ["Ingress"]}, True, False),
    ({"policyTypes": ["Egress"]}, False, True),
    ({"policyTypes": ["Ingress", "Egress"]}, True, True),
    ({"policyTypes": ["Egress"], "ingress": []}, False, True),
    ({"policyTypes": [], "ingress": [{}]}, False, False),
    ({"policyTypes": ["Ingress"], "ingress": [{}]}, False, False),
    ({"policyTypes": ["Ingress"], "ingress": [{"from": [], "ports": []}]}, False, False),
    ({"policyTypes": ["Ingress"], "ingress": [{"from": None}]}, False, False),
]


@pytest.mark.parametrize(("more", "ingress", "egress"), TYPES)
@pytest.mark.parametrize("selector", [{}, None])
def test_isolation_is_by_direction(more: dict[str, Any], ingress: bool, egress: bool, selector: Any) -> None:
    world = asked(worlds.policy("p", {"podSelector": selector, **more}, "x"))
    assert world.verdict("y/a", "x/a") is not ingress
    assert world.verdict("x/a", "y/a") is not egress


# Each row: `ports`, and the (protocol, port) pairs that get through to x/a, which names TCP 80 http and UDP 53 dns.
PORTS: list[tuple[Any, set[tuple[str, int]]]] = [
    ([{"port": 80}], {("TCP", 80)}),
    ([{"port": 80, "protocol": "UDP"}], {("UDP", 80)}),
    ([{"protocol": "UDP"}], {("UDP", 53), ("UDP", 80)}),
    ([{}], {("TCP", 80), ("TCP", 81), ("TCP", 8080)}),
    ([{"port": "http"}], {("TCP", 80)}),
    ([{"port": "http", "protocol": "UDP"}], set()),
    ([{"port": "dns", "protocol": "UDP"}], {("UDP", 53)}),
    ([{"port": "absent"}], set()),
    ([{"port": 80, "endPort": 81}], {("TCP", 80), ("TCP", 81)}),
    ([{"port": 80, "endPort": 80}], {("TCP", 80)}),
    ([{"port": 81}, {"port": 53, "protocol": "UDP"}], {("TCP", 81), ("UDP", 53)}),
    ([{"port": 80, "protocol": "SCTP"}], {("SCTP", 80)}),
    (None, {("TCP", 80), ("TCP", 81), ("TCP", 8080), ("UDP", 53), ("UDP", 80), ("SCTP", 80)}),
]
ASKED = [("TCP", 80), ("TCP", 81), ("TCP", 8080), ("UDP", 53), ("UDP", 80), ("SCTP", 80)]


@pytest.mark.parametrize(("ports", "expected"), PORTS)
def test_ports(ports: Any, expected: set[tuple[str, int]]) -> None:
    rule = {"ports": ports} if ports is not None else {}
    world = asked(worlds.policy("p", {"podSelector": {"matchLabels": {"pod": "a"}}, "ingress": [rule]}, "x"))
    assert {one for one in ASKED if world.verdict("y/a", "x/a", one[1], one[0])} == expected


def test_a_named_port_of_egress_is_the_destinations() -> None:
    world = asked(
        worlds.policy(
            "p",
            {
                "podSelector": {"matchLabels": {"pod": "a"}},
                "policyTypes": ["Egress"],
                "egress": [{"ports": [{"port": "http"}]}],
            },
            "y",
        )
    )
    assert world.verdict("y/a", "x/a", 80) is True
    assert world.verdict("y/a", "x/b", 80) is False
    assert world.verdict("y/a", "x/b", 8080) is True
    assert world.verdict("y/a", "y/b", 80) is False  # its http is UDP
    assert world.verdict("y/a", "ip 203.0.113.9", 80) is False  # an address has no named ports


def test_policies_add_up() -> None:
    deny = worlds.policy("deny", {"podSelector": {}, "policyTypes": ["Ingress"]}, "x")
    one = worlds.policy(
        "one", {"podSelector": {"matchLabels": {"pod": "a"}}, "ingress": [{"from": [{"podSelector": {}}]}]}, "x"
    )
    two = worlds.policy(
        "two",
        {
            "podSelector": {"matchLabels": {"pod": "a"}},
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "blue"}}}]}],
        },
        "x",
    )
    assert who_reaches("x/a", asked(deny)) == set()
    assert who_reaches("x/a", asked(deny, one)) == {"x/b"}
    assert who_reaches("x/a", asked(two, deny, one)) == {"x/b", "y/a", "y/b"}


def test_a_node_reaches_its_own_pods_and_a_pod_itself() -> None:
    world = asked(worlds.policy("deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, "x"))
    assert world.verdict("node n1", "x/a") is True
    assert world.verdict("ip 192.168.0.1", "x/a") is True
    assert world.verdict("node n2", "x/a") is False
    assert world.verdict("x/a", "node n1") is False
    assert world.verdict("x/a", "x/a") is True


def test_a_pod_in_its_nodes_network_is_its_node() -> None:
    select = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {}}]}]}
    world = asked(worlds.policy("p", select, "x"))
    assert world.verdict("y/host", "x/a") is False  # selectors do not see it, and x/a runs elsewhere
    assert world.verdict("y/host", "x/b") is True  # its own node
    block = {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"ipBlock": {"cidr": "192.168.0.0/24"}}]}],
    }
    assert asked(worlds.policy("p", block, "x")).verdict("y/host", "x/a") is True
    assert asked(worlds.policy("p", select, "x"), profile="strict").verdict("y/host", "x/a") is None
    assert (
        asked(worlds.policy("p", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, "y")).verdict(
            "x/a", "y/host"
        )
        is True
    )


def test_blocks_and_pods_by_profile() -> None:
    policy = worlds.policy("p", {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.1.0/24"}}]}]}, "x")
    assert {
        name: asked(policy, profile=name).verdict("y/a", "x/a") for name in ("upstream", "calico", "cilium", "strict")
    } == {
        "upstream": True,
        "calico": True,
        "cilium": False,
        "strict": None,
    }
    assert "dataplanes differ here" in asked(policy).ask("y/a", "x/a").reason
    assert asked(policy, profile="cilium").verdict("ip 10.0.1.77", "x/a") is True  # no pod has that address


def test_icmp_is_left_open_by_the_api() -> None:
    deny = worlds.policy("p", {"podSelector": {}, "policyTypes": ["Ingress"]}, "x")
    assert asked(deny).verdict("y/a", "x/a", None, "ICMP", type=8, code=0) is None
    assert asked(deny, profile="calico").verdict("y/a", "x/a", None, "ICMP", type=8) is False
    assert asked(deny, profile="cilium").verdict("y/a", "x/a", None, "ICMP", type=8) is False
    assert (
        asked(worlds.policy("p", {"podSelector": {}, "ingress": [{}]}, "x")).verdict("y/a", "x/a", None, "ICMP") is True
    )


def test_pods_that_have_ended_have_no_part() -> None:
    ended = worlds.pod("old", "y", {"pod": "a"}, "10.0.9.9", phase="Succeeded")
    world = Asked([*WORLD, ended])
    assert world.verdict("y/old", "x/a") is None
    assert world.ask("y/old", "x/a").reason == "there is no pod y/old"


def test_a_pod_without_an_address_cannot_be_told_by_block() -> None:
    waiting = worlds.pod("new", "y", {"pod": "n"}, (), phase="Pending")
    block = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.1.0/24"}}, {"podSelector": {}}]}]}
    world = Asked([*WORLD, waiting, worlds.policy("p", block, "x")])
    assert world.verdict("y/new", "x/a") is None
    assert "no address yet" in world.ask("y/new", "x/a").reason
    everything = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}
    assert Asked([*WORLD, waiting, worlds.policy("p", everything, "x")]).verdict("y/new", "x/a") is True


def test_two_families() -> None:
    both = [
        worlds.namespace("x"),
        worlds.pod("a", "x", {}, ("10.0.0.1", "fd00::1")),
        worlds.pod("b", "x", {}, ("10.0.0.2", "fd00::2")),
        worlds.pod("six", "x", {}, "fd00::3"),
    ]
    block = worlds.policy("p", {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}, "x")
    world = Asked([*both, block])
    assert world.verdict("x/a", "x/b") is None
    assert world.ask("x/a", "x/b").reason.startswith("it depends: IPv4 allowed, IPv6 denied")
    assert world.verdict("ip 10.0.0.9", "x/b") is True
    assert world.verdict("ip fd00::9", "x/b") is False
    assert world.verdict("x/six", "x/b") is False
    assert world.ask("ip 10.0.0.9", "x/six").reason.endswith("have no IP family in common")


# Each row: a spec that the API server refuses, and what its message must say.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]}, "together with another peer"),
    ({"ingress": [{"from": [{}]}]}, "must give a peer"),
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/33"}}]}]}, "not a CIDR block"),
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1"}}]}]}, "not a CIDR block"),
    ({"ingress": [{"from": [{"ipBlock": {}}]}]}, "must be given"),
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}]}, "strict subset"),
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}]}, "strict subset"),
    ({"ingress": [{"ports": [{"endPort": 80}]}]}, "without port"),
    ({"ingress": [{"ports": [{"port": "http", "endPort": 80}]}]}, "when port is a name"),
    ({"ingress": [{"ports": [{"port": 90, "endPort": 80}]}]}, "less than port"),
    ({"ingress": [{"ports": [{"port": 0}]}]}, "not between 1 and 65535"),
    ({"ingress": [{"ports": [{"port": 80, "endPort": 70000}]}]}, "not between"),
    ({"ingress": [{"ports": [{"port": 80, "protocol": "tcp"}]}]}, "none of TCP, UDP, SCTP"),
    ({"ingress": [{"ports": [{"port": "Http"}]}]}, "no port name"),
    ({"ingress": [{"ports": [{"port": "a-very-long-port-name"}]}]}, "1 to 15 characters"),
    ({"policyTypes": ["ingress"]}, "none of Ingress, Egress"),
    ({"policyTypes": ["Ingress", "Egress", "Ingress"]}, "more than two"),
    ({"ingress": [{"form": []}]}, "unknown field"),
    ({"ingres": []}, "unknown field"),
    ({"ingress": {"from": []}}, "must be a list"),
    (
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["b"]}]}},
        "not a valid label selector operator",
    ),
    ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}, "must be given"),
    ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}}, "may not be given"),
    ({"podSelector": {"matchLabels": {"a b": "c"}}}, "not a qualified name"),
    ({"podSelector": {"matchLabels": {"a": "c d"}}}, "not a valid label value"),
]


@pytest.mark.parametrize(("more", "message"), REFUSED)
def test_what_the_server_refuses_is_unknown_where_it_could_matter(more: dict[str, Any], message: str) -> None:
    bad = worlds.policy("bad", {"podSelector": {"matchLabels": {"pod": "a"}}, "policyTypes": ["Ingress"], **more}, "x")
    world = asked(bad)
    (notice,) = world.model.notices
    assert notice.kind == "refused"
    assert message in notice.what
    assert str(notice).startswith("world.yaml:10: x/bad (NetworkPolicy)")
    answer = world.ask("y/a", "x/a")
    assert answer.allowed is None
    assert message in answer.reason
    assert world.verdict("x/a", "y/b") in (True, None)
    assert world.verdict("y/a", "y/b") is True
    assert asked(bad, assume_rejected=True).verdict("y/a", "x/a") is True


def test_a_refused_policy_does_not_blur_what_another_direction_denies() -> None:
    bad = worlds.policy("bad", {"podSelector": {}, "ingress": [{"from": [{}]}]}, "x")
    deny = worlds.policy("deny", {"podSelector": {}, "policyTypes": ["Egress"]}, "y")
    assert asked(bad, deny).verdict("y/a", "x/a") is False


def test_the_trace_names_rule_and_place() -> None:
    policy = worlds.policy(
        "p", {"podSelector": {}, "ingress": [{"ports": [{"port": 443}]}, {"ports": [{"port": 80}]}]}, "x"
    )
    answer = asked(policy).ask("y/a", "x/a", 80)
    assert answer.ingress.decided_by is not None
    assert answer.ingress.decided_by.rule.path == "spec.ingress[1]"
    assert str(answer.ingress.decided_by.rule.origin) == "world.yaml:10"
    denied = asked(policy).ask("y/a", "x/a", 22)
    assert denied.ingress.decided_by is not None
    assert denied.ingress.decided_by.purpose == "isolation"
    assert "isolates ingress" in denied.reason


def test_labels_of_namespaces_that_could_not_be_listed_are_in_doubt() -> None:
    policy = worlds.policy(
        "p", {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "blue"}}}]}]}, "x"
    )
    gap = Gap("forbidden", "namespaces is forbidden", kind="Namespace")
    known = [document for document in WORLD if document["kind"] != "Namespace"]
    model = PolicyModel.of(worlds.cluster([*known, policy], live=True, coverage=Coverage(gaps=(gap,))))
    answer = Evaluator(model).answer(Connection(EndName(pod="y/a"), EndName(pod="x/a"), "TCP", 80))
    assert answer.allowed is None
    assert "could not be listed" in answer.reason
    by_name = worlds.policy(
        "p",
        {
            "podSelector": {},
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "y"}}}]}],
        },
        "x",
    )
    model = PolicyModel.of(worlds.cluster([*known, by_name], live=True, coverage=Coverage(gaps=(gap,))))
    assert Evaluator(model).answer(Connection(EndName(pod="y/a"), EndName(pod="x/a"), "TCP", 80)).allowed is True


def test_policies_that_could_not_be_listed_leave_everything_in_doubt() -> None:
    gap = Gap("forbidden", "networkpolicies is forbidden", kind="NetworkPolicy")
    model = PolicyModel.of(worlds.cluster(WORLD, live=True, coverage=Coverage(gaps=(gap,))))
    assert Evaluator(model).answer(Connection(EndName(pod="y/a"), EndName(pod="x/a"), "tcp", 80)).allowed is None
