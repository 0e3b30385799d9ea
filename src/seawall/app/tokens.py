"""API tokens for machines and one-time links for people: made here, shown once, kept as hashes.

Both live in the state directory as files, so `seawall token` and a running server need not talk to each other. Secrets are 256 random bits: a plain
SHA-256 of one cannot be searched, so nothing slower is needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_urlsafe

import msgspec

from seawall.app.principals import Grant, Identity
from seawall.kit.errors import UserError

_TOKEN = re.compile(r"swt_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LINK = re.compile(r"[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@-]{0,99}")


class ApiToken(msgspec.Struct, frozen=True, rename="camel"):
    """What is kept of a token. Times are UTC nanoseconds; `expires` is None for one without an end."""

    id: str
    name: str
    hash: str
    grant: Grant
    created: int
    expires: int | None = None


class TokenFile:
    """The tokens of an installation, in one JSON file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], dict[str, ApiToken]] | None = None

    def create(self, name: str, grant: Grant, *, now: int, expires: int | None) -> tuple[ApiToken, str]:
        """A new token and its secret text, which is not kept. Raises UserError for a name that cannot be used."""
        if not _NAME.fullmatch(name):
            raise UserError(f"`{name}` cannot name a token", do="use letters, digits, space and ._:/@-, at most 100")
        secret = token_urlsafe(32)
        with self._changing() as tokens:
            token_id = _fresh_id(tokens)
            token = ApiToken(token_id, name, _hash(secret), grant, now, expires)
            tokens[token_id] = token
        return token, f"swt_{token_id}_{secret}"

    def revoke(self, token_id: str) -> ApiToken:
        """Forget a token. Raises UserError if there is none of that id."""
        with self._changing() as tokens:
            if token_id not in tokens:
                raise UserError(f"no token `{token_id}`", do="see `seawall token list`")
            return tokens.pop(token_id)

    def tokens(self) -> tuple[ApiToken, ...]:
        return tuple(self._tokens().values())

    def identity(self, text: str, now: int) -> Identity | None:
        """Who a token stands for; None for a wrong, revoked or expired one."""
        found = _TOKEN.fullmatch(text)
        token = self._tokens().get(found[1]) if found else None
        # a token that does not exist takes as long as a wrong one
        right = hmac.compare_digest(token.hash if token else _NOTHING, _hash(found[2] if found else ""))
        if token is None or not right or (token.expires is not None and now >= token.expires):
            return None
        return Identity("token", token.name, (), token.grant)

    def _tokens(self) -> dict[str, ApiToken]:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return {}
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if self._read is None or self._read[0] != stamp:
            try:
                tokens = msgspec.json.decode(self._path.read_bytes(), type=list[ApiToken])
            except msgspec.DecodeError as error:
                raise UserError(f"not a file of tokens: {error}", where=str(self._path)) from error
            self._read = (stamp, {token.id: token for token in tokens})
        return self._read[1]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ApiToken]]:
        lock = self._path.with_suffix(".lock")
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            tokens = dict(self._tokens())
            yield tokens
            write_private(self._path, msgspec.json.format(msgspec.json.encode(list(tokens.values())), indent=2))


class SignInLinks:
    """One-time links. Each is a file named by the hash of its secret; using one removes the file, which can happen only once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, grant: Grant, *, expires: int) -> str:
        """A secret to put into a link, worth one sign-in until `expires` (UTC nanoseconds)."""
        secret = token_urlsafe(32)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._folder / _hash(secret), msgspec.json.encode(_Link(grant, expires)))
        return secret

    def use(self, secret: str, now: int) -> Identity | None:
        """Who the link signs in; None if it is wrong, used or over. It is worth nothing afterwards."""
        if not _LINK.fullmatch(secret):
            return None
        wanted = _hash(secret)
        name = next((one for one in self._names() if hmac.compare_digest(one, wanted)), None)
        if name is None:
            return None
        path = self._folder / name
        try:
            link = msgspec.json.decode(path.read_bytes(), type=_Link)
            path.unlink()
        except (FileNotFoundError, msgspec.DecodeError):  # another was faster
            return None
        return Identity("link", "local", (), link.grant) if now < link.expires else None

    def forget_over(self, now: int) -> None:
        """Remove links whose time is over."""
        for name in self._names():
            path = self._folder / name
            with suppress(FileNotFoundError, msgspec.DecodeError):
                if msgspec.json.decode(path.read_bytes(), type=_Link).expires <= now:
                    path.unlink()

    def _names(self) -> list[str]:
        try:
            return [entry.name for entry in self._folder.iterdir() if len(entry.name) == 64]
        except FileNotFoundError:
            return []


class _Link(msgspec.Struct, frozen=True):
    grant: Grant
    expires: int


def installation_key(path: Path) -> bytes:
    """The installation's key, 32 random bytes made at the first call. Raises UserError where the file is no key."""
    with suppress(FileExistsError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
    key = path.read_bytes()
    if len(key) < 32:
        raise UserError("too short for a key", where=str(path), do="put 32 random bytes there, or remove it")
    return key


def write_private(path: Path, content: bytes) -> None:
    """Replace a file whole, readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_NOTHING = _hash("")


def _fresh_id(tokens: dict[str, ApiToken]) -> str:
    while True:
        token_id = re.sub(r"[^A-Za-z0-9]", "", token_urlsafe(12))[:8]
        if len(token_id) == 8 and token_id not in tokens:
            return token_id
