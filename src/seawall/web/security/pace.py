"""How often a principal may ask."""

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


class Pace:
    """Holds back who asks too often (429 with Retry-After): senders by their token, readers by name and address."""

    def __init__(self, app: App, services: Services, *, requests: Buckets, ingest: Buckets, sql: Buckets) -> None:
        self._app, self._services = app, services
        self._requests, self._ingest, self._sql = requests, ingest, sql

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
        await self._app(scope, receive, send)
