"""Cilium: peers and entities, deny before allow, default deny, ports, ICMP, names, services, and what is carried of layer 7."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy import worlds
from tests.policy.asking import Asked

WORLD = [
    worlds.namespace("x", team="red"),
    worlds.namespace("y", team="blue"),
    worlds.node("n1", "192.168.0.1"),
    worlds.node("n2", "192.168.0.2"),
    worlds.pod("a", "x", {"app": "a"}, "10.0.0.1", [("http", 80, "TCP")], "n1"),
    worlds.pod("b", "x", {"app": "b"}, "10.0.0.2", [], "n2"),
    worlds.pod("c", "y", {"app": "c"}, "10.0.1.1", [], "n1", account="robot"),
    worlds.service("front", "x", {"app": "a"}, [{"port": 8080, "targetPort": 80}]),
    {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumCIDRGroup",
        "metadata": {"name": "office", "labels": {"site": "north"}},
        "spec": {"externalCIDRs": ["203.0.113.0/24"]},
    },
]
ENDS = ("x/b", "y/c", "node n1", "node n2", "ip 203.0.113.5", "ip 8.8.8.8")
A = {"matchLabels": {"app": "a"}}


def asked(*policies: dict[str, Any], **options: Any) -> Asked:
    return Asked([*WORLD, *policies], **options)


def to_a(*rules: dict[str, Any], namespace: str = "x", **more: Any) -> dict[str, Any]:
    return worlds.cilium("p", {"endpointSelector": A, "ingress": list(rules), **more}, namespace)


# Each row: an ingress rule of a policy in namespace x, and who then reaches x/a (node n1 always does: it is the pod's own).
PEERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"fromEndpoints": [{}]}, {"x/b"}),
    ({"fromEndpoints": []}, set()),
    ({"fromEndpoints": [{"matchLabels": {"app": "c"}}]}, set()),
    ({"fromEndpoints": [{"matchLabels": {"k8s:app": "c", "k8s:io.kubernetes.pod.namespace": "y"}}]}, {"y/c"}),
    ({"fromEndpoints": [{"matchLabels": {"io.cilium.k8s.namespace.labels.team": "blue"}}]}, {"y/c"}),
    (
        {"fromEndpoints": [{"matchExpressions": [{"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"}]}]},
        {"x/b", "y/c"},
    ),
    (
        {"fromEndpoints": [{"matchLabels": {"any:app": "b"}}, {"matchLabels": {"reserved:world": ""}}]},
        {"x/b", "ip 203.0.113.5", "ip 8.8.8.8"},
    ),
    ({"fromEntities": ["world"]}, {"ip 203.0.113.5", "ip 8.8.8.8"}),
    ({"fromEntities": ["cluster"]}, {"x/b", "y/c", "node n2"}),
    ({"fromEntities": ["remote-node"]}, {"node n2"}),
    ({"fromEntities": ["host"]}, set()),
    ({"fromEntities": ["all"]}, {"x/b", "y/c", "node n2", "ip 203.0.113.5", "ip 8.8.8.8"}),
    ({"fromEntities": ["none"]}, set()),
    ({"fromCIDR": ["203.0.113.0/24", "10.0.0.0/8", "192.168.0.0/16"]}, {"ip 203.0.113.5"}),
    ({"fromCIDR": ["8.8.8.8"]}, {"ip 8.8.8.8"}),
    ({"fromCIDRSet": [{"cidr": "0.0.0.0/0", "except": ["203.0.0.0/8"]}]}, {"ip 8.8.8.8"}),
    ({"fromCIDRSet": [{"cidrGroupRef": "office"}]}, {"ip 203.0.113.5"}),
    ({"fromCIDRSet": [{"cidrGroupSelector": {"matchLabels": {"site": "north"}}, "except": ["203.0.113.5/32"]}]}, set()),
    (
        {
            "fromEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "y"}}],
            "fromRequires": [{"matchLabels": {"k8s:app": "none", "k8s:io.kubernetes.pod.namespace": "y"}}],
        },
        set(),
    ),
    (
        {
            "fromEndpoints": [
                {
                    "matchLabels": {
                        "io.cilium.k8s.policy.serviceaccount": "robot",
                        "k8s:io.kubernetes.pod.namespace": "y",
                    }
                }
            ]
        },
        {"y/c"},
    ),
]


@pytest.mark.parametrize(("rule", "expected"), PEERS)
def test_peers(rule: dict[str, Any], expected: set[str]) -> None:
    world = asked(to_a(rule))
    assert {end for end in ENDS if world.verdict(end, "x/a")} == expected | {"node n1"}


def test_a_clusterwide_policy_means_all_pods() -> None:
    world = asked(worlds.cilium("p", {"endpointSelector": {}, "ingress": [{"fromEndpoints": [{}]}]}))
    assert {end for end in ENDS if world.verdict(end, "x/a")} == {"x/b", "y/c", "node n1"}


def test_deny_beats_allow_wherever_it_stands() -> None:
    allow, deny = {"fromEndpoints": [{}]}, {"fromEndpoints": [{"matchLabels": {"app": "b"}}]}
    assert asked(to_a(allow, ingressDeny=[deny])).verdict("x/b", "x/a") is False
    kubernetes = worlds.policy("np", {"podSelector": {}, "ingress": [{}]}, "x")
    assert (
        asked(kubernetes, worlds.cilium("d", {"endpointSelector": A, "ingressDeny": [deny]}, "x")).verdict("x/b", "x/a")
        is False
    )
    assert (
        asked(kubernetes, to_a({"fromEntities": ["world"]})).verdict("x/b", "x/a") is True
    )  # allow rules of both kinds add up


def test_default_deny() -> None:
    rule = {"fromEntities": ["world"]}
    assert asked(to_a(rule)).verdict("x/b", "x/a") is False
    assert asked(to_a(rule, enableDefaultDeny={"ingress": False})).verdict("x/b", "x/a") is True
    second = worlds.cilium("q", {"endpointSelector": {}, "ingress": [{}]}, "x")
    assert (
        asked(to_a(rule, enableDefaultDeny={"ingress": False}), second).verdict("x/b", "x/a") is False
    )  # one that asks for it is enough
    assert asked(to_a(rule, enableDefaultDeny={"ingress": False, "egress": True})).verdict("x/a", "x/b") is False
    assert asked(worlds.cilium("p", {"endpointSelector": A, "ingressDeny": [{}]}, "x")).verdict("x/b", "x/a") is False


# Each row: `toPorts` of a rule for every peer, and what then reaches x/a.
PORTS: list[tuple[list[dict[str, Any]], set[tuple[str, int]]]] = [
    ([{"ports": [{"port": "80", "protocol": "TCP"}]}], {("TCP", 80)}),
    ([{"ports": [{"port": "80"}]}], {("TCP", 80), ("UDP", 80), ("SCTP", 80)}),
    ([{"ports": [{"port": "http"}]}], {("TCP", 80)}),
    ([{"ports": [{"port": "0", "protocol": "TCP"}]}], {("TCP", 80), ("TCP", 81)}),
    ([{"ports": [{"port": "79", "endPort": 81, "protocol": "TCP"}]}], {("TCP", 80), ("TCP", 81)}),
    ([{"ports": [{"port": "81", "protocol": "TCP"}, {"port": "80", "protocol": "UDP"}]}], {("TCP", 81), ("UDP", 80)}),
    (
        [{"ports": [{"port": "80", "protocol": "TCP"}]}, {"ports": [{"port": "81", "protocol": "TCP"}]}],
        {("TCP", 80), ("TCP", 81)},
    ),
]


@pytest.mark.parametrize(("ports", "expected"), PORTS)
def test_ports(ports: list[dict[str, Any]], expected: set[tuple[str, int]]) -> None:
    world = asked(to_a({"toPorts": ports}))
    every = (("TCP", 80), ("TCP", 81), ("UDP", 80), ("SCTP", 80))
    assert {one for one in every if world.verdict("y/c", "x/a", one[1], one[0])} == expected


def test_icmp() -> None:
    world = asked(
        to_a({"fromEntities": ["all"], "icmps": [{"fields": [{"type": "EchoRequest", "family": "IPv4"}, {"type": 3}]}]})
    )
    assert world.verdict("y/c", "x/a", None, "ICMP", type=8) is True
    assert world.verdict("y/c", "x/a", None, "ICMP", type=3, code=1) is True
    assert world.verdict("y/c", "x/a", None, "ICMP", type=0) is False
    assert world.verdict("y/c", "x/a", 80) is False


def out(*rules: dict[str, Any]) -> dict[str, Any]:
    return worlds.cilium("p", {"endpointSelector": {"matchLabels": {"app": "b"}}, "egress": list(rules)}, "x")


def test_names_of_the_outside() -> None:
    world = asked(out({"toFQDNs": [{"matchName": "api.example.com"}, {"matchPattern": "*.cdn.example.com"}]}))
    assert world.verdict("x/b", "domain api.example.com") is True
    assert world.verdict("x/b", "domain a.cdn.example.com") is True
    assert world.verdict("x/b", "domain a.b.cdn.example.com") is False  # a star stays within a label
    assert world.verdict("x/b", "domain cdn.example.com") is False
    assert world.verdict("x/b", "ip 203.0.113.5") is None
    assert world.verdict("x/b", "x/a") is False
    assert asked(out({"toFQDNs": [{"matchPattern": "*"}]})).verdict("x/b", "domain a.b.c") is True


def test_services() -> None:
    world = asked(out({"toServices": [{"k8sService": {"serviceName": "front", "namespace": "x"}}]}))
    assert world.verdict("x/b", "x/a", 80) is True
    assert world.verdict("x/b", "service x/front", 8080) is True
    assert world.verdict("x/b", "y/c", 80) is False


def test_layer_7_is_carried_and_shown() -> None:
    rule = {
        "fromEndpoints": [{}],
        "toPorts": [
            {"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET", "path": "/"}]}}
        ],
    }
    answer = asked(to_a(rule)).ask("x/b", "x/a")
    assert answer.allowed is True
    assert answer.ingress.decided_by is not None
    assert answer.ingress.decided_by.layer_7 == ("HTTP GET /",)


def test_what_cannot_be_judged_is_named_and_unknown() -> None:
    for rule in ({"fromGroups": [{"aws": {}}]}, {"fromEntities": ["kube-apiserver"]}, {"fromEntities": ["ingress"]}):
        world = asked(to_a(rule))
        assert world.verdict("ip 8.8.8.8", "x/a") is None
        assert world.model.notices
        assert world.verdict("x/b", "x/a") is False
    world = asked(to_a({"fromEndpoints": [{}], "authentication": {"mode": "required"}}))
    assert world.verdict("x/b", "x/a") is None


def test_the_api_server_where_its_endpoints_are_known() -> None:
    more = [
        worlds.service("kubernetes", "default", None, [{"port": 443}]),
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"kubernetes.io/service-name": "kubernetes"},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["192.168.0.2"]}],
            "ports": [{"port": 6443, "protocol": "TCP"}],
        },
    ]
    world = asked(out({"toEntities": ["kube-apiserver"]}), *more)
    assert world.verdict("x/b", "node n2", 6443) is True
    assert world.verdict("x/b", "node n1", 6443) is False
    assert world.verdict("x/b", "ip 8.8.8.8") is False


def test_host_policies_are_about_nodes() -> None:
    world = asked(worlds.cilium("p", {"nodeSelector": {}, "ingress": [{"fromEntities": ["cluster"]}]}))
    assert world.verdict("x/b", "node n1") is True
    assert world.verdict("ip 8.8.8.8", "node n1") is False
    assert world.verdict("ip 8.8.8.8", "x/a") is True


def test_several_specs_in_one_object() -> None:
    one, two = (
        {
            "endpointSelector": A,
            "ingress": [{"fromEndpoints": [{"matchLabels": {"app": name, "k8s:io.kubernetes.pod.namespace": space}}]}],
        }
        for name, space in (("b", "x"), ("c", "y"))
    )
    policy = worlds.cilium("p", {}, "x")
    del policy["spec"]
    world = asked({**policy, "specs": [one, two]})
    assert world.verdict("x/b", "x/a") is True
    assert world.verdict("y/c", "x/a") is True
    assert world.verdict("ip 8.8.8.8", "x/a") is False


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ingress": []}, "at least one rule"),
    ({}, "at least one rule"),
    ({"nodeSelector": {}, "ingress": [{}]}, "exactly one of"),
    ({"ingress": [{"fromEntities": ["mars"]}]}, "none of"),
    ({"ingress": [{"fromEndpoints": [{}], "fromEntities": ["world"]}]}, "combining"),
    ({"ingress": [{"toPorts": [{"ports": [{"protocol": "TCP"}]}]}]}, "must be given"),
    ({"ingress": [{"toPorts": [{"ports": [{"port": "70000"}]}]}]}, "no port"),
    ({"ingress": [{"fromCIDR": ["10.0.0.0/99"]}]}, "not a CIDR"),
    ({"ingress": [{"fromPlanets": []}]}, "unknown field"),
    (
        {"ingress": [{"icmps": [{"fields": [{"type": 8}]}], "toPorts": [{"ports": [{"port": "80"}]}]}]},
        "icmps may not be given",
    ),
]


@pytest.mark.parametrize(("spec", "message"), REFUSED)
def test_what_cilium_refuses(spec: dict[str, Any], message: str) -> None:
    world = asked(worlds.cilium("bad", {"endpointSelector": A, **spec}, "x"))
    assert message in world.model.notices[0].what
    assert world.verdict("y/c", "x/a") is None
    assert world.verdict("y/c", "y/c") is True
