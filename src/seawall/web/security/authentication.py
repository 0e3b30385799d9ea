"""Who is calling: a session cookie of ours, a token of ours, or a token that Kubernetes vouches for. Nobody else gets past here to the API.

The API is closed by default: a path under it that nobody thought of needs a principal as well. What stands in the scope's state afterwards is
`principal` (None on public paths without credentials) and `session` (None for bearer tokens).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from math import ceil

import msgspec

from seawall.app.principals import Identity, Principal
from seawall.app.services import Services
from seawall.app.sessions import Session
from seawall.app.trail import Act
from seawall.web.asgi import App, Receive, Scope, Send, client_address, cookies, header
from seawall.web.problem import problem, send_problem
from seawall.web.security.rate import Buckets

SESSION_COOKIE = "seawall_session"
CLOSED = ("/api/", "/metrics")
REVIEW_SECONDS = 60.0
REVIEWS_KEPT = 1000

_log = logging.getLogger("seawall.web")


class Credentials(msgspec.Struct, frozen=True):
    """What came of a request's credentials. `given` says that there were some."""

    principal: Principal | None
    session: Session | None
    given: bool
    named: str = ""
    """Who it would be, if it were granted anything."""


class Authentication:
    """Turns credentials into a principal, or answers 401 (403 for somebody known whom no grant names)."""

    def __init__(self, app: App, services: Services, failures: Buckets) -> None:
        self._app, self._services, self._failures = app, services, failures
        self._reviews = Reviews(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = await self._credentials(scope)
        state = scope.setdefault("state", {})
        state["principal"], state["session"] = found.principal, found.session
        if found.principal is None and scope["path"].startswith(CLOSED):
            await self._turn_away(scope, send, found)
            return
        await self._app(scope, receive, send)

    async def _credentials(self, scope: Scope) -> Credentials:
        services, now = self._services, self._services.wall_clock()
        scheme, _, text = header(scope, b"authorization").partition(" ")
        if scheme:
            identity = await self._bearer(text.strip(), now) if scheme.lower() == "bearer" else None
            principal = services.principal(identity) if identity is not None else None
            return Credentials(principal, None, True, identity.name if identity else "")
        cookie = cookies(scope).get(SESSION_COOKIE, "")
        session = services.sessions.read(cookie, now) if cookie else None
        if session is None:
            return Credentials(None, None, bool(cookie))
        return Credentials(services.principal(session.identity), session, True, session.identity.name)

    async def _bearer(self, text: str, now: int) -> Identity | None:
        if text.startswith("swt_"):
            return self._services.tokens.identity(text, now)
        return await self._reviews.identity(text)

    async def _turn_away(self, scope: Scope, send: Send, found: Credentials) -> None:
        client = client_address(scope)
        if found.named:
            self._note(scope, client, found.named, "no grant names this principal")
            await send_problem(
                send, problem(403, f"no grant names {found.named}; an administrator adds one to `auth.grants`")
            )
            return
        if not found.given:
            await send_problem(send, problem(401, "sign in, or send a bearer token"), _CHALLENGE)
            return
        wait = self._failures.take(client)
        if wait:  # a flood is one entry a minute, however it varies what it asks for, and no line each
            self._note_act(Act("authenticate", "denied", client=client, data={"why": "too many wrong credentials"}))
            detail = "too many wrong credentials from this address"
            await send_problem(send, problem(429, detail), {"retry-after": str(ceil(wait))})
            return
        self._note(scope, client, "", "wrong, expired or revoked credentials")
        _log.warning("credentials refused from %s for %s", client, scope["path"][:200])
        await send_problem(send, problem(401, "the credentials are wrong, expired or revoked"), _CHALLENGE)

    def _note(self, scope: Scope, client: str, actor: str, why: str) -> None:
        agent = header(scope, b"user-agent")[:200]
        self._note_act(
            Act(
                "authenticate",
                "denied",
                actor,
                target=scope["path"][:200],
                client=client,
                agent=agent,
                data={"why": why},
            )
        )

    def _note_act(self, act: Act) -> None:
        self._services.trail.note_look(act, self._services.wall_clock())


_CHALLENGE = {"www-authenticate": 'Bearer realm="seawall"'}


class Reviews:
    """Asks the one who vouches for foreign tokens, and remembers the answer for a minute under the token's hash."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[bytes, tuple[float, Identity | None]] = {}
        self._under_way = asyncio.Semaphore(8)

    async def identity(self, text: str) -> Identity | None:
        review = self._services.review
        if review is None or not text or len(text) > 16_384:
            return None
        key, now = hashlib.sha256(text.encode()).digest(), time.monotonic()
        until, identity = self._known.get(key, (0.0, None))
        if now < until:
            return identity
        async with self._under_way:
            identity = await review(text)
        if len(self._known) >= REVIEWS_KEPT:
            self._known = {one: kept for one, kept in self._known.items() if now < kept[0]}
            if len(self._known) >= REVIEWS_KEPT:
                self._known.clear()
        self._known[key] = (now + REVIEW_SECONDS, identity)
        return identity
