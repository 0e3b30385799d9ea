"""A closed tab asks nothing any more: when a client goes, what the store computes for its request is ended."""

from __future__ import annotations

import asyncio
import threading

from seawall.app.services import Asker, Services
from seawall.web.asgi import App, Message, Receive, Scope, Send

WITHOUT_BODY = frozenset({"GET", "HEAD"})
NO_BODY: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


class Attended:
    """Watches the connection from the end of a request's body to the end of its answer. Routes find the request's asker in the scope's state."""

    def __init__(self, app: App, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asker = scope.setdefault("state", {})["asker"] = Asker()
        gone = asyncio.Event()
        answered = False
        watching: asyncio.Task[None] | None = None

        def leave() -> None:
            gone.set()
            if answered:
                return
            # its own thread: the pool's may all be waiting for the very queries that are to be ended
            threading.Thread(target=asker.leave, args=(self._services.store.cancel,), daemon=True).start()

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                continue  # the body of a request that should have none
            leave()

        given = scope["method"] not in WITHOUT_BODY
        if not given:
            watching = asyncio.create_task(watch())

        async def receive_then_watch() -> Message:
            nonlocal given, watching
            if watching is None:
                message = await receive()
                if message["type"] == "http.disconnect":
                    leave()
                elif not message.get("more_body", False):
                    watching = asyncio.create_task(watch())
                return message
            if not given:
                given = True
                return NO_BODY
            await gone.wait()
            return GONE

        async def send_noting(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive_then_watch, send_noting)
        finally:
            if watching is not None:
                watching.cancel()
