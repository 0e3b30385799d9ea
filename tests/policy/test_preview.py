"""The effect of a change on recorded edges, against the tuple evaluator asked of each pair of pods before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import worlds
from tests.policy.generated import Generator
from tests.policy.test_recommend import slow_flags
from tests.policy.traffic import Traffic as Made
from tests.policy.traffic import deployment, edges_of, pods_of

from seawall.app.preview import change_between, change_with, preview, standing
from seawall.app.traffic import HOUR, Traffic
from seawall.policy.judge import Judge
from seawall.policy.matrix import ALLOWED, DENIED
from seawall.policy.model import TCP, UDP, kind_of_traffic
from seawall.policy.observed import Edges, EndName, place

SLOWLY = settings(max_examples=15, deadline=None)


def recorded(edges: Edges, **more: Any) -> Traffic:
    given: dict[str, Any] = {
        "since": 0,
        "until": 10 * HOUR,
        "hours": 10,
        "lost": {},
        "labels": {},
        "simulated": False,
        "records": edges.size,
    }
    return Traffic(edges=edges, **{**given, **more})


@SLOWLY
@given(st.integers(0, 10_000))
def test_cut_and_opened_are_what_the_judge_says_before_and_after(seed: int) -> None:
    made = Made(seed)
    generator = Generator(seed, ("kubernetes",), odd=False)
    policies = [generator.policy(at) for at in range(4)]
    for policy in policies:
        policy["metadata"]["namespace"] = made.random.choice(("shop", "pay"))
    inside = made.edges(40)
    keep = np.array(
        [
            inside.ends[one].entity == "pod" == inside.ends[other].entity
            for one, other in zip(inside.source, inside.destination, strict=True)
        ],
        bool,
    )
    edges = inside.take(keep)
    before, after = made.cluster(*policies[:3]), made.cluster(policies[0], *policies[2:])
    change = change_between(before, after, "upstream")
    found = preview(change, recorded(edges)).recorded
    assert found is not None
    placed = place(edges, change.before.groups, change.world)
    judges = [Judge(model) for model in change.models]
    cut = opened = 0
    for row in range(placed.edges.size):
        if placed.edges.source[row] == placed.edges.destination[row]:
            continue  # of a pod and its like classes say more than the pairs that happen to be there
        then, now = (slow_flags(judge, placed, row) for judge in judges)
        passed = placed.edges.allowed[row] > 0 or (placed.edges.unknown[row] > 0 and then & ALLOWED)
        cut += bool(passed and then == ALLOWED and now & DENIED)
        opened += bool(placed.edges.denied[row] and then == DENIED and now & ALLOWED)
    same = sum(flow.source == flow.destination for flow in (*found.cut_flows, *found.opened_flows))
    assert (cut, opened) == (
        found.cut - sum(f.source == f.destination for f in found.cut_flows),
        found.opened - (same - sum(f.source == f.destination for f in found.cut_flows)),
    )


SHOP = [
    worlds.namespace("shop"),
    worlds.namespace("kube-system"),
    deployment("web", "shop", {"app": "web"}),
    *pods_of("web", "shop", {"app": "web"}, ["10.0.0.1", "10.0.0.2"]),
    deployment("db", "shop", {"app": "db"}),
    *pods_of("db", "shop", {"app": "db"}, ["10.0.0.3"]),
    worlds.pod("coredns", "kube-system", {"k8s-app": "kube-dns"}, "10.0.9.1"),
    worlds.service("kube-dns", "kube-system", {"k8s-app": "kube-dns"}, [{"port": 53, "protocol": "UDP"}]),
]
WEB, DB = EndName("pod", "shop", "web", "Deployment"), EndName("pod", "shop", "db", "Deployment")
QUERY = kind_of_traffic(TCP, 5432)


def policy(name: str, selector: dict[str, str], **spec: Any) -> dict[str, Any]:
    return worlds.policy(name, {"podSelector": {"matchLabels": selector} if selector else {}, **spec}, "shop")


def test_a_change_that_cuts_dns_for_everybody_is_said_first() -> None:
    before = worlds.cluster([one for one in SHOP if one.get("metadata", {}).get("name") != "coredns-x"], live=True)
    change = change_with(standing(before, "upstream"), [worlds.decoded(policy("shut", {}, policyTypes=["Egress"]))])
    found = preview(change, None)
    assert any("cuts DNS for 2 of 3 workloads: shop/db, shop/web" in one for one in found.first)
    assert found.recorded is None


def test_a_policy_that_selects_nothing_is_said_first() -> None:
    change = change_with(
        standing(worlds.cluster(SHOP, live=True), "upstream"),
        [worlds.decoded(policy("typo", {"app": "wbe"}, policyTypes=["Ingress"]))],
    )
    found = preview(change, recorded(edges_of([(WEB, DB, QUERY, "allowed")])))
    assert "selects no pod" in found.first[0]
    assert found.recorded is not None
    assert found.recorded.cut == 0


def test_a_recorded_flow_that_would_be_cut_is_named_with_what_decides() -> None:
    change = change_with(
        standing(worlds.cluster(SHOP, live=True), "upstream"),
        [worlds.decoded(policy("shut", {"app": "db"}, policyTypes=["Ingress"]))],
    )
    gone = EndName("pod", "shop", "gone", "Deployment")
    found = preview(change, recorded(edges_of([(WEB, DB, QUERY, "allowed"), (gone, DB, QUERY, "allowed")]), hours=2))
    assert found.recorded is not None
    [flow] = found.recorded.cut_flows
    assert (flow.source, flow.destination, flow.traffic) == ("shop/web", "shop/db", "TCP 5432")
    assert "shut" in flow.why
    assert any("shop/gone" in one and "not in the cluster any more" in one for one in found.first)
    assert any("2 of the window's 10 hours" in one for one in found.first)
    assert found.recorded.confidence.level == "low"


def test_labels_that_changed_and_lost_records_are_said() -> None:
    change = change_with(
        standing(worlds.cluster(SHOP, live=True), "upstream"),
        [worlds.decoded(policy("shut", {"app": "db"}, policyTypes=["Ingress"]))],
    )
    labels = {
        ("shop", "web"): (frozenset({"app=frontend"}),),
        ("shop", "db"): (frozenset({"app=db", "pod-template-hash=1"}),),
    }
    found = preview(change, recorded(edges_of([(WEB, DB, QUERY, "allowed")]), labels=labels, lost={"too long": 7}))
    assert any("labels of shop/web have changed" in one and "app=frontend" in one for one in found.first)
    assert not any("shop/db have changed" in one for one in found.first)
    assert any("7 records are lost: too long" in one for one in found.first)


def test_flows_that_the_policies_before_deny_already_are_no_cut() -> None:
    shut = policy("shut", {"app": "db"}, policyTypes=["Ingress"])
    more = policy("more", {"app": "db"}, policyTypes=["Ingress"], ingress=[{"ports": [{"port": 80}]}])
    change = change_with(standing(worlds.cluster([*SHOP, shut], live=True), "upstream"), [worlds.decoded(more)])
    found = preview(change, recorded(edges_of([(WEB, DB, QUERY, "allowed")])))
    assert found.recorded is not None
    assert (found.recorded.cut, found.recorded.disagree) == (0, 1)
    assert any("although the policies before the change deny them" in one for one in found.first)


def test_one_policy_gone_opens_what_it_denied() -> None:
    shut = policy("shut", {"app": "db"}, policyTypes=["Ingress"])
    change = change_between(worlds.cluster([*SHOP, shut], live=True), worlds.cluster(SHOP, live=True), "upstream")
    found = preview(
        change, recorded(edges_of([(WEB, DB, QUERY, "denied"), (WEB, DB, kind_of_traffic(UDP, 9), "allowed")]))
    )
    assert found.recorded is not None
    assert (found.recorded.opened, found.recorded.cut, found.recorded.disagree) == (1, 0, 1)
