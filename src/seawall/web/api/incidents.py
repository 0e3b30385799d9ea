"""Incidents: the stories, and what is done about them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from seawall.app import incidents
from seawall.app.predicate import Selection
from seawall.app.principals import Principal, Role
from seawall.app.services import Services
from seawall.web.api.asked import change, read


class NewEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act on an incident. `seen` is the newest entry the actor saw; `text` is the note, or who it is assigned to."""

    action: incidents.IncidentAction
    text: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    seen: Annotated[str, msgspec.Meta(max_length=200)] = ""


@read("/incidents", "incidents", "The incidents", context=True, sync_to_thread=True)
def show_incidents(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    states: Annotated[
        list[str] | None, QueryParameter(name="state", max_items=10, description="States; all without it.")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
) -> list[incidents.IncidentSummary]:
    """Incidents with a signal in the window, newest first."""
    return incidents.incidents(services, principal.scope, selection, states=tuple(states or ()), limit=limit)


@read("/incidents/{incident_id:str}", "incident", "One incident", sync_to_thread=True)
def show_incident(
    services: NamedDependency[Services], principal: NamedDependency[Principal], incident_id: FromPath[str]
) -> incidents.IncidentDetail:
    return incidents.incident(services, principal.scope, incident_id)


@change(
    "/incidents/{incident_id:str}/entries",
    "actOnIncident",
    "Act on an incident",
    role=Role.OPERATE,
    sync_to_thread=True,
)
def act_on_incident(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    incident_id: FromPath[str],
    data: JSONBody[NewEntry],
) -> incidents.IncidentDetail:
    """Appends an entry and answers with the incident as it then is. 409 if somebody acted since `seen`: look again, then decide."""
    return incidents.act(services, principal, incident_id, data.action, data.text, data.seen)
