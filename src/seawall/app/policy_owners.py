"""Who may edit the policies of a tier: by what the cluster's RBAC grants, without those who are the system itself."""

from __future__ import annotations

from collections.abc import Iterable

from seawall.access.index import AccessIndex
from seawall.app.access import of_the_system
from seawall.model.cluster.access_kinds import ClusterRoleBinding, RoleBinding
from seawall.model.cluster.kinds import KINDS
from seawall.model.cluster.snapshot import Cluster

_NAMED = 3
"""So many are named, the others counted."""


def owners(index: AccessIndex, cluster: Cluster, kinds: Iterable[tuple[str, str]]) -> str:
    """Who may update objects of these kinds (group, kind), in words: everywhere, and how many more in some namespaces. "" where no grants are known."""
    if not cluster.known(ClusterRoleBinding) and not cluster.known(RoleBinding):
        return ""
    wanted = set(kinds)
    resources = {(row.group, row.plural) for row in KINDS if (row.group, row.kind) in wanted}
    everywhere: dict[str, None] = {}
    somewhere: dict[str, None] = {}
    for group, plural in sorted(resources):
        for found, namespace in ((everywhere, ""), (somewhere, None)):
            holders = index.who_can("update", group, plural, namespace=namespace).holders
            found.update(dict.fromkeys(str(one.subject) for one in holders if not of_the_system(one.subject)))
    more = [name for name in somewhere if name not in everywhere]
    parts = [_listed(list(everywhere))] if everywhere else ["nobody but the system"]
    if more:
        parts.append(f"{len(more)} more in some namespaces")
    return "; ".join(parts)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
