"""The findings of a cluster through time: scans become transitions in the store, and what is known is read back from them."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from seawall import __version__
from seawall.live.findings import Transition, after, transitions
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.model.finding import Finding
from seawall.model.report import Report
from seawall.store.client import Store


class FindingLife:
    """Keeps the findings of one cluster. What was known before a restart is read from the store at the first scan."""

    def __init__(self, store: Store, cluster: str, clock: Callable[[], int] = time.time_ns) -> None:
        self._store, self._cluster, self._clock = store, cluster, clock
        self._known: dict[str, Finding] | None = None

    def record(self, cluster: Cluster, report: Report) -> list[Transition]:
        """Stores what `report` changed, and that it was made. A scan that changed nothing is one row."""
        known = self._known if self._known is not None else self._read()
        at = cluster.taken_at or self._clock()
        scan = f"{self._cluster}/{at}"
        changes = transitions(known, report, at=at, scan=scan)
        if changes:
            rows = [change.row() for change in changes]
            for start in range(0, len(rows), 50_000):
                part = rows[start : start + 50_000]
                batch = record_batch(
                    KEPT["finding_transition"], {name: [row[name] for row in part] for name in part[0]}
                )
                self._store.insert("finding_transition", batch, token=f"{scan}/{start}")
        self._known = after(known, changes)
        self._store.insert(
            "scan_run",
            record_batch(
                KEPT["scan_run"], {name: [value] for name, value in self._run(cluster, report, scan, at).items()}
            ),
            token=scan,
        )
        return changes

    def _run(self, cluster: Cluster, report: Report, scan: str, at: int) -> dict[str, object]:
        return {
            "started_at": at, "finished_at": self._clock(), "scan_id": scan, "cluster": cluster.id, "cluster_name": cluster.name, "version": __version__,
            "objects": report.cluster.objects, "findings": sorted(report.summary.by_severity.items()), "unknown": report.summary.unknown,
            "coverage": msgspec.json.encode(report.coverage).decode(),
        }  # fmt: skip

    def _read(self) -> dict[str, Finding]:
        rows = self._store.rows("findings_now", ReadScope.of(clusters=[self._cluster]))
        return {row["fingerprint"]: msgspec.json.decode(row["detail"], type=Finding) for row in rows}
