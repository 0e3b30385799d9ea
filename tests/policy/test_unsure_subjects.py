"""Rules that may be about a pod beside rules that surely are: the set evaluator shares rows only among classes that agree in both."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import worlds

from seawall.policy.batch import Batch
from seawall.policy.judge import Flow, Judge
from seawall.policy.labels import Match
from seawall.policy.lower import PolicyModel, RuleSet
from seawall.policy.model import (
    DEFAULT_TIER,
    EVERYONE,
    MIDDLE,
    TCP,
    Action,
    AnyOf,
    Direction,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Traffic,
    Unsure,
    kind_of_traffic,
    ports_of,
)
from seawall.policy.relation import Relation

TRAFFIC = (kind_of_traffic(TCP, 80), kind_of_traffic(TCP, 81))
APPS = ("a", "b", "c", "d")
MODEL = PolicyModel.of(
    worlds.cluster([worlds.pod(app, labels={"app": app}, ip=f"10.0.0.{at}") for at, app in enumerate(APPS, start=1)])
)


def pods(apps: frozenset[str]) -> Peer:
    return Selected(Match("label", "app", "in", tuple(sorted(apps))))


def subject(surely: frozenset[str], perhaps: frozenset[str]) -> Peer:
    return AnyOf((pods(surely), Unsure("not known", pods(surely | perhaps))))


_APPS = st.frozensets(st.sampled_from(APPS))
_RULES = st.lists(
    st.tuples(
        st.builds(subject, _APPS, _APPS),
        _APPS.map(pods) | st.just(EVERYONE),
        st.sampled_from((Action.ALLOW, Action.DENY, Action.PASS)),
        st.sampled_from(Direction),
        st.sampled_from((Traffic(), Traffic(ports_of(TCP, 80, 80)))),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(_RULES)
def test_sets_and_tuples_agree_where_a_rule_may_be_about_a_pod(
    drawn: list[tuple[Peer, Peer, Action, Direction, Traffic]],
) -> None:
    rules = RuleSet(
        Rule(DEFAULT_TIER, (MIDDLE, 0.0, "", at), direction, about, peer, traffic, action, RuleRef(None, name=str(at)))
        for at, (about, peer, action, direction, traffic) in enumerate(drawn)
    )
    judge, relation = Judge(MODEL, rules), Relation.of(MODEL, rules.rules)
    ends = MODEL.world.pods
    asked = [(*pair, traffic) for pair in itertools.permutations(range(len(ends)), 2) for traffic in TRAFFIC]
    expected = [judge.judge(Flow(ends[one], ends[other], traffic, 4)).allowed for one, other, traffic in asked]
    assert [relation.verdict(ends[one], ends[other], traffic, 4) for one, other, traffic in asked] == expected
    judged = Batch(relation, 4).judge(*(list(column) for column in zip(*asked, strict=True)))
    assert [judged.outcomes[index].allowed for index in judged.index] == expected
