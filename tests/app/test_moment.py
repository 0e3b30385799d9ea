"""Times as people write them, to the nanosecond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.app.moment import moment, nanoseconds_of, rfc3339


def test_times_as_people_write_them() -> None:
    assert nanoseconds_of("2023-11-14T22:13:20Z") == 1_700_000_000_000_000_000
    assert nanoseconds_of("2023-11-14T23:13:20.123456789+01:00") == 1_700_000_000_123_456_789
    assert moment("now-15m", 10**18) == 10**18 - 15 * 60 * 10**9
    for wrong in ("2023-11-14T22:13:20", "yesterday", "", "1700000000123456789"):
        with pytest.raises(ValueError, match=r"."):
            nanoseconds_of(wrong)


@given(st.integers(0, 2**63 - 1))
def test_a_time_that_was_written_is_read(nanoseconds: int) -> None:
    assert nanoseconds_of(rfc3339(nanoseconds)) == nanoseconds
