"""What a principal may read: clusters, namespaces, kinds of data. Every query to the store takes one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class ReadScope(msgspec.Struct, frozen=True, kw_only=True):
    """What may be read. The default is nothing; `ReadScope.everything()` is for the machinery and for readers of all.

    A reader of a namespace sees the rows that touch it: a flow between two namespaces is seen from both, with both ends.
    Rows of a table without namespaces (the ledger, scans, Seawall's own audit) need the whole cluster.
    """

    all_clusters: bool = False
    clusters: frozenset[str] = frozenset()
    """Clusters that may be read whole."""
    namespaces: frozenset[tuple[str, str]] = frozenset()
    """(cluster, namespace) pairs that may be read."""
    kinds: frozenset[str] | None = None
    """Names of tables that may be read; None for all."""

    @classmethod
    def everything(cls) -> ReadScope:
        return cls(all_clusters=True)

    @classmethod
    def of(
        cls,
        *,
        clusters: Iterable[str] = (),
        namespaces: Iterable[tuple[str, str]] = (),
        kinds: Iterable[str] | None = None,
    ) -> ReadScope:
        return cls(
            clusters=frozenset(clusters),
            namespaces=frozenset(namespaces),
            kinds=None if kinds is None else frozenset(kinds),
        )

    def reads(self, table: str) -> bool:
        """May anything of this table be read?"""
        return self.kinds is None or table in self.kinds
