"""Clusters for tests, from objects written as Python values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seawall.model.cluster.coverage import FILES, Coverage, Gap, Scope
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.model.cluster.snapshot import Cluster

Document = Mapping[str, Any]
_DECODER = ObjectDecoder()


def decoded(document: Document) -> Object:
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None, document["kind"]
    return _DECODER.convert(document, kind)


def cluster_of(
    documents: Iterable[Document], *, scope: Scope = FILES, gaps: tuple[Gap, ...] = (), version: str = ""
) -> Cluster:
    return Cluster(
        [decoded(document) for document in documents],
        name="test",
        scope=scope,
        coverage=Coverage(gaps=gaps),
        version=version,
    )
