"""Whose an object is: by its labels, else by its namespace's."""

from __future__ import annotations

from functools import lru_cache

from seawall.app.services import Services
from seawall.model.cluster.snapshot import Cluster

LABELS = ("team", "owner", "app.kubernetes.io/part-of")
"""The first that is there counts."""

Owner = tuple[str, str, str]
"""(kind, namespace, name)"""


class Teams:
    """The teams of objects of several clusters, as their newest snapshots have them; "" for what nobody claims or no snapshot holds."""

    def __init__(self, services: Services) -> None:
        self._clusters = services.clusters
        self._by_cluster: dict[str, dict[Owner, str]] = {}

    def of(self, cluster_id: str, kind: str, namespace: str, name: str) -> str:
        if cluster_id not in self._by_cluster:
            cluster = self._clusters.current(cluster_id)
            self._by_cluster[cluster_id] = teams_of(cluster) if cluster is not None else {}
        teams = self._by_cluster[cluster_id]
        return teams.get((kind, namespace, name)) or teams.get(("Namespace", "", namespace), "")


@lru_cache(maxsize=8)
def teams_of(cluster: Cluster) -> dict[Owner, str]:
    """The team of every object that names one."""
    found: dict[Owner, str] = {}
    for thing in cluster.objects:
        for label in LABELS:
            team = thing.labels.get(label)
            if team:
                found[thing.kind, thing.namespace, thing.name] = team
                break
    return found
