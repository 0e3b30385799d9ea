"""What a running program hands to the use cases: the store, the clusters it knows, and callables of rooms that never meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from seawall.app.answer import EventKind
from seawall.app.health import LiveHealth, TaskHealth
from seawall.app.principals import Grant, Identity, Principal, principal_of
from seawall.app.sessions import Sessions
from seawall.app.tokens import SignInLinks, TokenFile
from seawall.app.trail import TrailLog
from seawall.live.past import Past
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.contract import Contract
from seawall.store.asker import Asker, AskerGone
from seawall.store.client import Store
from seawall.store.errors import StoreAway, StoreRefused

__all__ = ["Asker", "AskerGone", "Clusters", "Ingest", "Receipt", "Review", "Services", "StoreAway", "StoreRefused"]


class Clusters(Protocol):
    """The clusters of which a snapshot is at hand."""

    def ids(self) -> Mapping[str, str]:
        """Ids to names, of every cluster known from a snapshot or from stored rows."""
        ...

    def current(self, cluster: str) -> Cluster | None:
        """The newest snapshot of a cluster, by id."""
        ...

    def past(self, cluster: str) -> Past | None:
        """Who might do what in a cluster earlier, by id; None for one that is not followed."""
        ...

    def live(self, cluster: str) -> bool:
        """Is it watched, so that the snapshot follows the cluster?"""
        ...

    def context(self, cluster: str) -> str:
        """The kubectl context it is read with, "" for none."""
        ...


class Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """The ledger row of a batch: what a sender is told once its batch is settled."""

    batch: str
    outcome: str
    records_in: int
    rows_out: int
    accepted: int
    duplicate: int
    malformed: int
    dropped: dict[str, int]


Ingest = Callable[[EventKind, str, str, bytes, str, str], Receipt]
"""(kind, source, cluster, body, batch id, sender) to the ledger row, which is written before this returns. Raises StoreAway."""
Refused = Callable[[EventKind, str, str, str, str], None]
"""(kind, source, cluster, why, sender) of a batch that was not taken; counted, and in the ledger soon."""
Review = Callable[[str], Awaitable[Identity | None]]
"""A bearer token that is not ours to the identity that another (Kubernetes TokenReview) vouches for."""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What a request may need. What is None is not there in this installation."""

    store: Store
    clusters: Clusters
    clock: Callable[[], int]
    """Now, in UTC nanoseconds, for what people ask: the end of the recording where one is shown."""
    wall_clock: Callable[[], int]
    """Now, for what happens here: sessions, tokens, limits, entries."""
    recorded: bool
    sessions: Sessions
    tokens: TokenFile
    links: SignInLinks
    grants: tuple[Grant, ...]
    trail: TrailLog
    ingest: Ingest | None = None
    refused: Refused | None = None
    review: Review | None = None
    in_flight: Callable[[str, str], int] | None = None
    """(cluster, source) to the records that have come and are not settled yet."""
    embedded: bool = False
    contract: Contract | None = None
    """What teams agreed; without it labels of namespaces say whose each is."""
    live: Callable[[], LiveHealth] | None = None
    tasks: Callable[[], list[TaskHealth]] | None = None
    dropped_lines: Callable[[], int] = lambda: 0
    """How many lines of the log found no room, because nobody reads it."""

    def asked_by(self, asker: Asker) -> Services:
        """The same for one request: what the store computes for it ends when whoever sent it leaves."""
        return msgspec.structs.replace(self, store=self.store.asked_by(asker))

    def principal(self, identity: Identity) -> Principal | None:
        return principal_of(identity, self.grants, self.clusters.ids)
