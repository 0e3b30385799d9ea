"""One text for one sequence of bytes, and no other text that means the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kit import base64url


@given(st.binary(max_size=80))
def test_what_was_written_is_read(body: bytes) -> None:
    assert base64url.decode(base64url.encode(body)) == body


@given(st.text("ABCabcwxyz0189-_=!. \né", max_size=12))
def test_a_text_is_read_only_if_it_would_be_written_so(text: str) -> None:
    try:
        body = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(body) == text


@pytest.mark.parametrize(
    "text", ["YR", "Y Q", "YQ==", "Y+8", "é"]
)  # unused bits, a foreign sign, padding, the other alphabet
def test_what_the_library_would_let_pass_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        base64url.decode(text)
