"""RBAC, Node and ABAC against upstream's own authorizers, on generated objects and requests: the same answer, every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from tests.model.cluster.clusters import cluster_of
from tests.oracle import Decisions, Oracle
from tests.oracle.generate import abac, node
from tests.oracle.generate.rbac import worlds

from seawall.access import AccessIndex, Attributes
from seawall.access.attributes import selected_fields
from seawall.access.decision import Decision
from seawall.access.node import NodeAuthorizer
from seawall.model.cluster.coverage import LIVE

pytestmark = pytest.mark.oracle
Json = dict[str, Any]


def attributes(asked: Json) -> Attributes:
    return Attributes(
        user=asked["user"],
        groups=tuple(asked["groups"]),
        verb=asked["verb"],
        group=asked.get("group", ""),
        resource=asked.get("resource", ""),
        subresource=asked.get("subresource", ""),
        name=asked.get("name", ""),
        namespace=asked.get("namespace", ""),
        url=asked.get("nonResourceURL"),
        selected=selected_fields(asked.get("fieldSelector", "")),
    )


def answers(index: AccessIndex, requests: Sequence[Json]) -> list[Decision]:
    return [index.can(attributes(asked)) for asked in requests]


def compare(ours: list[Decision], upstream: Decisions, requests: Sequence[Json]) -> list[str]:
    return [
        f"{asked}: upstream {theirs}, ours {mine}"
        for mine, theirs, asked in zip(ours, upstream.decisions, requests, strict=True)
        if mine.allowed is not theirs.allowed
    ]


def test_rbac(oracle: Oracle) -> None:
    asked = list(worlds(1, 300))
    wrong, allowed, total = [], 0, 0
    for world, upstream in zip(asked, oracle.rbac(asked, masters=True), strict=True):
        ours = answers(AccessIndex(cluster_of(world.objects), ("RBAC",)), world.requests)
        wrong += compare(ours, upstream, world.requests)
        allowed += sum(decision.allowed is True for decision in ours)
        total += len(ours)
    print(f"RBAC: {total} requests, {allowed} allowed, {len(wrong)} disagreements")
    assert not wrong, (len(wrong), wrong[:3])
    assert total >= 15_000
    assert allowed > total / 20


def test_rbac_of_a_live_cluster_takes_the_rules_as_they_stand(oracle: Oracle) -> None:
    asked = list(worlds(2, 100, loops=True))
    wrong = []
    for world, upstream in zip(asked, oracle.rbac(asked, aggregate=False), strict=True):
        index = AccessIndex(cluster_of(world.objects, scope=LIVE), ("RBAC",))
        requests = [one for one in world.requests if "system:masters" not in one["groups"]]
        kept = [
            decision
            for one, decision in zip(world.requests, upstream.decisions, strict=True)
            if "system:masters" not in one["groups"]
        ]
        wrong += compare(answers(index, requests), Decisions(tuple(kept)), requests)
    assert not wrong, (len(wrong), wrong[:3])


def test_loops_of_aggregation_are_unknown_or_right(oracle: Oracle) -> None:
    """What hangs on the controller's order is not answered; everything else is, and rightly."""
    asked = list(worlds(7, 1_000, requests=20, loops=True))
    seen: Counter[tuple[bool | None, bool]] = Counter()
    for world, upstream in zip(asked, oracle.rbac(asked, masters=True), strict=True):
        index = AccessIndex(cluster_of(world.objects), ("RBAC",))
        if upstream.error is not None:  # two roles that swap their rules for ever
            assert any("in a loop" in problem.what for problem in index.problems)
            continue
        for decision, theirs in zip(answers(index, world.requests), upstream.decisions, strict=True):
            seen[decision.allowed, theirs.allowed] += 1
    assert not seen[True, False], seen
    assert not seen[False, True], seen
    assert seen[None, True], seen
    assert seen[None, True] + seen[None, False] < seen.total() / 200, seen


def test_aggregated_rules(oracle: Oracle) -> None:
    for world in worlds(3, 300, requests=0):
        index = AccessIndex(cluster_of(world.objects), ("RBAC",))
        for name, rules in oracle.rbac_rules(world.objects).items():
            mine = index.rbac.cluster_role_rules(name)
            assert [list(rule.resources) for rule in mine] == [rule.get("resources") or [] for rule in rules]
            assert [list(rule.verbs) for rule in mine] == [rule.get("verbs") or [] for rule in rules]


def test_node(oracle: Oracle) -> None:
    cases = list(node.worlds(4, 300))
    wrong, allowed, total = [], 0, 0
    for (objects, requests), upstream in zip(cases, oracle.node(cases), strict=True):
        assert upstream.error is None, upstream.error
        judge = NodeAuthorizer(cluster_of(objects, scope=LIVE))
        ours = [judge.decide(attributes(asked)) for asked in requests]
        wrong += compare(ours, upstream, requests)
        allowed += sum(decision.allowed is True for decision in ours)
        total += len(ours)
    print(f"Node: {total} requests, {allowed} allowed, {len(wrong)} disagreements")
    assert not wrong, (len(wrong), wrong[:3])
    assert total >= 15_000
    assert allowed > total / 20


def test_abac(oracle: Oracle) -> None:
    asked = list(abac.cases(5, 1_000, requests=15))
    wrong, allowed, total = [], 0, 0
    cluster = cluster_of([])
    for (policy, requests), upstream in zip(asked, oracle.abac(asked), strict=True):
        try:
            index = AccessIndex(cluster, ("ABAC",), abac_policy=policy)
        except ValueError as error:
            if upstream.error is None:
                wrong.append(f"{policy}: ours {error}")
            continue
        if upstream.error is not None:
            wrong.append(f"{policy}: upstream {upstream.error}")
            continue
        ours = answers(index, requests)
        wrong += compare(ours, upstream, requests)
        allowed += sum(decision.allowed is True for decision in ours)
        total += len(ours)
    print(f"ABAC: {total} requests, {allowed} allowed, {len(wrong)} disagreements")
    assert not wrong, (len(wrong), wrong[:3])
    assert total >= 10_000
    assert allowed > total / 20
