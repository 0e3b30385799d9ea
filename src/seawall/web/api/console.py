"""Who am I, which clusters are there, sign out, the schema, own SQL, and who did what."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from seawall.app import console
from seawall.app.predicate import Selection
from seawall.app.principals import Principal, Role
from seawall.app.services import Services
from seawall.web.api.asked import change, read
from seawall.web.security.authentication import SESSION_COOKIE
from seawall.web.security.forgery import CSRF_COOKIE


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One SELECT."""

    query: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]


@read("/me", "me", "Who am I", sync_to_thread=False)
def me(
    services: NamedDependency[Services], principal: NamedDependency[Principal], request: Request[Any, Any, Any]
) -> console.Me:
    session = request.scope["state"].get("session")
    return console.me(services, principal, services.sessions.csrf_token(session) if session else "")


@change(
    "/logout",
    "signOut",
    "Sign out",
    sync_to_thread=False,
    status_code=204,
    response_cookies=[Cookie(name, max_age=0) for name in (SESSION_COOKIE, CSRF_COOKIE)],
)
def sign_out(services: NamedDependency[Services], request: Request[Any, Any, Any]) -> None:
    """Ends the session; a bearer token has none, and stays as it is."""
    session = request.scope["state"].get("session")
    if session is not None:
        services.sessions.end(session)


@read("/clusters", "clusters", "The clusters", sync_to_thread=True)
def clusters(services: NamedDependency[Services], principal: NamedDependency[Principal]) -> list[console.ClusterView]:
    return console.clusters(services, principal.scope)


@read("/schema", "schema", "Tables and columns", sync_to_thread=False)
def schema(principal: NamedDependency[Principal]) -> console.Schema:
    """The tables you may read, for those who write their own SQL."""
    return console.schema(principal)


@change("/sql", "sql", "Ask your own SQL", sync_to_thread=True)
def sql(
    services: NamedDependency[Services], principal: NamedDependency[Principal], data: JSONBody[Question]
) -> console.SqlAnswer:
    """Runs one SELECT, read-only and within limits. Only for readers of everything: SQL cannot be held to a scope."""
    return console.ask(services, principal, data.query)


@read("/trail", "trail", "Who looked, who acted", role=Role.ADMIN, context=True, sync_to_thread=True)
def trail(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
    cursor: Annotated[str, QueryParameter(max_length=512)] = "",
) -> console.Trail:
    """Seawall's own audit log, newest first; `q` takes its columns (`actor:alice outcome:denied`)."""
    return console.trail(services, principal.scope, selection, limit=limit, cursor=cursor)
