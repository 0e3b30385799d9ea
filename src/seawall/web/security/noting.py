"""Who looked and who acted, noted for every route of the API: the operation, on what, with which parameters, and how it ended."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from seawall.app.principals import Principal, Role
from seawall.app.services import Services
from seawall.app.trail import Act, Outcome
from seawall.web.asgi import App, Message, Receive, Scope, Send, client_address, header

QUIET = frozenset({"me", "metrics", "ingest", "receiveAudit"})
"""Not noted when they end well: a page asks who it is all the time, and batches stand in the ledger with their sender."""
LONGEST = 500


class Noting:
    """A layer around each route, after the router knows which it is."""

    def __init__(self, app: App, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope["state"].get("principal")
        handler = scope.get("route_handler")
        role: Role | None = handler.opt.get("role") if handler is not None else None
        if principal is None or handler is None or role is None:
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._note(scope, principal, str(handler.operation_id), status, scope["method"] == "GET")
            await send(message)

        await self._app(scope, receive, send_noting)

    def _note(self, scope: Scope, principal: Principal, operation: str, status: int, looked: bool) -> None:
        outcome = _outcome(status)
        if outcome == "ok" and operation in QUIET:
            return
        asked = _asked(scope)
        act = Act(
            action=operation,
            outcome=outcome,
            actor=principal.name,
            role=principal.role.value,
            cluster=asked["cluster"] if isinstance(asked.get("cluster"), str) else "",
            target="/".join(str(value) for value in scope.get("path_params", {}).values())[:LONGEST],
            client=client_address(scope),
            agent=header(scope, b"user-agent")[:200],
            data=asked,
        )
        note = self._services.trail.note_look if looked else self._services.trail.note
        note(act, self._services.wall_clock())


def _outcome(status: int) -> Outcome:
    if status < 400:
        return "ok"
    if status in (401, 403):
        return "denied"
    return "refused" if status < 500 else "failed"


def _asked(scope: Scope) -> dict[str, Any]:
    """The query's parameters: one value as text, several as a list. Bodies are not noted, they may hold what is nobody's business."""
    found = parse_qs(scope["query_string"].decode("latin-1")[:8192], keep_blank_values=False)
    return {
        name[:80]: [value[:LONGEST] for value in values] if len(values) > 1 else values[0][:LONGEST]
        for name, values in sorted(found.items())
    }
