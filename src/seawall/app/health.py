"""What this system cannot see: what came in and what became of it, blind spots, and the state of the store and of what watches."""

from __future__ import annotations

from typing import Literal

from seawall.app.answer import Answer

SourceState = Literal["ok", "silent", "losing"]


class SourceHealth(Answer, frozen=True):
    """One source and kind in the window: `recordsIn` = `accepted` + `duplicate` + sum of `dropped` + `malformed`; `inFlight` is not yet settled.

    `state` is `losing` where records were dropped or malformed, `silent` where the newest event is older than ten minutes. `lagSeconds` is how long ago its newest event was; `clockOffset` how far its clock is ahead (ns), null if not measured.
    """

    source: str
    kind: str
    state: SourceState
    cluster: str
    records_in: int
    rows_out: int
    accepted: int
    duplicate: int
    dropped: dict[str, int]
    malformed: int
    malformed_why: dict[str, int]
    refused_batches: int
    in_flight: int
    late: int
    future: int
    lag_seconds: float | None
    last_event: str | None
    last_batch: str | None
    clock_offset: int | None
    simulated: bool


class StoreHealth(Answer, frozen=True):
    """`state` is `ok`, `away` or `full`; figures are null while it is away."""

    state: Literal["ok", "away", "full"]
    why: str
    embedded: bool
    url: str
    version: str | None
    size_bytes: int | None
    rows: int | None
    disk_free: int | None


class BlindSpot(Answer, frozen=True):
    """A technique that nothing here can show at the moment, and what is missing."""

    technique: str
    name: str
    why: str


class ScanHealth(Answer, frozen=True):
    """`at` is when the snapshot was taken, `seconds` how long after that the scan ended, `findings` all open faults, `bySeverity` the same by severity."""

    id: str
    at: str
    cluster: str
    cluster_name: str
    seconds: float
    objects: int
    findings: int
    by_severity: dict[str, int]
    unknown: int


class WatchHealth(Answer, frozen=True):
    cluster: str
    kind: str
    state: str
    why: str


class LiveHealth(Answer, frozen=True):
    """`state` is `off` where nothing is watched."""

    state: str
    kinds: list[WatchHealth]


class NotifierHealth(Answer, frozen=True):
    outbox: int
    delivered: int
    failed: int


class TaskHealth(Answer, frozen=True):
    """A background task of the server that answers."""

    name: str
    state: Literal["running", "waiting", "failed", "stopped"]
    restarts: int
    last_error: str
    last_run: str | None


class Health(Answer, frozen=True):
    sources: list[SourceHealth]
    store: StoreHealth
    blind_spots: list[BlindSpot]
    scans: list[ScanHealth]
    live: LiveHealth
    notifier: NotifierHealth
    tasks: list[TaskHealth]
    hidden: bool
    """Your scope does not cover whole clusters: sources and scans, which are counted by cluster, are not shown to you."""
