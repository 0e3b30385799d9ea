"""The objects of a recording, followed to its end: the cluster as it was last, and who had which address when."""

from __future__ import annotations

from pathlib import Path

from seawall.app.recorded_view import RecordedView
from seawall.app.watching import identity_of
from seawall.ingest.identity import IdentityIndex, build
from seawall.live.intervals import Holdings
from seawall.live.view import Delta
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.recording.format import AnyLine, RecordedCluster

_FOREVER = 1 << 62


class RecordedObjects:
    """Takes lines in their order. Times are as recorded."""

    def __init__(self, path: Path, about: RecordedCluster) -> None:
        self._recorded = RecordedView(path, id=about.id, name=about.name, version=about.version)
        self._holdings = Holdings(keep=_FOREVER)
        self._deltas: list[Delta] = []
        self._at = 0
        self.index: IdentityIndex = build(())

    def take(self, line: AnyLine) -> None:
        """Brings the cluster to a line; what is no object is passed over."""
        self._at = line.at
        self._deltas += self._recorded.take(line, line.at)

    def settle(self) -> None:
        """Brings `index` to the last line taken."""
        if self._deltas:
            self._holdings.apply(self._deltas, self.cluster().owner_of)
            self.index = build(pair for one in self._holdings for pair in identity_of(one))
            self._deltas = []

    def cluster(self) -> Cluster:
        """The cluster as of the last line taken."""
        return self._recorded.view.cluster(self._at)
