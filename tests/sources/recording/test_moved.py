"""A recording moved through time keeps every distance within a take."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.recording.recorded import BEGAN, SECOND, text_of

from seawall.sources.recording.format import Take
from seawall.sources.recording.moved import DAY, Moved

TAKES = (Take(BEGAN, "before", 1), Take(BEGAN + 300 * SECOND, "today", 0))
inside = st.integers(0, 900 * SECOND)


@settings(deadline=None)
@given(one=inside, other=inside, days=st.integers(-400, 400))
def test_distances_stay_within_a_take_and_grow_by_the_days_between_takes(one: int, other: int, days: int) -> None:
    moved = Moved(TAKES, days * DAY + 7 * SECOND)
    first, second = sorted((BEGAN + one, BEGAN + other))
    between = moved.time(second) - moved.time(first)
    apart = first < TAKES[1].at <= second
    assert between == second - first + (DAY if apart else 0)


@settings(deadline=None)
@given(at=inside, offset=st.integers(-(10**6), 10**6))
def test_a_time_in_a_text_moves_as_the_time_does(at: int, offset: int) -> None:
    moved = Moved(TAKES, offset * SECOND)
    whole = at // 1000 * 1000
    record = json.dumps({"a": {"time": text_of(BEGAN + whole)}, "b": [f"not {text_of(BEGAN)} alone"]}).encode()
    assert json.loads(moved.text(record)) == {
        "a": {"time": text_of(moved.time(BEGAN + whole))},
        "b": [f"not {text_of(BEGAN)} alone"],
    }


@settings(deadline=None)
@given(at=inside, shown=st.integers(10**18, 2 * 10**18))
def test_a_recording_is_moved_so_that_a_time_is_shown_where_it_is_wanted(at: int, shown: int) -> None:
    found = Moved.showing(TAKES, BEGAN + at, shown).time(BEGAN + at)
    assert shown - SECOND < found <= shown


def test_only_whole_seconds() -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        Moved(TAKES, 5)


def test_what_is_no_time_stays() -> None:
    moved = Moved(TAKES, SECOND)
    for text in (b'"2026-13-45T00:00:00Z"', b'"2026-09-21"', b'"2026-09-21T14:13:20+02:00"', b"2026-09-21T14:13:20Z"):
        assert moved.text(text) == text
