"""Changes asked for by a browser come from our own pages: origin, and the session's token, must say so.

A bearer token is never sent by a browser on its own, so requests that carry one need neither.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from seawall.app.services import Services
from seawall.app.sessions import Session
from seawall.web.asgi import App, Receive, Scope, Send, header
from seawall.web.problem import problem, send_problem
from seawall.web.security.hosts import name_of

CSRF_COOKIE = "seawall_csrf"
CSRF_HEADER = b"x-seawall-csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgeryGuard:
    """Refuses a change that another site's page may have caused (403)."""

    def __init__(self, app: App, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            why = self._foreign(scope)
            if why:
                await send_problem(send, problem(403, why))
                return
        await self._app(scope, receive, send)

    def _foreign(self, scope: Scope) -> str:
        session: Session | None = scope["state"].get("session")
        if scope["state"].get("principal") is not None and session is None:
            return ""  # a bearer token
        if not _same_origin(scope):
            return "the request comes from another site's page"
        if session is None:
            return ""  # a public path: nothing of a session to abuse
        if not self._services.sessions.csrf_matches(session, header(scope, CSRF_HEADER)):
            return "the header X-Seawall-CSRF is missing or wrong; it is the value of the cookie seawall_csrf"
        return ""


def _same_origin(scope: Scope) -> bool:
    """What the browser says of where the request comes from; a client that is no browser says nothing, and holds no cookie unawares."""
    site = header(scope, b"sec-fetch-site")
    if site and site not in ("same-origin", "none"):
        return False
    origin = header(scope, b"origin")
    if not origin:
        return True
    parts, host = urlsplit(origin), header(scope, b"host")
    return parts.netloc.lower() == host.lower() and name_of(host) != "" and parts.scheme in ("http", "https")
