"""The page *Access*: who may do something, may somebody, what may somebody do."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter

from seawall.app import access, access_pages
from seawall.app.predicate import Selection
from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.kit.errors import UserError
from seawall.web.api.asked import named, read

Clusters = Annotated[list[str] | None, named("cluster", "The cluster, by id or name.")]
Verb = Annotated[str, QueryParameter(max_length=64, description="`get`, `list`, `create`, …")]
Resource = Annotated[
    str,
    QueryParameter(max_length=256, description="`secrets`, `deployments.apps`, `pods/exec`, or a path (`/metrics`)."),
]
ApiGroup = Annotated[str, QueryParameter(max_length=256, description="The API group, if `resource` does not say it.")]
Subresource = Annotated[str, QueryParameter(max_length=64)]
Name = Annotated[str, QueryParameter(max_length=256, description="Of the object; empty for any.")]
Subject = Annotated[
    str,
    QueryParameter(
        max_length=512, description="`alice`, `user:alice`, `group:dev`, or `shop/web` for a service account."
    ),
]
Groups = Annotated[
    list[str] | None, QueryParameter(name="groups", max_items=100, description="Groups that they are in besides.")
]


def _target(resource: str, group: str, subresource: str) -> access.Target:
    if not resource:
        raise UserError(
            "which resource?", where="resource", do="write secrets, deployments.apps, pods/exec or /metrics"
        )
    found = access.target_of(resource)
    return found._replace(group=group or found.group, subresource=subresource or found.subresource)


@read("/access/who-can", "whoCan", "Who may do this", sync_to_thread=True)
def who_can(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    cluster: Clusters = None,
    verb: Verb = "get",
    resource: Resource = "secrets",
    group: ApiGroup = "",
    subresource: Subresource = "",
    name: Name = "",
    namespace: Annotated[str, QueryParameter(max_length=256, description="Empty for anywhere.")] = "",
) -> access_pages.WhoCan:
    """Everybody whom a binding lets do this, with the bindings."""
    return access_pages.who_can(
        services,
        principal.scope,
        tuple(cluster or ()),
        verb,
        _target(resource, group, subresource),
        name=name,
        namespace=namespace or None,
    )


@read("/access/can", "can", "May somebody do this", sync_to_thread=True)
def can(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    subject: Subject = "",
    groups: Groups = None,
    cluster: Clusters = None,
    verb: Verb = "get",
    resource: Resource = "secrets",
    group: ApiGroup = "",
    subresource: Subresource = "",
    name: Name = "",
    namespace: Annotated[str, QueryParameter(max_length=256, description="Empty for the whole cluster at once.")] = "",
) -> access_pages.MayThey:
    """As the API server's authorizers would answer, with the reason."""
    return access_pages.may_they(
        services,
        principal.scope,
        tuple(cluster or ()),
        subject,
        tuple(groups or ()),
        verb,
        _target(resource, group, subresource),
        name=name,
        namespace=namespace,
    )


@read("/access/what-can", "whatCan", "What somebody may do", sync_to_thread=True)
def what_can(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    subject: Subject = "",
    groups: Groups = None,
    cluster: Clusters = None,
) -> access_pages.WhatCan:
    """Every permission with the binding that gives it, and what they could come to with it."""
    return access_pages.what_can(services, principal.scope, tuple(cluster or ()), subject, tuple(groups or ()))


@read("/access/subjects", "accessSubjects", "Everybody whom bindings name", sync_to_thread=True)
def subjects(
    services: NamedDependency[Services], principal: NamedDependency[Principal], cluster: Clusters = None
) -> access_pages.Subjects:
    """With what they could come to, the worst first."""
    return access_pages.subjects(services, principal.scope, tuple(cluster or ()))


@read("/access/changes", "accessChanges", "Who gained and who lost what", context=True, sync_to_thread=True)
def changes(
    services: NamedDependency[Services], principal: NamedDependency[Principal], selection: NamedDependency[Selection]
) -> access_pages.AccessChanges:
    """Between the beginning and the end of the window, of a cluster that is followed."""
    return access_pages.access_changes(services, principal.scope, selection.clusters, selection.start, selection.end)
