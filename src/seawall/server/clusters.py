"""The clusters that this server knows: those it watches, those it was given as files, those it only has events of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seawall.app.verdicts import ClusterJudge, Verdicts
from seawall.ingest.identity import IdentityIndex, index_of
from seawall.live.past import Past
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.store.errors import StoreAway, StoreRefused

if TYPE_CHECKING:
    from seawall.app.watching import Followed

KNOWN_FOR = 15.0
"""Seconds that the store's answer to which clusters it has rows of is taken for."""


class KnownClusters:
    """Read by every request from any thread. What is watched changes under it; each answer is of one moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._given: dict[str, Cluster] = {}
        self._indexes: dict[str, IdentityIndex] = {}
        self._verdicts = Verdicts()
        self._watched: list[tuple[Followed, str]] = []
        self._stored: dict[str, str] = {}
        self._asked = -KNOWN_FOR

    def give(self, cluster: Cluster) -> None:
        """A snapshot that stays as it is."""
        self._given[cluster.id] = cluster
        self._indexes[cluster.id] = index_of(cluster)

    def watch(self, watched: Followed, context: str) -> None:
        """A cluster that is followed; it is known once its first list is in."""
        self._watched.append((watched, context))

    def ids(self) -> Mapping[str, str]:
        """Ids to names. A cluster of which only rows are known goes by its last scan's name, else by its id."""
        known = {cluster: name or cluster for cluster, name in self._of_store().items()}
        known |= {cluster.id: cluster.name for cluster in self._given.values()}
        for watched, _ in self._watched:
            if watched.view is not None:
                known[watched.view.id] = watched.view.name
        return known

    def current(self, cluster: str) -> Cluster | None:
        for watched, _ in self._watched:
            if watched.current is not None and watched.current.id == cluster:
                return watched.current
        return self._given.get(cluster)

    def past(self, cluster: str) -> Past | None:
        return next(
            (
                watched.view.past
                for watched, _ in self._watched
                if watched.view is not None and watched.view.id == cluster
            ),
            None,
        )

    def live(self, cluster: str) -> bool:
        return any(
            watched.view is not None and watched.view.id == cluster and watched.state == "watching"
            for watched, _ in self._watched
        )

    def context(self, cluster: str) -> str:
        return next(
            (context for watched, context in self._watched if watched.view is not None and watched.view.id == cluster),
            "",
        )

    def id_of(self, name: str) -> str:
        """A cluster's id by its id or its name; the text itself if nobody knows it, for its first event may come before anything else."""
        known = self.ids()
        if name in known:
            return name
        return next((cluster for cluster, label in known.items() if label == name), name)

    def identities(self, cluster: str) -> IdentityIndex | None:
        """Who owned an address when, for events of a cluster that are coming in."""
        for watched, _ in self._watched:
            index = watched.identities(cluster)
            if index is not None:
                return index
        return self._indexes.get(cluster)

    def judge(self, cluster: str) -> ClusterJudge | None:
        """Who judges flows of a cluster by the policies that are known of it now; None where no snapshot is at hand."""
        snapshot = self.current(cluster)
        if snapshot is None:
            return None
        return self._verdicts.of(snapshot, followed=cluster not in self._given)

    @property
    def watched(self) -> list[Followed]:
        return [watched for watched, _ in self._watched]

    def _of_store(self) -> dict[str, str]:
        now = time.monotonic()
        if now - self._asked > KNOWN_FOR:
            self._asked = now
            try:
                rows = self._store.rows("clusters_known", ReadScope.everything())
                self._stored = {row["cluster"]: row["name"] for row in rows}
            except (StoreAway, StoreRefused):
                return self._stored  # sign-in works without it
        return self._stored
