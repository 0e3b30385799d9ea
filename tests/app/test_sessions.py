"""Sessions are signed, end, and can be ended; nothing about them needs a store."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seawall.app.principals import EVERYTHING, Identity
from seawall.app.sessions import Sessions

HOUR = 3600 * 10**9
WHO = Identity("link", "local", (), EVERYTHING)


def sessions(folder: Path, key: bytes = b"k" * 32) -> Sessions:
    return Sessions(key, folder / "signed-out", 12 * HOUR)


def test_a_session_is_read_back_until_it_is_over(tmp_path: Path) -> None:
    opened, cookie = sessions(tmp_path).open(WHO, now=0)
    again = sessions(tmp_path)  # another server, or the same after a restart
    assert again.read(cookie, 12 * HOUR - 1) == opened
    assert again.read(cookie, 12 * HOUR) is None


def test_signing_out_holds_for_every_server_that_shares_the_file(tmp_path: Path) -> None:
    one, other = sessions(tmp_path), sessions(tmp_path)
    first, first_cookie = one.open(WHO, now=0)
    _, second_cookie = one.open(WHO, now=0)
    one.end(first)
    assert other.read(first_cookie, 1) is None and one.read(first_cookie, 1) is None
    assert other.read(second_cookie, 1) is not None


def test_sign_outs_are_forgotten_only_when_the_session_is_over_anyway(tmp_path: Path) -> None:
    one = sessions(tmp_path)
    early, early_cookie = one.open(WHO, now=0)
    late, late_cookie = one.open(WHO, now=6 * HOUR)
    one.end(early)
    one.end(late)
    one.forget_over(13 * HOUR)
    assert (tmp_path / "signed-out").read_text().split()[0] == late.id
    assert one.read(early_cookie, 13 * HOUR) is None and one.read(late_cookie, 13 * HOUR) is None


def test_another_key_reads_nothing(tmp_path: Path) -> None:
    _, cookie = sessions(tmp_path).open(WHO, now=0)
    assert sessions(tmp_path, b"x" * 32).read(cookie, 1) is None


@given(st.text(max_size=200))
def test_no_text_is_a_session_by_chance(text: str) -> None:
    found = Sessions(b"k" * 32, Path("/nonexistent/signed-out"), HOUR)
    assert found.read(text, 0) is None
    assert found.unseal(text) is None


@given(st.data())
def test_a_changed_cookie_is_refused(data: st.DataObject) -> None:
    found = Sessions(b"k" * 32, Path("/nonexistent/signed-out"), HOUR)
    _, cookie = found.open(WHO, 0)
    at = data.draw(st.integers(0, len(cookie) - 1))
    other = data.draw(st.sampled_from("AbcXyz019-_."))
    changed = cookie[:at] + other + cookie[at + 1 :]
    assert (found.read(changed, 1) is not None) == (changed == cookie)


def test_sealed_values_are_not_sessions_nor_the_other_way_round(tmp_path: Path) -> None:
    one = sessions(tmp_path)
    session, cookie = one.open(WHO, 0)
    assert one.unseal(one.seal(b"state")) == b"state"
    assert one.unseal(cookie) is None
    assert one.read(one.seal(b"{}"), 0) is None
    assert one.csrf_matches(session, one.csrf_token(session))
    other, _ = one.open(WHO, 0)
    assert not one.csrf_matches(other, one.csrf_token(session))
    assert not one.csrf_matches(session, "naïve")
