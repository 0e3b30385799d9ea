from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kit.intervals import IntervalSet, cells

_TOP = 40
_SPANS = st.lists(
    st.tuples(st.integers(0, _TOP), st.integers(0, _TOP)).map(lambda pair: (min(pair), max(pair))), max_size=5
)


def plain(one: IntervalSet) -> set[int]:
    return {value for low, high in one.spans for value in range(low, high + 1)}


def plainly(spans: list[tuple[int, int]]) -> set[int]:
    return {value for low, high in spans for value in range(low, high + 1)}


@given(_SPANS, _SPANS)
def test_the_algebra_is_that_of_sets(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    one, other = IntervalSet(first), IntervalSet(second)
    mine, theirs = plainly(first), plainly(second)
    assert plain(one) == mine
    assert plain(one | other) == mine | theirs
    assert plain(one & other) == mine & theirs
    assert plain(one - other) == mine - theirs
    assert (one <= other) == (mine <= theirs)
    assert len(one) == len(mine)
    assert (one == other) == (mine == theirs)
    assert {value for value in range(_TOP + 2) if value in one} == mine


@given(_SPANS)
def test_spans_are_sorted_and_never_touch(spans: list[tuple[int, int]]) -> None:
    found = IntervalSet(spans).spans
    assert all(low <= high for low, high in found)
    assert all(earlier[1] + 1 < later[0] for earlier, later in itertools.pairwise(found))


def test_an_inverted_span_is_refused() -> None:
    with pytest.raises(ValueError, match="inverted"):
        IntervalSet([(1, 2), (5, 3)])


@given(st.lists(_SPANS, max_size=4))
def test_no_set_divides_a_cell(many: list[list[tuple[int, int]]]) -> None:
    sets = [IntervalSet(spans) for spans in many]
    found = cells(sets, (0, _TOP))
    assert [value for low, high in found for value in range(low, high + 1)] == list(range(_TOP + 1))
    for low, high in found:
        for one in sets:
            assert len({value in one for value in range(low, high + 1)}) == 1
