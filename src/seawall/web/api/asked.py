"""What every route gets: the services, the principal, the context of the console's URL, and what each may be answered with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast

from litestar import MediaType, Request, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import Empty, EmptyType

from seawall.app.moment import moment
from seawall.app.predicate import Selection
from seawall.app.principals import Principal, Role
from seawall.app.services import Services
from seawall.web.problem import Problem, Refusal

Declare = Callable[[Callable[..., Any]], HTTPRouteHandler]

MOST = 100
"""Values of one part of the context."""


def named(name: str, what: str) -> Any:
    return QueryParameter(name=name, description=what, max_items=MOST)


def provide_services(request: Request[Any, Any, Any]) -> Services:
    services: Services = request.app.state.services
    return services.asked_by(request.scope["state"]["asker"])


def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    principal: Principal = request.scope["state"]["principal"]
    return principal


def provide_selection(
    services: NamedDependency[Services],
    start: Annotated[
        str,
        QueryParameter(
            name="from", max_length=40, description="Start, included: RFC 3339, or `now-15m` (units s, m, h, d)."
        ),
    ] = "now-1h",
    end: Annotated[str, QueryParameter(name="to", max_length=40, description="End, not included: as `from`.")] = "now",
    cluster: Annotated[list[str] | None, named("cluster", "Clusters, by id or name.")] = None,
    namespace: Annotated[list[str] | None, named("namespace", "Namespaces.")] = None,
    workload: Annotated[list[str] | None, named("workload", "Workloads, as `namespace/name`.")] = None,
    identity: Annotated[list[str] | None, named("identity", "A user, or `namespace/serviceaccount`.")] = None,
    address: Annotated[list[str] | None, named("address", "An address, or a network (`10.0.0.0/8`).")] = None,
    q: Annotated[
        str, QueryParameter(max_length=4096, description="The free filter; its grammar is in the reference.")
    ] = "",
) -> Selection:
    """The context: what a page, a link and an export are about."""
    now = services.clock()
    return Selection(
        start=_moment(start, now, "from"),
        end=_moment(end, now, "to"),
        clusters=_cluster_ids(services, cluster),
        namespaces=tuple(namespace or ()),
        workloads=tuple(workload or ()),
        identities=tuple(identity or ()),
        addresses=tuple(address or ()),
        filter=q,
    )


def _moment(text: str, now: int, name: str) -> int:
    try:
        return moment(text, now)
    except ValueError as error:
        raise Refusal(400, f"{error}; or write now-15m", name) from None


def _cluster_ids(services: Services, names: list[str] | None) -> tuple[str, ...]:
    """A cluster may be named by id or by name. One that nobody knows is taken as an id, which no row has."""
    if not names:
        return ()
    known = services.clusters.ids()
    return tuple(
        sorted(
            {found for name in names for found in ({one for one, label in known.items() if label == name} or {name})}
        )
    )


DEPENDENCIES = {
    "services": Provide(provide_services, sync_to_thread=False),
    "principal": Provide(provide_principal, sync_to_thread=False),
}
SELECTION = {"selection": Provide(provide_selection, sync_to_thread=False)}


def role_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuses (403) whose role does not allow the route."""
    needed = handler.opt.get("role")
    if needed is None:  # public
        return
    principal: Principal | None = connection.scope["state"].get("principal")
    if principal is None:
        raise Refusal(401, "sign in, or send a bearer token", headers={"www-authenticate": 'Bearer realm="seawall"'})
    if not principal.role.allows(needed):
        raise Refusal(403, f"this needs the role {needed.value}; yours is {principal.role.value}")


def _spec(description: str) -> ResponseSpec:
    return ResponseSpec(
        Problem, media_type="application/problem+json", description=description, generate_examples=False
    )


RESPONSES = {
    400: _spec("The request is not as it must be; `where` says where."),
    401: _spec("No credentials, or wrong ones."),
    403: _spec("Not allowed for this role or scope, or the CSRF token is missing."),
    404: _spec(
        "There is no such thing, or you may not see it. `type` ends in `not-available` if this server does not have the page."
    ),
    429: _spec("Too many requests; `Retry-After` says how long to wait."),
    503: _spec("The store does not answer; `Retry-After` says when to try again."),
}


def read(
    path: str,
    operation_id: str,
    summary: str,
    *,
    role: Role = Role.VIEW,
    context: bool = False,
    sync_to_thread: bool | None = None,
    media_type: str = MediaType.JSON,
) -> Declare:
    """Declares a route that answers a question. With `context` it takes the context's parameters as `selection`."""
    declared = get(
        path,
        opt={"role": role},
        operation_id=operation_id,
        summary=summary,
        dependencies=SELECTION if context else {},
        responses=RESPONSES,
        sync_to_thread=sync_to_thread,
        media_type=media_type,
    )
    return cast(Declare, declared)


def change(
    path: str,
    operation_id: str,
    summary: str,
    *,
    role: Role = Role.VIEW,
    sync_to_thread: bool | None = None,
    status_code: int = 200,
    request_max_body_size: int | EmptyType | None = Empty,
    response_cookies: Sequence[Cookie] = (),
) -> Declare:
    """Declares a route that is posted to."""
    declared = post(
        path,
        opt={"role": role},
        operation_id=operation_id,
        summary=summary,
        responses=RESPONSES,
        sync_to_thread=sync_to_thread,
        status_code=status_code,
        request_max_body_size=request_max_body_size,
        response_cookies=list(response_cookies),
    )
    return cast(Declare, declared)
