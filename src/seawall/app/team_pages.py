"""The page *Teams*: what each team has, what it lacks, and what others may do to it.

A reader of some namespaces sees the teams whose namespaces are among them, and of those only these namespaces; bindings of the whole cluster are no part
of the answer, which says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from seawall.app.access_pages import NOT_SHOWN, index_of
from seawall.app.answer import Answer
from seawall.app.contract import TeamReport, labelled, namespaces_of, team_reports
from seawall.app.policy_board import standing_of
from seawall.app.services import Services
from seawall.app.standing import View, view_of
from seawall.model.event.read_scope import ReadScope
from seawall.policy.contract import Contract, Team


class TeamPages(Answer, frozen=True):
    """Every team. `source` says by what: the contract of this installation, or the labels of namespaces."""

    source: Literal["contract", "labels"]
    teams: list[TeamReport]


def teams(services: Services, scope: ReadScope, clusters: Sequence[str]) -> TeamPages:
    """The teams of one cluster. Raises as `view_of`."""
    view = view_of(services, scope, clusters)
    contract = services.contract or labelled(view.cluster)
    reaching = standing_of(view, contract.profile or "upstream").reaching
    found = team_reports(contract, _seen(view, contract), reaching, index_of(view))
    if not view.whole:
        # What must hold names connections of namespaces that the reader may not see.
        found = [msgspec.structs.replace(one, broken=[], unknown=[NOT_SHOWN]) for one in found]
    return TeamPages(source="contract" if services.contract else "labels", teams=found)


def _seen(view: View, contract: Contract) -> list[Team]:
    if view.whole:
        return list(contract.teams)
    found = []
    for team in contract.teams:
        mine = tuple(name for name in namespaces_of(view.cluster) if team.owns(name) and view.sees(name))
        if mine:
            found.append(msgspec.structs.replace(team, namespaces=mine, cluster=False))
    return found
