"""How often a principal may ask, and how much is asked at once: own SQL gives way first, then pages; a batch that came is always settled."""

from __future__ import annotations

from math import ceil

from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.app.trail import Act
from seawall.web.asgi import App, Receive, Scope, Send, client_address
from seawall.web.problem import problem, send_problem
from seawall.web.security.rate import Buckets

INGEST = ("/api/v1/ingest/", "/api/v1/receive/")
SQL = "/api/v1/sql"


MOST_SQL = 4
MOST_READS = 64
"""Requests of all principals at once; beyond, they are told to come back (503)."""
UNCOUNTED = ("/tail",)
"""Live tails have a count of their own, for they stay."""


class Pace:
    """Holds back who asks too often (429 with Retry-After): senders by their token, readers by name and address. Sheds what is too much at once."""

    def __init__(self, app: App, services: Services, *, requests: Buckets, ingest: Buckets, sql: Buckets) -> None:
        self._app, self._services = app, services
        self._requests, self._ingest, self._sql = requests, ingest, sql
        self._reads = _AtOnce(MOST_READS)
        self._questions = _AtOnce(MOST_SQL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope["state"].get("principal") if scope["type"] == "http" else None
        if principal is not None:
            path, name = scope["path"], f"{principal.provider}:{principal.name}"
            if path.startswith(INGEST):
                wait = self._ingest.take(name)
            elif path == SQL:
                wait = self._sql.take(name)
            else:
                wait = self._requests.take(f"{name} {client_address(scope)}")
            if wait:
                act = Act("hold back", "refused", principal.name, principal.role.value, client=client_address(scope))
                self._services.trail.note_look(act, self._services.wall_clock())
                await send_problem(send, problem(429, "too many requests; wait"), {"retry-after": str(ceil(wait))})
                return
        held = self._held(scope) if principal is not None else None
        if held is None:
            await self._app(scope, receive, send)
        elif not held.enter():
            await send_problem(send, problem(503, "too much is asked at once; try again"), {"retry-after": "2"})
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                held.leave()

    def _held(self, scope: Scope) -> _AtOnce | None:
        path = scope["path"]
        if path.startswith(INGEST) or path.endswith(UNCOUNTED):
            return None
        return self._questions if path == SQL else self._reads


class _AtOnce:
    def __init__(self, most: int) -> None:
        self._most, self._count = most, 0

    def enter(self) -> bool:
        if self._count >= self._most:
            return False
        self._count += 1
        return True

    def leave(self) -> None:
        self._count -= 1
