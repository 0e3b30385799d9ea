"""Only names that are ours: a page of another name that resolves to this address (DNS rebinding) gets no answer."""

from __future__ import annotations

import re

from seawall.web.asgi import App, Receive, Scope, Send, header
from seawall.web.problem import problem, send_problem

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")
HEALTH = "/healthz"


def name_of(host: str) -> str:
    """The name in a Host header, without its port, lower case; "" if it is none."""
    found = _HOST.fullmatch(host)
    return found[1].lower().rstrip(".") if found else ""


class HostAllowList:
    """Refuses what was meant for another name. Probes call /healthz by address, so it answers to any."""

    def __init__(self, app: App, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != HEALTH and name_of(header(scope, b"host")) not in self._hosts:
            await send_problem(send, problem(421, "this server does not answer to that name; add it to `listen.hosts`"))
            return
        await self._app(scope, receive, send)
