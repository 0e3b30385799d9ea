"""One policy or one pod changes: the relation brought up to date equals one made anew."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy import worlds
from tests.policy.generated import Generator
from tests.policy.test_relation import OUTSIDE, TRAFFIC

from seawall.model.cluster.meta import ObjectRef
from seawall.policy.lower import PolicyModel
from seawall.policy.relation import Relation


def answers(relation: Relation) -> list[object]:
    """Every verdict that the relation gives among its ends and with some addresses outside, and its counts."""
    world = relation.model.world
    ends = sorted(world.pods, key=lambda pod: pod.name) + sorted(world.nodes.values(), key=lambda node: node.name)
    found: list[object] = []
    for family in sorted(relation.views):
        outside = [one for one in OUTSIDE if one.address.family == family]
        for traffic in TRAFFIC:
            found += [relation.verdict(one, other, traffic, family) for one in ends for other in ends]
            found += [relation.verdict(one, other, traffic, family) for one in ends for other in outside]
            found += [relation.verdict(other, one, traffic, family) for one in ends for other in outside]
            found.append(relation.count(traffic))
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32), dual=st.booleans())
def test_policies_come_change_and_go(seed: int, dual: bool) -> None:
    generator = Generator(seed, dual=dual)
    relation = Relation.of(PolicyModel.of(generator.cluster(6, 5)))
    relation.count(TRAFFIC[0])
    for index in range(3):
        if index == 2 and relation.model.lowered:
            relation = relation.with_policy(None, relation.model.lowered[0].policy)
        else:
            relation = relation.with_policy(worlds.decoded(generator.policy(index)))
        assert answers(relation) == answers(Relation.of(relation.model))


def _kept(relation: Relation, other: Relation) -> bool:
    return relation.classes is other.classes


def test_what_is_not_touched_is_kept() -> None:
    generator = Generator(7, ("kubernetes",), odd=False)
    relation = Relation.of(PolicyModel.of(generator.cluster(10, 8)))
    before = relation.views[4].ingress
    spec = {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": 8443}]}],
    }
    after = relation.with_policy(worlds.decoded(worlds.policy("extra", spec, "red")))
    assert _kept(relation, after)
    selected = {
        relation.classes.class_of(pod)
        for pod in relation.model.world.pods
        if pod.namespace == "red" and pod.labels.get("app") == "web"
    }
    count = relation.views[4].cells.count
    changed = {at for at, rows in enumerate(after.views[4].ingress) if rows[:count] != before[at]}
    assert changed <= selected
    assert answers(after) == answers(Relation.of(after.model))


def test_a_policy_that_is_not_there_cannot_be_named_by_nothing() -> None:
    relation = Relation.of(PolicyModel.of(Generator(1).cluster()))
    with pytest.raises(ValueError, match="neither"):
        relation.with_policy(None)


def test_removing_what_is_not_there_changes_nothing() -> None:
    relation = Relation.of(PolicyModel.of(Generator(1, odd=False).cluster()))
    after = relation.with_policy(None, ObjectRef("NetworkPolicy", "red", "none", "networking.k8s.io"))
    assert answers(after) == answers(relation)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32))
def test_pods_come_and_go(seed: int) -> None:
    generator = Generator(seed, ("kubernetes", "cluster", "cilium"), odd=False)
    relation = Relation.of(PolicyModel.of(generator.cluster(9, 5)))
    chooser = random.Random(seed)
    for index in range(3):
        like = chooser.choice(relation.model.world.pods)
        labels = dict(like.labels) if chooser.random() < 0.7 else {"app": "new"}
        ports = [
            (name, number, {6: "TCP", 17: "UDP", 132: "SCTP"}[protocol]) for name, protocol, number in like.ports()
        ]
        source = worlds.decoded(
            worlds.pod(
                f"new{index}",
                like.namespace,
                labels,
                f"10.0.{index % 2}.{100 + index}",
                ports,
                "n1",
                account=like.spec.account,
            )
        )
        removed = like if chooser.random() < 0.5 else None
        relation = relation.with_pod(relation.model.world.pod(source), removed)  # type: ignore[arg-type]
        assert answers(relation) == answers(Relation.of(relation.model))
