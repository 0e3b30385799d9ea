"""Recommended policies against obviously right, slow versions: one pod pair and one port at a time, with the tuple evaluator."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.generated import Generator
from tests.policy.traffic import Traffic, edges_of

from seawall.app.policy import policy_model
from seawall.kit.intervals import cells
from seawall.kit.prefixes import Address
from seawall.policy.generate import FORMS, objects_of
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel
from seawall.policy.matrix import ALLOWED, DENIED, UNKNOWN
from seawall.policy.model import TCP, UDP, kind_of_traffic
from seawall.policy.observed import Placed, place
from seawall.policy.reach import ASKED, Reaching
from seawall.policy.recommend.recommendation import Recommendation, recommend
from seawall.policy.replay import replay
from seawall.policy.world import NodeEnd, OutsideEnd, PodEnd

PROFILES = {"kubernetes": "upstream", "cluster": "upstream", "calico": "calico", "cilium": "cilium"}
SLOWLY = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10_000)


def ends_of(placed: Placed, end: int) -> list[Any]:
    """The ends that one end of an edge stands for; the first and the last address of a network."""
    if placed.party[end] >= 0:
        party = placed.parties[placed.party[end]]
        return [party.node] if party.node is not None else list(party.pods)
    if placed.network[end] >= 0:
        network = placed.networks[placed.network[end]]
        return [OutsideEnd(Address(network.family, value)) for value in network.span]
    return []


@cache
def elsewhere(pod: PodEnd) -> PodEnd:
    """The pod, moved to another node: pods move, and what a node sends beyond probes is seen from anywhere. Kept, for judges know ends by identity."""
    found = copy.copy(pod)
    found.node = NodeEnd("elsewhere", {}, ())
    return found


def slow_flags(judge: Judge, placed: Placed, row: int) -> int:
    edges = placed.edges
    found = 0
    own = placed.party[edges.source[row]] >= 0 and placed.parties[placed.party[edges.source[row]]].own
    for source in ends_of(placed, edges.source[row]):
        for destination in ends_of(placed, edges.destination[row]):
            if source is destination:
                continue
            if own and destination.node is not source:
                continue
            if isinstance(source, NodeEnd) and not own and getattr(destination, "node", None) is source:
                destination = elsewhere(destination)
            family = 4
            allowed = judge.judge(Flow(source, destination, int(edges.traffic[row]), family)).allowed
            found |= {True: ALLOWED, False: DENIED, None: UNKNOWN}[allowed]
    return found


def alone(model: PolicyModel, documents: list[dict[str, Any]]) -> Judge:
    """A judge of these policies and no others."""
    lowered = [model.lower(one) for one in objects_of(tuple(documents))]
    return Judge(PolicyModel(model.world, model.profile, lowered))


def cut(judge: Judge, made: Recommendation) -> list[int]:
    """The observed edges that are not allowed to all pods."""
    return [
        row for row in np.flatnonzero(made.observed).tolist() if slow_flags(judge, made.placed, row) not in (0, ALLOWED)
    ]


@SLOWLY
@given(seeds)
def test_replay_says_what_the_judge_says_of_each_pod_pair(seed: int) -> None:
    traffic = Traffic(seed)
    generator = Generator(seed, ("kubernetes", "cluster"), odd=False)
    policies = [generator.policy(at) for at in range(4)]
    for policy in policies:
        if policy["metadata"].get("namespace"):
            policy["metadata"]["namespace"] = traffic.random.choice(("shop", "pay"))
    model = policy_model(traffic.cluster(*policies))
    placed = place(traffic.edges(30), Reaching(model).groups, model.world)
    found, judge = replay(Reaching(model), placed), Judge(model)
    for row in range(placed.edges.size):
        ends = placed.edges.source[row], placed.edges.destination[row]
        known = [placed.network[end] >= 0 for end in ends]
        if any(known):  # a network holds more addresses than the two that the slow version asks about
            assert slow_flags(judge, placed, row) & ~found[row] == 0
        elif -1 not in placed.party[list(ends)] and not any(placed.parties[placed.party[end]].node for end in ends):
            assert slow_flags(judge, placed, row) & ~found[row] == 0
            if ends[0] != ends[1]:
                assert slow_flags(judge, placed, row) == found[row]


@SLOWLY
@given(seeds, st.sampled_from(FORMS), st.sampled_from(("workload", "namespace")))
def test_every_observed_edge_stays_allowed_or_has_a_reason(seed: int, form: Any, scope: Any) -> None:
    traffic = Traffic(seed)
    model = policy_model(traffic.cluster(), PROFILES[form])
    made = recommend(model, traffic.edges(), form, scope)
    judge = alone(model, list(made.written.documents))
    for row in np.flatnonzero(made.observed).tolist():
        if made.drafted.reason[row] < 0:
            assert slow_flags(judge, made.placed, row) in (0, ALLOWED)
            assert made.proof.flags[row] in (0, ALLOWED)
    assert made.unneeded == ()
    assert not [
        notice
        for one in objects_of(made.written.documents)
        for notice in model.lower(one).notices
        if notice.kind == "refused"
    ]


def smaller(documents: tuple[dict[str, Any], ...]) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """The NetworkPolicies with one rule, peer or port less, and what was taken away."""
    for at, document in enumerate(documents):
        for direction, side in (("ingress", "from"), ("egress", "to")):
            rules = document["spec"].get(direction, [])
            for index, rule in enumerate(rules):
                for field in (None, side, "ports"):
                    for item in range(len(rule[field])) if field else (0,):
                        if field and len(rule[field]) == 1:
                            continue  # an empty list would mean everything; without its only item the rule is gone
                        changed = copy.deepcopy(list(documents))
                        mine = changed[at]["spec"][direction]
                        gone = {**rule, field: [mine[index][field].pop(item)]} if field else mine.pop(index)
                        yield changed, gone


@SLOWLY
@given(seeds, st.sampled_from(("workload", "namespace")))
def test_without_any_rule_peer_or_port_an_observed_edge_is_cut(seed: int, scope: Any) -> None:
    traffic = Traffic(seed)
    model = policy_model(traffic.cluster())
    made = recommend(model, traffic.edges(), "kubernetes", scope)
    before = cut(alone(model, list(made.written.documents)), made)
    mandatory = [one.traffic for one in made.proof.idle]
    for documents, gone in smaller(made.written.documents):
        if cut(alone(model, documents), made) != before:
            continue
        ports = {(one["protocol"], one["port"]) for one in gone["ports"]}
        assert ports <= {("UDP", 53), ("TCP", 53)}, f"nothing needs {gone}"
        assert any(kind_of_traffic(UDP, 53) in one or kind_of_traffic(TCP, 53) in one for one in mandatory)


@SLOWLY
@given(seeds)
def test_a_needless_rule_is_found(seed: int) -> None:
    """A proof of policies with one rule too many names that rule, and no rule that is needed."""
    from seawall.policy.recommend.proof import prove

    traffic = Traffic(seed)
    model = policy_model(traffic.cluster())
    made = recommend(model, traffic.edges(), "kubernetes")
    documents = copy.deepcopy(list(made.written.documents))
    documents[0]["spec"].setdefault("ingress", []).append(
        {"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"protocol": "TCP", "port": 9}]}
    )
    lowered = [model.lower(one) for one in objects_of(tuple(documents))]
    proof = prove(model, lowered, made.placed, made.observed, [])
    more = {(str(one.rule), one.part) for one in proof.idle} - {(str(one.rule), one.part) for one in made.proof.idle}
    path = f"spec.ingress[{len(documents[0]['spec']['ingress']) - 1}]"
    assert {part for _, part in more} == {"rule", "peer", "ports"}
    assert all(rule.endswith(path) for rule, _ in more)


@SLOWLY
@given(seeds, st.sampled_from(FORMS))
def test_the_surplus_is_what_is_allowed_and_was_not_seen(seed: int, form: Any) -> None:
    traffic = Traffic(seed)
    model = policy_model(traffic.cluster(), PROFILES[form])
    chosen = traffic.workloads[0]
    made = recommend(
        model,
        traffic.edges(),
        form,
        wanted=lambda unit, seen: any((one.pods[0].namespace, one.ref.name) == chosen for one in unit.workloads),
    )
    judge = alone(model, list(made.written.documents))
    subjects = {one.ref for draft in made.drafted.drafts for one in draft.unit.workloads}
    placed, edges = made.placed, made.placed.edges
    seen = {
        (placed.source[row], placed.destination[row], int(edges.traffic[row]))
        for row in np.flatnonzero(made.observed).tolist()
    }
    total = 0
    sets = [*judge.model.traffic_sets]
    workloads = [(at, party) for at, party in enumerate(placed.parties) if party.ref is not None]
    for at, source in workloads:
        for to, destination in workloads:
            if not {source.ref, destination.ref} & subjects:
                continue
            pairs = [(one, other) for one in source.pods for other in destination.pods if one is not other]
            for span in ASKED:
                for low, high in cells(sets, span):
                    if any(judge.judge(Flow(one, other, low, 4)).allowed for one, other in pairs):
                        total += (
                            high
                            - low
                            + 1
                            - sum(
                                (at, to, value) in seen
                                for value in range(low, high + 1)
                                if high - low < 100 or (at, to, value) in seen
                            )
                        )
    assert made.proof.surplus_pairs == total
    assert sum(one.ports for one in made.proof.surplus) == total


@SLOWLY
@given(seeds)
def test_a_selector_selects_its_unit_and_nothing_else(seed: int) -> None:
    model = policy_model(Traffic(seed).cluster())
    made = recommend(model, edges_of([]), "kubernetes")
    homes: dict[int, Any] = {
        id(pod): unit for unit in made.units.units for group in unit.workloads for pod in group.pods
    }
    for unit in made.units.units:
        assert unit.selector
        for pod in model.world.by_namespace[unit.namespace]:
            matches = all(pod.labels.get(key) == value for key, value in unit.selector.items())
            assert matches == (homes.get(id(pod)) is unit)
    named = {group.ref for unit in made.units.units for group in unit.workloads}
    assert named.isdisjoint(one.workload.ref for one in made.units.unnamed)
