"""What exactly happened: events of a kind, page by page, as a histogram, by value, one by one, and as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from seawall.app import causal_trail, events
from seawall.app.answer import EventKind
from seawall.app.predicate import Selection
from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.web.api.asked import read
from seawall.web.tails import Tails

Columns = Annotated[
    list[str] | None,
    QueryParameter(description="Columns, in this order; `event_id` always comes along.", max_items=200),
]


@read("/events/{kind:str}", "events", "Events of a kind", context=True, sync_to_thread=True)
def page(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    kind: FromPath[EventKind],
    columns: Columns = None,
    limit: Annotated[int, QueryParameter(ge=1, le=5000)] = 100,
    cursor: Annotated[str, QueryParameter(max_length=512, description="`next` of the page before.")] = "",
    order: Annotated[
        str,
        QueryParameter(
            max_length=80, description="A column, `-` before it for descending. Only `time` has further pages."
        ),
    ] = "-time",
    total: Annotated[bool, QueryParameter(description="Count all rows, which may take long.")] = False,
) -> events.EventPage:
    return events.page(
        services,
        principal.scope,
        kind,
        selection,
        columns=columns or (),
        limit=limit,
        cursor=cursor,
        order=order,
        total=total,
    )


@read("/events/{kind:str}/histogram", "eventHistogram", "Events over time", context=True, sync_to_thread=True)
def histogram(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    kind: FromPath[EventKind],
    buckets: Annotated[int, QueryParameter(ge=1, le=1000)] = 60,
) -> events.Histogram:
    """By outcome: verdict of a flow, response code of a DNS answer, class of an audit entry's status code, action of a process."""
    return events.histogram(services, principal.scope, kind, selection, buckets=buckets)


@read("/events/{kind:str}/values", "eventValues", "Values of a field", context=True, sync_to_thread=True)
def values(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    kind: FromPath[EventKind],
    field: Annotated[str, QueryParameter(min_length=1, max_length=200)],
    prefix: Annotated[str, QueryParameter(max_length=200)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 20,
) -> list[events.ValueCount]:
    """The values that rows of the context have, most frequent first: for completion. `prefix` is taken in either case."""
    return events.values(services, principal.scope, kind, selection, field=field, prefix=prefix, limit=limit)


@read("/events/{kind:str}/fields", "eventFields", "Fields of a kind", sync_to_thread=False)
def fields(kind: FromPath[EventKind]) -> list[events.Column]:
    return events.fields(kind)


@read("/events/{kind:str}/tail", "eventTail", "Events as they come", context=True, media_type="text/event-stream")
async def tail(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    kind: FromPath[EventKind],
    request: Request[Any, Any, Any],
    columns: Columns = None,
) -> ServerSentEvent:
    """Server-sent events: `rows` with columns and at most 500 rows, `lag` with how many were skipped and how far behind, a comment every 15 s."""
    tails: Tails = request.app.state.tails
    found = events.Tail(services, principal.scope, kind, selection, tuple(columns or ()))
    return ServerSentEvent(_messages(tails.follow(principal, found)))


async def _messages(
    parts: AsyncIterator[tuple[Literal["rows", "lag", ""], bytes]],
) -> AsyncIterator[ServerSentEventMessage]:
    async for name, data in parts:
        if name:
            yield ServerSentEventMessage(event=name, data=data.decode())
        else:
            yield ServerSentEventMessage(comment="still here")


@read("/events/{kind:str}/{event_id:str}", "event", "One event", sync_to_thread=True)
def event(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    kind: FromPath[EventKind],
    event_id: FromPath[str],
) -> dict[str, Any]:
    """Every column of the event by name; beside them `causalTrail` (what is tied to it by identity and time) and `rule` (what decided a flow)."""
    return causal_trail.event(services, principal.scope, kind, event_id)
