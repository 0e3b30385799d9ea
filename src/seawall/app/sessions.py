"""Sessions: what a signed-in browser holds.

A session is a signed statement of who signed in and until when, kept by the browser alone. Any server with the installation's key can read it, also
after a restart and with the store away. Signing out early is remembered until the session would have ended anyway.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from secrets import token_urlsafe

import msgspec

from seawall.app.moment import SECOND
from seawall.app.principals import Identity
from seawall.kit import base64url


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who signed in; `expires` in UTC nanoseconds."""

    id: str
    identity: Identity
    expires: int


class Sessions:
    """Opens, reads and ends sessions. `key` is the installation's; `revoked` is the file that remembers sign-outs."""

    def __init__(self, key: bytes, revoked: Path, lifetime: int) -> None:
        self._key = hmac.digest(key, b"seawall session", "sha256")
        self._csrf_key = hmac.digest(key, b"seawall csrf", "sha256")
        self._file, self.lifetime = revoked, lifetime
        self._revoked: set[str] = set()
        self._read_to = 0

    def open(self, identity: Identity, now: int) -> tuple[Session, str]:
        """A new session and the cookie value that stands for it."""
        session = Session(token_urlsafe(16), identity, now + self.lifetime)
        return session, self._sign(msgspec.json.encode(session), self._key)

    def read(self, cookie: str, now: int) -> Session | None:
        """The session behind a cookie; None if it is forged, over, or signed out."""
        body = self._verified(cookie, self._key)
        if body is None:
            return None
        try:
            session = msgspec.json.decode(body, type=Session)
        except msgspec.DecodeError:  # signed by an older version
            return None
        return session if now < session.expires and session.id not in self._ended() else None

    def end(self, session: Session) -> None:
        """Sign out: the cookie is worth nothing from now on."""
        with self._file.open("a", encoding="ascii") as file:
            file.write(f"{session.id} {session.expires}\n")

    def forget_over(self, now: int) -> None:
        """Drop remembered sign-outs whose session is over by itself."""
        if not self._file.exists():
            return
        lines = self._file.read_text("ascii").splitlines()
        kept = [line for line in lines if int(line.partition(" ")[2] or 0) > now - SECOND]
        if len(kept) < len(lines):
            fresh = self._file.with_suffix(".new")
            fresh.write_text("".join(f"{line}\n" for line in kept), "ascii")
            fresh.replace(self._file)
            self._read_to = 0

    def csrf_token(self, session: Session) -> str:
        """What a page must send back with every change; bound to the session, so it needs no memory."""
        return hmac.new(self._csrf_key, session.id.encode(), hashlib.sha256).hexdigest()

    def csrf_matches(self, session: Session, sent: str) -> bool:
        return hmac.compare_digest(self.csrf_token(session).encode(), sent.encode())

    # -------------------------------------------------------------------------------------------- small signed cookies

    def seal(self, value: bytes) -> str:
        """A signed value that only we can have made; for what a sign-in in progress must remember."""
        return self._sign(value, hmac.digest(self._key, b"sealed", "sha256"))

    def unseal(self, cookie: str) -> bytes | None:
        return self._verified(cookie, hmac.digest(self._key, b"sealed", "sha256"))

    def _sign(self, body: bytes, key: bytes) -> str:
        return f"{base64url.encode(body)}.{base64url.encode(hmac.digest(key, body, 'sha256'))}"

    def _verified(self, cookie: str, key: bytes) -> bytes | None:
        body_text, _, mac_text = cookie.partition(".")
        try:
            body, mac = base64url.decode(body_text), base64url.decode(mac_text)
        except ValueError:
            return None
        return body if hmac.compare_digest(hmac.digest(key, body, "sha256"), mac) else None

    def _ended(self) -> set[str]:
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            return self._revoked
        if size != self._read_to:
            self._revoked = {line.partition(" ")[0] for line in self._file.read_text("ascii").splitlines()}
            self._read_to = size
        return self._revoked
