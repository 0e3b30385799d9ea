"""The matrix of groups against the relation, pair by pair of pods."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy.generated import Generator

from seawall.policy.lower import PolicyModel
from seawall.policy.matrix import ALLOWED, DENIED, UNKNOWN, group_matrix
from seawall.policy.model import TCP, UDP, kind_of_traffic, ports_of
from seawall.policy.reach import Reaching

FLAGS = {True: ALLOWED, False: DENIED, None: UNKNOWN}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1 << 32), dual=st.booleans(), traffic=st.sampled_from([(TCP, 80), (TCP, 8080), (UDP, 53)]))
def test_each_flag_is_true_of_some_pair_and_no_other(seed: int, dual: bool, traffic: tuple[int, int]) -> None:
    model = PolicyModel.of(Generator(seed, dual=dual).cluster(9, 7))
    reaching = Reaching(model)
    relation = reaching.relation
    cell_of = {family: view.cells.of(kind_of_traffic(*traffic)) for family, view in relation.views.items()}
    groups = list(model.world.by_namespace.values())
    found = group_matrix(reaching, groups, groups, ports_of(traffic[0], traffic[1], traffic[1]))
    for (column, destinations), (row, sources) in itertools.product(enumerate(groups), repeat=2):
        expected = 0
        for source, destination in itertools.product(sources, destinations):
            for family, view in relation.views.items():
                has = (
                    relation.classes.everyone
                    if len(relation.views) == 1
                    else relation.has_family(family) | relation.classes.nodes
                )
                ends = reaching.class_of(source), reaching.class_of(destination)
                if source is not destination and all(has >> end & 1 for end in ends):
                    expected |= FLAGS[view.verdict(*ends, cell_of[family])]
        assert found[column][row] == expected, (column, row)


def test_one_pod_alone_is_no_pair() -> None:
    model = PolicyModel.of(Generator(1).cluster(3, 0))
    reaching = Reaching(model)
    pod = [model.world.pods[0]]
    assert group_matrix(reaching, [pod], [pod]) == [b"\0"]
