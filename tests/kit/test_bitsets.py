from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seawall.kit.bitsets import Sums, Weights, bitset, members

_SETS = st.sets(st.integers(0, 3000), max_size=60) | st.sets(st.integers(0, 700), min_size=200, max_size=500)


@given(_SETS)
def test_members_go_in_and_come_out_in_order(chosen: set[int]) -> None:
    bits = bitset(chosen)
    assert bits == sum(1 << member for member in chosen)
    assert list(members(bits)) == sorted(chosen)


@given(st.lists(st.integers(0, 300), max_size=80), st.data())
def test_a_set_weighs_what_its_members_weigh(weights: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, max(0, len(weights) - 1)), max_size=len(weights))) if weights else set()
    assert Weights(weights).of(bitset(chosen)) == sum(weights[member] for member in chosen)


@given(st.lists(st.sets(st.integers(0, 90)), max_size=60))
def test_sets_added_up_weigh_what_each_weighs(added: list[set[int]]) -> None:
    weights, sums = Weights([member % 5 for member in range(91)]), Sums()
    for one in added:
        sums.add(bitset(one))
    assert sums.weigh(weights) == sum(member % 5 for one in added for member in one)
