"""Calico: the selector language, tiers and their ends, pass and log, both ends of a rule, network sets, services, host endpoints, stages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy import worlds
from tests.policy.asking import Asked

from seawall.policy.dialects import calico_selector
from seawall.policy.labels import holds

WORLD = [
    worlds.namespace("x", team="red"),
    worlds.namespace("y", team="blue"),
    worlds.node("n1", "192.168.0.1"),
    worlds.node("n2", "192.168.0.2"),
    worlds.pod("a", "x", {"app": "a", "role": "front"}, "10.0.0.1", [("http", 80, "TCP")], "n1", account="robot"),
    worlds.pod("b", "x", {"app": "b"}, "10.0.0.2", [], "n2"),
    worlds.pod("c", "y", {"app": "c"}, "10.0.1.1", [], "n1"),
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "robot", "namespace": "x", "labels": {"trust": "low"}},
    },
    worlds.service("front", "x", {"app": "a"}, [{"port": 8080, "targetPort": "http"}]),
    worlds.calico("GlobalNetworkSet", "office", {"nets": ["203.0.113.0/24", "10.0.1.1"]}, place="office"),
    worlds.calico("NetworkSet", "lab", {"nets": ["198.51.100.0/24"]}, "x", place="lab"),
]
PODS = ("x/a", "x/b", "y/c")


def asked(*policies: dict[str, Any], **options: Any) -> Asked:
    return Asked([*WORLD, *policies], **options)


def gnp(name: str, direction: str, *rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return worlds.calico(
        "GlobalNetworkPolicy",
        name,
        {"selector": "app == 'a'", "types": [direction.capitalize()], direction: list(rules), **spec},
    )


SELECTORS: list[tuple[str, set[str]]] = [
    ("", {"ab", "a", "none"}),
    ("all()", {"ab", "a", "none"}),
    ("app == 'web'", {"ab", "a"}),
    ('app == "web"', {"ab", "a"}),
    ("app != 'web'", {"none"}),
    ("app in {'web', 'x'}", {"ab", "a"}),
    ("app not in {'x'}", {"ab", "a", "none"}),
    ("app not in {'web'}", {"none"}),
    ("has(tier)", {"ab"}),
    ("!has(tier)", {"a", "none"}),
    ("!!has(tier)", {"ab"}),
    ("app contains 'e' && has(tier)", {"ab"}),
    ("app starts with 'w'", {"ab", "a"}),
    ("app ends with 'b'", {"ab", "a"}),
    ("tier == 'back' || !has(app)", {"ab", "none"}),
    ("!(app == 'web' && has(tier))", {"a", "none"}),
    ("app == 'web' && tier == 'x' || has(tier)", {"ab"}),
    ("app in {}", set()),
    ("has( tier )", {"ab"}),
    ("app=='web'&&has(tier)", {"ab"}),
]
LABELS = {"ab": {"app": "web", "tier": "back"}, "a": {"app": "web"}, "none": {}}


@pytest.mark.parametrize(("text", "expected"), SELECTORS)
def test_the_selector_language(text: str, expected: set[str]) -> None:
    found = calico_selector.parse(text)
    assert {
        name for name, labels in LABELS.items() if holds(found, lambda scope, key, labels=labels: labels.get(key))
    } == expected


@pytest.mark.parametrize(
    "text",
    [
        "app",
        "app =",
        "app = 'x'",
        "app == x",
        "has()",
        "has(",
        "&& app == 'x'",
        "app == 'x' &&",
        "(app == 'x'",
        "app == 'x')",
        "app in 'x'",
        "app == 'x",
        "a b",
        "app like 'x'",
        "!",
    ],
)
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(ValueError, match=r"unexpected|expected"):
        calico_selector.parse(text)


def test_a_tier_ends_with_its_default_for_those_it_selects() -> None:
    rule = {"action": "Allow", "source": {"selector": "app == 'b'", "namespaceSelector": "all()"}}
    world = asked(gnp("p", "ingress", rule))
    assert world.verdict("x/b", "x/a") is True
    assert world.verdict("y/c", "x/a") is False
    assert world.verdict("y/c", "x/b") is True
    assert world.verdict("x/a", "y/c") is True


def test_orders_and_names() -> None:
    deny, allow = {"action": "Deny"}, {"action": "Allow"}
    assert (
        asked(gnp("one", "ingress", deny, order=1), gnp("two", "ingress", allow, order=2)).verdict("y/c", "x/a")
        is False
    )
    assert (
        asked(gnp("one", "ingress", deny, order=3), gnp("two", "ingress", allow, order=2)).verdict("y/c", "x/a") is True
    )
    assert (
        asked(gnp("one", "ingress", deny), gnp("two", "ingress", allow, order=2)).verdict("y/c", "x/a") is True
    )  # none is last
    assert asked(gnp("aa", "ingress", deny), gnp("bb", "ingress", allow)).verdict("y/c", "x/a") is False


def test_tiers_pass_and_log() -> None:
    early = worlds.calico("Tier", "early", {"order": 5})
    passing = worlds.calico("Tier", "early", {"order": 5, "defaultAction": "Pass"})
    first = gnp(
        "early.p",
        "ingress",
        {"action": "Log"},
        {"action": "Pass", "source": {"namespaceSelector": "team == 'blue'"}},
        tier="early",
    )
    allow = gnp("allow", "ingress", {"action": "Allow"})
    assert asked(early, first, allow).verdict("y/c", "x/a") is True
    assert asked(early, first, allow).verdict("x/b", "x/a") is False
    assert asked(passing, first, allow).verdict("x/b", "x/a") is True
    assert asked(early, first).verdict("y/c", "x/a") is True  # after the last tier the namespace allows
    assert asked(first, allow).verdict("y/c", "x/a") is None  # there is no such tier
    steps = asked(early, first, allow).ask("y/c", "x/a").ingress.steps
    assert [step.action.value for step in steps] == ["log", "pass", "allow"]


def test_a_kubernetes_policy_stands_at_1000_in_the_default_tier() -> None:
    isolating = worlds.policy("np", {"podSelector": {}, "policyTypes": ["Ingress"]}, "x")
    allow = gnp("allow", "ingress", {"action": "Allow"}, order=2000)
    assert asked(isolating, allow).verdict("y/c", "x/a") is True  # the tier goes on to its end before it denies
    assert (
        asked(
            worlds.policy("np", {"podSelector": {}, "ingress": [{}]}, "x"),
            gnp("deny", "ingress", {"action": "Deny"}, order=2000),
        ).verdict("y/c", "x/a")
        is True
    )
    assert (
        asked(
            worlds.policy("np", {"podSelector": {}, "ingress": [{}]}, "x"),
            gnp("deny", "ingress", {"action": "Deny"}, order=999),
        ).verdict("y/c", "x/a")
        is False
    )


def local(*rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return worlds.calico(
        "NetworkPolicy", "p", {"selector": "app == 'a'", "types": ["Ingress"], "ingress": list(rules), **spec}, "x"
    )


# Each row: the source of an allowing rule in a policy of namespace x, and which ends it then admits to x/a.
SOURCES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"x/b", "y/c", "ip 203.0.113.5", "ip 198.51.100.7", "ip 8.8.8.8"}),
    ({"selector": "all()"}, {"x/b", "ip 198.51.100.7"}),
    ({"selector": "has(app)"}, {"x/b"}),
    ({"selector": "has(app)", "namespaceSelector": "all()"}, {"x/b", "y/c"}),
    ({"namespaceSelector": "team == 'blue'"}, {"y/c"}),
    ({"namespaceSelector": "projectcalico.org/name == 'y'"}, {"y/c"}),
    ({"namespaceSelector": "global()"}, {"y/c", "ip 203.0.113.5"}),  # the office names y/c by its address
    ({"selector": "place == 'office'", "namespaceSelector": "global()"}, {"y/c", "ip 203.0.113.5"}),
    ({"selector": "place == 'lab'"}, {"ip 198.51.100.7"}),
    ({"notSelector": "app == 'c'"}, {"x/b", "ip 198.51.100.7"}),  # any selector keeps to the namespace
    ({"notSelector": "app == 'b'", "namespaceSelector": "all()"}, {"y/c", "ip 198.51.100.7"}),
    ({"nets": ["10.0.0.0/23"]}, {"x/b", "y/c"}),
    ({"nets": ["10.0.0.0/23", "8.8.8.8"]}, {"x/b", "y/c", "ip 8.8.8.8"}),
    ({"notNets": ["10.0.0.0/8", "8.0.0.0/8"]}, {"ip 203.0.113.5", "ip 198.51.100.7"}),
    ({"nets": ["10.0.0.0/23"], "selector": "app == 'b'"}, {"x/b"}),
    ({"nets": ["10.0.0.0/23"], "notNets": ["10.0.0.2/32"]}, {"y/c"}),
]


@pytest.mark.parametrize(("source", "expected"), SOURCES)
def test_the_other_end(source: dict[str, Any], expected: set[str]) -> None:
    world = asked(local({"action": "Allow", "source": source}))
    every = ("x/b", "y/c", "ip 203.0.113.5", "ip 198.51.100.7", "ip 8.8.8.8")
    assert {end for end in every if world.verdict(end, "x/a")} == expected


def test_a_global_not_selector_means_everything_else() -> None:
    world = asked(gnp("p", "ingress", {"action": "Allow", "source": {"notSelector": "app == 'c'"}}))
    assert world.verdict("x/b", "x/a") is True
    assert world.verdict("y/c", "x/a") is False
    assert world.verdict("ip 8.8.8.8", "x/a") is True


def test_service_accounts_at_both_ends() -> None:
    by_name = worlds.calico(
        "GlobalNetworkPolicy",
        "p",
        {
            "selector": "app == 'c'",
            "types": ["Ingress"],
            "ingress": [{"action": "Allow", "source": {"serviceAccounts": {"names": ["robot"]}}}],
        },
    )
    assert asked(by_name).verdict("x/a", "y/c") is True
    assert asked(by_name).verdict("x/b", "y/c") is False
    by_label = worlds.calico(
        "GlobalNetworkPolicy",
        "p",
        {"serviceAccountSelector": "trust == 'low'", "types": ["Egress"], "egress": [{"action": "Deny"}]},
    )
    assert asked(by_label).verdict("x/a", "y/c") is False
    assert asked(by_label).verdict("x/b", "y/c") is True


def test_services_by_their_ends_and_ports() -> None:
    out = worlds.calico(
        "NetworkPolicy",
        "p",
        {
            "selector": "app == 'b'",
            "types": ["Egress"],
            "egress": [{"action": "Allow", "destination": {"services": {"name": "front"}}}],
        },
        "x",
    )
    world = asked(out)
    assert world.verdict("x/b", "x/a", 80) is True
    assert world.verdict("x/b", "x/a", 81) is False
    assert world.verdict("x/b", "service x/front", 8080) is True
    assert world.verdict("x/b", "y/c", 80) is False
    absent = worlds.calico(
        "NetworkPolicy",
        "p",
        {
            "selector": "app == 'b'",
            "types": ["Egress"],
            "egress": [{"action": "Allow", "destination": {"services": {"name": "none"}}}],
        },
        "x",
    )
    assert asked(absent).verdict("x/b", "x/a") is None


# Each row: what a denying rule says of traffic, and what it then denies to x/a, whose http is TCP 80.
TRAFFIC: list[tuple[dict[str, Any], set[tuple[str, int]]]] = [
    ({"protocol": "TCP", "destination": {"ports": [80]}}, {("TCP", 80)}),
    ({"protocol": "TCP", "destination": {"ports": ["http"]}}, {("TCP", 80)}),
    ({"protocol": "UDP", "destination": {"ports": ["http"]}}, set()),
    ({"protocol": "TCP", "destination": {"ports": ["80:90"]}}, {("TCP", 80), ("TCP", 81)}),
    ({"protocol": "TCP", "destination": {"notPorts": [80]}}, {("TCP", 81)}),
    ({"protocol": "TCP", "destination": {"notPorts": ["http"]}}, {("TCP", 81)}),
    ({"protocol": 6}, {("TCP", 80), ("TCP", 81)}),
    ({"protocol": 17}, {("UDP", 80)}),
    ({"notProtocol": "TCP"}, {("UDP", 80), ("SCTP", 80)}),
    ({"ipVersion": 6}, set()),
    ({}, {("TCP", 80), ("TCP", 81), ("UDP", 80), ("SCTP", 80)}),
]


@pytest.mark.parametrize(("rule", "expected"), TRAFFIC)
def test_traffic(rule: dict[str, Any], expected: set[tuple[str, int]]) -> None:
    world = asked(gnp("p", "ingress", {"action": "Deny", **rule}, {"action": "Allow"}))
    every = (("TCP", 80), ("TCP", 81), ("UDP", 80), ("SCTP", 80))
    assert {one for one in every if not world.verdict("y/c", "x/a", one[1], one[0])} == expected


def test_icmp_types_and_codes() -> None:
    echo = asked(gnp("p", "ingress", {"action": "Deny", "protocol": "ICMP", "icmp": {"type": 8}}, {"action": "Allow"}))
    assert echo.verdict("y/c", "x/a", None, "ICMP", type=8, code=0) is False
    assert echo.verdict("y/c", "x/a", None, "ICMP", type=3, code=1) is True
    assert echo.verdict("y/c", "x/a", None, "ICMP") is None
    assert "it depends" in echo.ask("y/c", "x/a", None, "ICMP").reason
    other = asked(
        gnp(
            "p",
            "ingress",
            {"action": "Deny", "protocol": "ICMP", "notICMP": {"type": 3, "code": 1}},
            {"action": "Allow"},
        )
    )
    assert other.verdict("y/c", "x/a", None, "ICMP", type=3, code=1) is True
    assert other.verdict("y/c", "x/a", None, "ICMP", type=3, code=2) is False


def test_the_own_end_of_a_rule() -> None:
    world = asked(
        worlds.calico(
            "GlobalNetworkPolicy",
            "p",
            {
                "selector": "all()",
                "types": ["Ingress"],
                "ingress": [{"action": "Deny", "destination": {"selector": "app == 'b'"}}, {"action": "Allow"}],
            },
        )
    )
    assert world.verdict("y/c", "x/b") is False
    assert world.verdict("y/c", "x/a") is True


def test_what_a_connection_does_not_settle_is_unknown() -> None:
    by_source_port = asked(
        gnp("p", "ingress", {"action": "Deny", "protocol": "TCP", "source": {"ports": [1234]}}, {"action": "Allow"})
    )
    assert by_source_port.verdict("y/c", "x/a") is None
    by_path = asked(gnp("p", "ingress", {"action": "Allow", "http": {"methods": ["GET"]}}))
    answer = by_path.ask("y/c", "x/a")
    assert answer.allowed is None
    assert answer.ingress.steps[0].layer_7 == ("HTTP GET",)


def test_types_by_default() -> None:
    rule = [{"action": "Deny"}]
    for spec, ingress, egress in (
        ({}, False, True),
        ({"ingress": rule}, False, True),
        ({"egress": rule}, True, False),
        ({"ingress": rule, "egress": rule}, False, False),
    ):
        world = asked(worlds.calico("GlobalNetworkPolicy", "p", {"selector": "app == 'a'", **spec}))
        assert world.verdict("y/c", "x/a") is ingress
        assert world.verdict("x/a", "y/c") is egress


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ingress": [{"action": "allow"}]}, "none of Allow, Deny, Log, Pass"),
    ({"ingress": [{"action": "Allow", "destination": {"ports": [80]}}]}, "needs the protocol"),
    ({"ingress": [{"action": "Allow", "protocol": "TCP", "icmp": {"type": 8}}]}, "needs the protocol ICMP"),
    ({"ingress": [{"action": "Allow", "protocol": "ICMP", "icmp": {"code": 1}}]}, "without type"),
    ({"ingress": [{"action": "Allow", "source": {"nets": ["10.0.0.0/99"]}}]}, "no network"),
    ({"ingress": [{"action": "Allow", "source": {"selector": "app = 'x'"}}]}, "expected"),
    ({"ingress": [{"action": "Allow", "colour": "red"}]}, "unknown field"),
    ({"preDNAT": True}, "must be true where"),
    ({"types": ["ingress"]}, "none of Egress, Ingress"),
    ({"ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"ports": ["90:80"]}}]}, "no range"),
]


@pytest.mark.parametrize(("spec", "message"), REFUSED)
def test_what_the_server_refuses(spec: dict[str, Any], message: str) -> None:
    world = asked(worlds.calico("GlobalNetworkPolicy", "bad", {"selector": "app == 'a'", **spec}))
    assert message in world.model.notices[0].what
    assert world.verdict("y/c", "x/a") is None
    assert world.verdict("y/c", "x/b") in (True, None)


def test_staged_policies_are_judged_beside_those_in_force() -> None:
    staged = worlds.calico(
        "StagedGlobalNetworkPolicy",
        "p",
        {"selector": "app == 'a'", "types": ["Ingress"], "ingress": [{"action": "Deny"}]},
    )
    answer = asked(staged).ask("y/c", "x/a")
    assert answer.allowed is True
    assert answer.staged is not None
    assert answer.staged.allowed is False
    early = worlds.calico("Tier", "early", {"order": 5})
    only_staged = {**staged, "spec": {**staged["spec"], "tier": "early"}}
    assert (
        asked(early, only_staged).verdict("y/c", "x/a") is True
    )  # a tier that holds only staged policies does nothing
    live = gnp("p", "ingress", {"action": "Deny"})
    removing = worlds.calico("StagedGlobalNetworkPolicy", "p", {"stagedAction": "Delete"})
    removed = asked(live, removing).ask("y/c", "x/a")
    assert removed.allowed is False
    assert removed.staged is not None
    assert removed.staged.allowed is True
    kubernetes = worlds.calico(
        "StagedKubernetesNetworkPolicy", "np", {"podSelector": {}, "policyTypes": ["Ingress"]}, "x"
    )
    found = asked(kubernetes).ask("y/c", "x/a")
    assert found.staged is not None
    assert (found.allowed, found.staged.allowed) == (True, False)


def test_host_endpoints() -> None:
    host = worlds.calico(
        "HostEndpoint", "n1-eth0", {"node": "n1", "interfaceName": "eth0", "expectedIPs": ["192.168.0.1"]}, what="host"
    )
    closed = asked(host)
    assert closed.verdict("x/b", "node n1", 80) is False  # no profile, no policy
    assert closed.verdict("x/b", "node n1", 22) is True  # failsafe
    assert closed.verdict("x/b", "node n2", 80) is True
    policy = worlds.calico(
        "GlobalNetworkPolicy",
        "p",
        {
            "selector": "what == 'host'",
            "types": ["Ingress"],
            "ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"ports": [80]}}],
        },
    )
    assert asked(host, policy).verdict("x/b", "node n1", 80) is True
    assert asked(host, policy).verdict("x/b", "node n1", 81) is False
    profile = worlds.calico(
        "HostEndpoint", "n1-eth0", {"node": "n1", "profiles": ["projectcalico-default-allow"]}, what="host"
    )
    assert asked(profile).verdict("x/b", "node n1", 80) is True
    forward = worlds.calico(
        "GlobalNetworkPolicy",
        "p",
        {
            "selector": "what == 'host'",
            "types": ["Ingress"],
            "applyOnForward": True,
            "preDNAT": True,
            "ingress": [{"action": "Deny"}],
        },
    )
    assert asked(profile, forward).verdict("x/b", "node n1", 80) is None
    assert asked(profile, forward).verdict("x/b", "x/a") is None
    assert asked(profile, forward).verdict("y/c", "x/b") is True


def test_a_profile_without_calico_does_not_enforce_it() -> None:
    assert asked(gnp("p", "ingress", {"action": "Deny"}), profile="cilium").verdict("y/c", "x/a") is True
