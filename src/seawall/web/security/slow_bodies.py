"""A sender that opens a request and then says nothing is not waited for."""

from __future__ import annotations

import asyncio

from seawall.web.asgi import App, Message, Receive, Scope, Send
from seawall.web.problem import problem, send_problem


class SlowBodies:
    """Gives up on a body after `seconds` of silence: 408, if no answer has begun."""

    def __init__(self, app: App, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        complete = begun = gave_up = False

        async def receive_in_time() -> Message:
            nonlocal complete, gave_up
            if complete:
                return await receive()  # waits for the client to go
            try:
                async with asyncio.timeout(self._seconds):
                    message = await receive()
            except TimeoutError:
                gave_up = complete = True
                return {"type": "http.disconnect"}
            complete = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_noting(message: Message) -> None:
            nonlocal begun
            if gave_up and not begun:
                return  # whatever the route makes of a body cut short is no answer
            begun = True
            await send(message)

        try:
            await self._app(scope, receive_in_time, send_noting)
        finally:
            if gave_up and not begun:
                text = f"no more of the body came for {self._seconds:g} s"
                await send_problem(send, problem(408, text), {"connection": "close"})
