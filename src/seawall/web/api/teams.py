"""The page *Teams*: what each team has, lacks, and must fear of others."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency

from seawall.app import team_pages
from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.web.api.asked import named, read


@read("/teams", "teams", "What each team has, and what others may do to it", sync_to_thread=True)
def show_teams(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    cluster: Annotated[list[str] | None, named("cluster", "The cluster, by id or name.")] = None,
) -> team_pages.TeamPages:
    """By the contract of this installation, or by the labels of namespaces where there is none."""
    return team_pages.teams(services, principal.scope, tuple(cluster or ()))
