"""Headers that tell browsers what pages of ours never do."""

from __future__ import annotations

from litestar import Litestar

from seawall.web.asgi import App, Message, Receive, Scope, Send

_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
_DATA = b"default-src 'none'; frame-ancestors 'none'"


PAGE = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    b"worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The content security policy of the console: its own files and nothing inline, so no nonce is needed either."""


class SecurityHeaders:
    """Sets them on every answer that does not say otherwise; everything but files of the console is never cached."""

    def __init__(self, app: App, router: Litestar, *, secure: bool) -> None:
        self._app, self.router, self._secure = app, router, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                given = {name.lower(): value for name, value in headers}
                wanted = dict(_ALWAYS)
                page = given.get(b"content-type", b"").startswith(b"text/html")
                wanted[b"content-security-policy"] = PAGE if page else _DATA
                wanted.setdefault(b"cache-control", b"no-store")
                if self._secure:
                    wanted[b"strict-transport-security"] = b"max-age=31536000"
                headers.extend((name, value) for name, value in wanted.items() if name not in given)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)
