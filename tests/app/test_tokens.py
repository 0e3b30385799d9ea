"""Tokens and links: shown once, kept as hashes, single use where promised, also between processes."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from seawall.app.principals import EVERYTHING, Grant, Role
from seawall.app.tokens import SignInLinks, TokenFile, installation_key
from seawall.kit.errors import UserError

READER = Grant(Role.VIEW, namespaces=("prod/shop",))


def test_a_token_is_known_by_its_text_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token, text = TokenFile(path).create("grafana", READER, now=5, expires=None)
    found = TokenFile(path).identity(text, 10**18)
    assert found is not None
    assert (found.provider, found.name, found.grant) == ("token", "grafana", READER)
    kept = path.read_text()
    assert text.split("_", 2)[2] not in kept and token.hash in kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_wrong_revoked_and_expired_tokens_are_nobody(tmp_path: Path) -> None:
    tokens = TokenFile(tmp_path / "tokens.json")
    first, text = tokens.create("a", READER, now=0, expires=100)
    _, other = tokens.create("b", READER, now=0, expires=None)
    assert tokens.identity(text, 99) is not None and tokens.identity(text, 100) is None
    swapped = f"swt_{first.id}_{other.split('_', 2)[2]}"
    for wrong in ("", "swt_", text[:-1], text + "x", swapped, f"swt_zzzzzzzz_{text[13:]}", "Bearer " + text):
        assert tokens.identity(wrong, 0) is None
    running = TokenFile(tmp_path / "tokens.json")
    assert running.identity(text, 0) is not None
    tokens.revoke(first.id)
    assert running.identity(text, 0) is None, "a running server notices"
    with pytest.raises(UserError, match="seawall token list"):
        tokens.revoke(first.id)


def test_a_token_needs_a_name_and_the_file_must_be_one(tmp_path: Path) -> None:
    tokens = TokenFile(tmp_path / "tokens.json")
    with pytest.raises(UserError, match="cannot name a token"):
        tokens.create("a\nb", READER, now=0, expires=None)
    (tmp_path / "tokens.json").write_text("{")
    with pytest.raises(UserError, match=r"tokens\.json: not a file of tokens"):
        tokens.tokens()


def test_a_link_signs_in_once(tmp_path: Path) -> None:
    links = SignInLinks(tmp_path / "links")
    secret = links.create(EVERYTHING, expires=100)
    assert all(secret not in path.name + path.read_text() for path in (tmp_path / "links").iterdir())
    assert links.use(secret[:-1] + "_", 0) is None and links.use("", 0) is None and links.use("../x", 0) is None
    found = links.use(secret, 99)
    assert found is not None and (found.provider, found.grant) == ("link", EVERYTHING)
    assert links.use(secret, 99) is None


def test_a_link_that_is_over_is_worth_nothing_and_goes(tmp_path: Path) -> None:
    links = SignInLinks(tmp_path / "links")
    secret, kept = links.create(EVERYTHING, expires=100), links.create(EVERYTHING, expires=200)
    assert links.use(secret, 100) is None
    links.create(EVERYTHING, expires=100)
    links.forget_over(150)
    assert len(list((tmp_path / "links").iterdir())) == 1
    assert links.use(kept, 150) is not None


def _use(folder: Path, secret: str) -> bool:
    return SignInLinks(folder).use(secret, 0) is not None


def test_of_many_processes_one_gets_in(tmp_path: Path) -> None:
    secret = SignInLinks(tmp_path).create(EVERYTHING, expires=100)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert sum(pool.starmap(_use, [(tmp_path, secret)] * 16)) == 1


def test_the_installation_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "installation.key"
    key = installation_key(path)
    assert len(key) == 32 and installation_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"short")
    with pytest.raises(UserError, match="too short"):
        installation_key(path)
