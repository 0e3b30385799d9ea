"""Overview, graph, entities, changes and health: the questions of the console's places."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from seawall.app import entities, graph, health, overview
from seawall.app.predicate import Selection
from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.web.api.asked import read


@read("/overview", "overview", "Is anything on fire", context=True, sync_to_thread=True)
def show_overview(
    services: NamedDependency[Services], principal: NamedDependency[Principal], selection: NamedDependency[Selection]
) -> overview.Overview:
    return overview.overview(services, principal.scope, selection)


@read("/graph", "graph", "Who talks to whom", context=True, sync_to_thread=True)
def show_graph(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    grain: Annotated[graph.Grain, QueryParameter(name="scope", description="What a node is.")] = "workload",
    group: Annotated[
        graph.GroupBy, QueryParameter(description="What nodes are grouped by; empty for nothing.")
    ] = "namespace",
    lens: FromQuery[graph.Lens] = "verdict",
    compare: Annotated[
        str, QueryParameter(max_length=90, description="Another window, `FROM/TO`: edges then say what changed since.")
    ] = "",
    limit: Annotated[
        int, QueryParameter(ge=1, le=5000, description="Most nodes; those with the fewest events are left out.")
    ] = 2000,
) -> graph.Graph:
    return graph.graph(
        services, principal.scope, selection, grain=grain, group=group, lens=lens, compare=compare, limit=limit
    )


@read(
    "/entities/{kind:str}/{of_namespace:str}/{of_name:path}",
    "entity",
    "One thing whole",
    context=True,
    sync_to_thread=True,
)
def show_entity(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    kind: FromPath[entities.EntityKind],
    of_namespace: FromPath[str],
    of_name: FromPath[str],
) -> entities.Entity:
    """`of_namespace` is `_` for what has none; a name may hold slashes. The context narrows connections and changes."""
    namespace = "" if of_namespace == "_" else of_namespace
    return entities.entity(services, principal.scope, selection, kind, namespace, of_name.removeprefix("/"))


@read("/changes", "changes", "Changes of objects", context=True, sync_to_thread=True)
def show_changes(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    limit: Annotated[int, QueryParameter(ge=1, le=2000)] = 500,
) -> list[entities.ObjectChange]:
    """What was created, changed or deleted in the window, by the audit log, newest first."""
    return entities.changes(services, principal.scope, selection, limit=limit)


@read("/health", "health", "What cannot be seen", context=True, sync_to_thread=True)
def show_health(
    services: NamedDependency[Services], principal: NamedDependency[Principal], selection: NamedDependency[Selection]
) -> health.Health:
    return health.health(services, principal.scope, selection)
