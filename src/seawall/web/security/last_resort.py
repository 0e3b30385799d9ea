"""What fails before a route is reached is still answered as a problem, and says nothing of the machine."""

from __future__ import annotations

import logging

from seawall.kit.errors import Retry
from seawall.web.asgi import App, Message, Receive, Scope, Send
from seawall.web.problem import problem, send_problem

_log = logging.getLogger("seawall.web")


class LastResort:
    """Turns an exception into a 500, or a 503 for what may work later, unless an answer has begun."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Retry as error:
            _log.warning("%s cannot be answered now: %s", scope["path"][:200], error)
            if begun:
                raise
            await send_problem(send, problem(503, "this cannot be answered now; try again"), {"retry-after": "5"})
        except Exception as error:
            _log.exception("%s %s failed", scope["method"], scope["path"][:200])
            if begun:
                raise
            await send_problem(
                send, problem(500, f"an error of Seawall's own ({type(error).__name__}); the server's log has it")
            )
