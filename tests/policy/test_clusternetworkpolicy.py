"""ClusterNetworkPolicy, AdminNetworkPolicy and BaselineAdminNetworkPolicy: tiers, priorities, Pass, peers, and failing closed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy import worlds
from tests.policy.asking import Asked

WORLD = [
    worlds.namespace("x", team="red"),
    worlds.namespace("y", team="blue"),
    worlds.node("n1", "192.168.0.1", labels={"role": "edge"}),
    worlds.node("n2", "192.168.0.2"),
    worlds.pod("a", "x", {"pod": "a"}, "10.0.0.1", [("http", 80, "TCP"), ("http", 443, "UDP")], "n1"),
    worlds.pod("b", "x", {"pod": "b"}, "10.0.0.2", [], "n2"),
    worlds.pod("a", "y", {"pod": "a"}, "10.0.1.1", [], "n1"),
    worlds.pod("host", "y", {"pod": "a"}, "192.168.0.2", [], "n2", host_network=True),
]
EVERYONE = {"namespaces": {}}
BLUE = {"namespaces": {"matchLabels": {"team": "blue"}}}
RED = {"namespaces": {"matchLabels": {"team": "red"}}}


def asked(*policies: dict[str, Any], **options: Any) -> Asked:
    return Asked([*WORLD, *policies], **options)


def cnp(
    name: str,
    priority: int,
    action: str,
    tier: str = "Admin",
    subject: Any = RED,
    peer: Any = EVERYONE,
    direction: str = "ingress",
    **more: Any,
) -> dict[str, Any]:
    side = "from" if direction == "ingress" else "to"
    spec = {
        "tier": tier,
        "priority": priority,
        "subject": subject,
        direction: [{"action": action, side: [peer], **more}],
    }
    return worlds.cluster_policy(name, spec)


def np(namespace: str, types: list[str], **spec: Any) -> dict[str, Any]:
    return worlds.policy("np", {"podSelector": {}, "policyTypes": types, **spec}, namespace)


# Each row: policies, and whether y/a then reaches x/a.
TIERS: list[tuple[list[dict[str, Any]], bool]] = [
    ([], True),
    ([cnp("d", 1, "Deny")], False),
    ([cnp("d", 1, "Deny", tier="Baseline")], False),
    ([cnp("p", 1, "Pass"), cnp("d", 2, "Deny")], True),
    ([cnp("p", 2, "Pass"), cnp("d", 1, "Deny")], False),
    ([cnp("a", 0, "Accept"), cnp("d", 1000, "Deny")], True),
    ([cnp("a", 1, "Accept"), np("x", ["Ingress"])], True),
    ([cnp("p", 1, "Pass"), np("x", ["Ingress"])], False),
    ([cnp("p", 1, "Pass"), cnp("d", 1, "Deny", tier="Baseline")], False),
    ([cnp("p", 1, "Pass"), cnp("p2", 1, "Pass", tier="Baseline")], True),
    ([cnp("d", 1, "Deny", tier="Baseline"), np("x", ["Ingress"], ingress=[{}])], True),
    ([cnp("d", 1, "Deny", tier="Baseline"), np("x", ["Egress"])], False),  # isolation is by direction
    (
        [cnp("a", 1, "Accept", direction="egress", subject=BLUE), np("x", ["Ingress"])],
        False,
    ),  # Accept is final for its direction only
    ([cnp("d", 1, "Deny", subject=BLUE)], True),
    ([cnp("d", 1, "Deny", peer=RED)], True),
]


@pytest.mark.parametrize(("policies", "expected"), TIERS)
def test_tiers(policies: list[dict[str, Any]], expected: bool) -> None:
    assert asked(*policies).verdict("y/a", "x/a") is expected


def test_rules_of_a_policy_go_in_turn() -> None:
    spec = {
        "tier": "Admin",
        "priority": 5,
        "subject": RED,
        "ingress": [{"action": "Accept", "from": [BLUE]}, {"action": "Deny", "from": [EVERYONE]}],
    }
    world = asked(worlds.cluster_policy("p", spec))
    assert world.verdict("y/a", "x/a") is True
    assert world.verdict("x/b", "x/a") is False
    assert world.verdict("ip 203.0.113.1", "x/a") is True  # ingress peers are pods


def test_equal_priorities_that_disagree_are_the_implementations_choice() -> None:
    tie = (cnp("first", 7, "Accept"), cnp("second", 7, "Deny"))
    answer = asked(*tie).ask("y/a", "x/a")
    assert answer.allowed is None
    assert "equal priority" in answer.reason
    assert asked(*tie, profile="calico").verdict("y/a", "x/a") is True
    assert asked(cnp("first", 7, "Accept"), cnp("second", 7, "Accept")).verdict("y/a", "x/a") is True
    assert asked(cnp("first", 7, "Accept", peer=RED), cnp("second", 7, "Deny")).verdict("y/a", "x/a") is False


def test_pods_in_their_nodes_network_are_never_selected() -> None:
    assert asked(cnp("d", 1, "Deny", subject=EVERYONE)).verdict("x/a", "y/host") is True
    assert asked(cnp("d", 1, "Deny")).verdict("y/host", "x/a") is True


def test_networks_match_pods_and_nodes_in_every_profile() -> None:
    deny = cnp(
        "d", 1, "Deny", direction="egress", peer={"networks": ["10.0.1.0/24", "192.168.0.2/32", "203.0.113.0/24"]}
    )
    for profile in ("upstream", "calico", "cilium", "strict"):
        world = asked(deny, profile=profile)
        assert world.verdict("x/a", "y/a") is False
        assert world.verdict("x/a", "y/host") is False
        assert world.verdict("x/a", "ip 203.0.113.5") is False
        assert world.verdict("x/a", "ip 203.0.114.5") is True


def test_networks_cover_icmp() -> None:
    deny = cnp("d", 1, "Deny", direction="egress", peer={"networks": ["0.0.0.0/0"]})
    assert asked(deny).verdict("x/a", "ip 8.8.8.8", None, "ICMP", type=8) is False


def test_nodes_by_label() -> None:
    deny = cnp("d", 1, "Deny", direction="egress", peer={"nodes": {"matchLabels": {"role": "edge"}}})
    world = asked(deny)
    assert world.verdict("x/a", "node n1") is False
    assert world.verdict("x/a", "node n2") is True
    assert world.verdict("x/a", "ip 192.168.0.1") is False


def test_domain_names() -> None:
    accept = cnp("a", 1, "Accept", direction="egress", peer={"domainNames": ["*.example.com", "kubernetes.io"]})
    deny = cnp("d", 2, "Deny", direction="egress", peer={"networks": ["0.0.0.0/0", "::/0"]})
    world = asked(accept, deny)
    assert world.verdict("x/a", "domain www.example.com") is True
    assert world.verdict("x/a", "domain a.b.example.com") is True
    assert world.verdict("x/a", "domain kubernetes.io") is True
    assert world.verdict("x/a", "domain example.com") in (False, None)
    assert world.verdict("x/a", "ip 203.0.113.5") is None  # whether a name has this address is not known
    assert world.verdict("x/a", "y/a") is False


def test_protocols() -> None:
    for protocols, passing in (
        ([{"tcp": {"destinationPort": {"number": 80}}}], {("TCP", 80)}),
        ([{"tcp": {"destinationPort": {"range": {"start": 79, "end": 81}}}}], {("TCP", 80), ("TCP", 81)}),
        ([{"destinationNamedPort": "http"}], {("TCP", 80), ("UDP", 443)}),
        (
            [{"udp": {"destinationPort": {"number": 443}}}, {"sctp": {"destinationPort": {"number": 80}}}],
            {("UDP", 443), ("SCTP", 80)},
        ),
    ):
        world = asked(cnp("d", 1, "Deny", protocols=protocols))
        every = (("TCP", 80), ("TCP", 81), ("UDP", 443), ("SCTP", 80), ("UDP", 80))
        assert {one for one in every if not world.verdict("y/a", "x/a", one[1], one[0])} == passing


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tier": "Top"}, "none of Admin, Baseline"),
    ({"priority": 1001}, "not between 0 and 1000"),
    ({"priority": "1"}, "must be an integer"),
    ({"subject": {}}, "exactly one of namespaces, pods"),
    ({"subject": {"namespaces": {}, "pods": {"podSelector": {}}}}, "exactly one of namespaces, pods"),
    ({"subject": {"pods": {}}}, "must be given"),
    ({"ingress": [{"action": "Allow", "from": [EVERYONE]}]}, "none of Accept, Deny, Pass"),
    ({"ingress": [{"action": "Deny", "from": []}]}, "1 to 25 peers"),
    ({"ingress": [{"action": "Deny", "from": [{"networks": ["10.0.0.0/8"]}]}]}, "unknown peer"),
    ({"ingress": [{"action": "Deny", "from": [{"galaxies": {}}]}]}, "unknown peer"),
    ({"egress": [{"action": "Deny", "to": [{"networks": ["10.0.0.0"]}]}]}, "not a CIDR block"),
    (
        {
            "egress": [
                {
                    "action": "Deny",
                    "to": [{"networks": ["10.0.0.0/8"]}],
                    "protocols": [{"destinationNamedPort": "http"}],
                }
            ]
        },
        "have no named ports",
    ),
    (
        {
            "ingress": [
                {
                    "action": "Deny",
                    "from": [EVERYONE],
                    "protocols": [{"tcp": {"destinationPort": {"range": {"start": 5, "end": 5}}}}],
                }
            ]
        },
        "start must be less than end",
    ),
    ({"ingress": [{"action": "Deny", "from": [EVERYONE], "protocols": []}]}, "1 to 25 protocols"),
    ({"ingress": [{"action": "Deny", "from": [EVERYONE]}] * 26}, "more than 25 rules"),
]


@pytest.mark.parametrize(("more", "message"), REFUSED)
def test_what_the_server_refuses(more: dict[str, Any], message: str) -> None:
    spec = {"tier": "Admin", "priority": 1, "subject": RED, "ingress": [{"action": "Deny", "from": [EVERYONE]}], **more}
    world = asked(worlds.cluster_policy("bad", spec))
    (notice,) = world.model.notices
    assert message in notice.what
    assert world.verdict("y/a", "x/a") in (None, False)
    assert asked(worlds.cluster_policy("bad", spec), assume_rejected=True).verdict("y/a", "x/a") is True


@pytest.mark.parametrize(("action", "expected"), [("Accept", True), ("Deny", False), ("Pass", False)])
def test_a_rule_that_a_newer_server_took_fails_closed(action: str, expected: bool) -> None:
    unknown = cnp("p", 1, action, peer={})
    assert asked(unknown, live=True).verdict("y/a", "x/a") is expected
    assert asked(unknown, live=True).model.notices[0].kind == "unsupported"
    if action != "Accept":
        assert asked(unknown, live=True, profile="strict").verdict("y/a", "x/a") is None


def anp(action: str, priority: int = 1, **more: Any) -> dict[str, Any]:
    spec = {"priority": priority, "subject": RED, "ingress": [{"action": action, "from": [EVERYONE], **more}]}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": f"anp-{action.lower()}-{priority}"},
        "spec": spec,
    }


def banp(action: str, name: str = "default") -> dict[str, Any]:
    spec = {"subject": RED, "ingress": [{"action": action, "from": [EVERYONE]}]}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "BaselineAdminNetworkPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def test_the_forerunners_share_the_tiers() -> None:
    assert asked(anp("Deny")).verdict("y/a", "x/a") is False
    assert asked(anp("Pass"), banp("Deny")).verdict("y/a", "x/a") is False
    assert asked(anp("Allow"), np("x", ["Ingress"])).verdict("y/a", "x/a") is True
    assert asked(banp("Deny"), np("x", ["Ingress"], ingress=[{}])).verdict("y/a", "x/a") is True
    assert asked(anp("Deny", 5), cnp("c", 4, "Accept")).verdict("y/a", "x/a") is True
    assert asked(anp("Deny", ports=[{"portNumber": {"port": 80}}])).verdict("y/a", "x/a", 81) is True
    assert asked(anp("Deny", ports=[{"namedPort": "http"}])).verdict("y/a", "x/a", 80) is False
    assert asked(banp("Pass")).verdict("y/a", "x/a") is None
    assert asked(banp("Deny", "other")).verdict("y/a", "x/a") is None


def test_a_dataplane_that_does_not_know_a_kind_does_not_enforce_it() -> None:
    world = asked(anp("Deny"), profile="cilium")
    assert world.verdict("y/a", "x/a") is True
    assert world.model.notices[0].kind == "not-enforced"


def test_baseline_and_a_pod_selected_in_the_other_direction() -> None:
    policies = (cnp("d", 1, "Deny", tier="Baseline"), np("x", ["Egress"]))
    assert asked(*policies).verdict("y/a", "x/a") is False
    assert "dataplanes differ here" in asked(*policies).ask("y/a", "x/a").reason
    assert asked(*policies, profile="strict").verdict("y/a", "x/a") is None
