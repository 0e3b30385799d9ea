"""The objects of a recording, followed to its end: the cluster as it was last, and who had which address when."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec

from seawall.app.watching import identity_of
from seawall.ingest.identity import IdentityIndex, build
from seawall.live.intervals import Holdings
from seawall.live.view import Delta, LiveView
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.decode import ObjectDecoder, Undecodable, type_meta
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.recording.format import RECORDED, AnyLine, Broken, Gone, List, Put, RecordedCluster

_FOREVER = 1 << 62


class RecordedObjects:
    """Takes lines in their order. Times are as recorded."""

    def __init__(self, path: Path, about: RecordedCluster) -> None:
        self._path = path
        self._view = LiveView(id=about.id, name=about.name, version=about.version, scope=RECORDED)
        self._decoder = ObjectDecoder(None)
        self._holdings = Holdings(keep=_FOREVER)
        self._listing: dict[str, list[Object]] = defaultdict(list)
        self._deltas: list[Delta] = []
        self._at = 0
        self._undecodable = 0
        self.index: IdentityIndex = build(())

    def take(self, line: AnyLine) -> None:
        """Brings the cluster to a line; what is no object is passed over."""
        self._at = line.at
        if isinstance(line, List):
            known = self._listing[line.kind]
            known += [thing for raw in line.objects if (thing := self._object(bytes(raw), line.kind)) is not None]
            if not line.more:
                self._deltas += self._view.listed(line.kind, self._listing.pop(line.kind), line.at)
        elif isinstance(line, Put):
            found = self._object(bytes(line.object), line.kind)
            if found is not None:
                self._deltas += self._view.put(line.kind, found, line.at)
        elif isinstance(line, Gone):
            self._deltas += self._view.remove(line.kind, ObjectRef(*line.ref), line.at)
        elif isinstance(line, Broken):
            self._view.broken(line.kind, line.gap)

    def settle(self) -> None:
        """Brings `index` to the last line taken."""
        if self._deltas:
            self._holdings.apply(self._deltas, self.cluster().owner_of)
            self.index = build(pair for one in self._holdings for pair in identity_of(one))
            self._deltas = []

    def cluster(self) -> Cluster:
        """The cluster as of the last line taken."""
        return self._view.cluster(self._at)

    def _object(self, raw: bytes, kind_name: str) -> Object | None:
        try:
            meta = type_meta(raw)
            kind = kind_of(meta.api_version, meta.kind)
            if kind is None:
                raise Undecodable(f"{meta.kind} of {meta.api_version} is a kind that this Seawall does not know", "")
            return self._decoder.decode(raw, kind)
        except (Undecodable, msgspec.DecodeError, UnicodeDecodeError) as error:
            self._undecodable += 1
            gap = Gap("undecodable", f"{kind_name}: {error}", where=str(self._path))
            self._view.broken(f"{kind_name} {self._undecodable}", gap)
            return None
