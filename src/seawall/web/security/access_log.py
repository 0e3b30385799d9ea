"""One line for each request: who, what, how it ended. Never the query string, where links and filters carry what is nobody's business."""

from __future__ import annotations

import logging
import time

from seawall.web.asgi import App, Message, Receive, Scope, Send, client_address

_log = logging.getLogger("seawall.web.access")


class AccessLog:
    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            principal = scope.get("state", {}).get("principal")
            _log.info(
                "%s %s %s %d %.1f ms %s",
                client_address(scope),
                scope["method"],
                _printable(scope["path"]),
                status,
                (time.monotonic() - began) * 1000,
                principal.name if principal else "-",
            )


def _printable(path: str) -> str:
    return "".join(one if one.isprintable() and one != " " else "?" for one in path[:200])
