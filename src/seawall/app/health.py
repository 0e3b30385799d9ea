"""What this system cannot see: what came in and what became of it, blind spots, and the state of the store and of what watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from seawall.app.answer import Answer
from seawall.app.cells import time_or_none
from seawall.app.disk_room import DroppedPartition, dropped_partitions
from seawall.app.moment import SECOND, rfc3339
from seawall.app.predicate import Selection
from seawall.app.tactics import TECHNIQUES
from seawall.model.event.read_scope import ReadScope
from seawall.store.errors import StoreAway

if TYPE_CHECKING:  # the services name what is declared here
    from seawall.app.services import Services
    from seawall.app.watching import Followed

SILENT = 600 * SECOND
"""How old a source's newest event may be before the source counts as silent."""
LOW_DISK = 512 * 2**20
"""Bytes free below which a disk is called full; of a small disk, a twentieth of it."""

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
    """What of a cluster is not followed: a whole kind, or the one object that `namespace` and `name` name."""

    cluster: str
    kind: str
    namespace: str
    name: str
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
    dropped_partitions: list[DroppedPartition]
    """What the disk guard dropped in the window, because the disk was filling."""
    hidden: bool
    """Your scope does not cover whole clusters: sources and scans, which are counted by cluster, are not shown to you."""


def health(services: Services, scope: ReadScope, selection: Selection) -> Health:
    """What came in during the window and how everything is now. Never raises for a store that is away: that is what this page is for."""
    store = store_health(services)
    sources: list[SourceHealth] = []
    scans: list[ScanHealth] = []
    blind: list[BlindSpot] = []
    notifier = NotifierHealth(outbox=0, delivered=0, failed=0)
    dropped: list[DroppedPartition] = []
    hidden = False
    if store.state != "away":
        try:
            sources = source_health(services, scope, selection)
            scans = _scans(services, scope, selection)
            notifier = _notifier(services, scope, selection)
            dropped = dropped_partitions(services.store, scope, selection.start, selection.end)
            blind = blind_spots(sources)
        except PermissionError:
            hidden = True
        except StoreAway as error:
            store = _away(services, str(error))
    return Health(
        sources=sources,
        store=store,
        blind_spots=blind,
        scans=scans,
        live=services.live() if services.live is not None and not hidden else LiveHealth(state="off", kinds=[]),
        notifier=notifier,
        tasks=services.tasks() if services.tasks is not None and not hidden else [],
        dropped_partitions=dropped,
        hidden=hidden,
    )


def live_health(followed: Sequence[Followed]) -> LiveHealth:
    """What of the followed clusters is not seen at the moment."""
    if not followed:
        return LiveHealth(state="off", kinds=[])
    kinds = [
        WatchHealth(
            cluster=one.view.id, kind=gap.kind, namespace=gap.namespace, name=gap.name, state=gap.reason, why=gap.what
        )
        for one in followed
        if one.view is not None
        for gap in one.view.gaps
    ]
    states = {one.state for one in followed}
    return LiveHealth(state=states.pop() if len(states) == 1 else "mixed", kinds=kinds)


def source_health(services: Services, scope: ReadScope, selection: Selection) -> list[SourceHealth]:
    """Every source that ever sent something, with what it sent in the window. Raises PermissionError for readers of less than a cluster."""
    settled = {
        (row["cluster"], row["source"], row["kind"]): row
        for row in services.store.rows("ledger_by_source", scope, since=selection.start, until=selection.end)
    }
    now = services.clock()
    found = []
    for row in services.store.rows("ledger_lag", scope):
        if selection.clusters and row["cluster"] not in selection.clusters:
            continue
        counts = settled.get((row["cluster"], row["source"], row["kind"]), _NOTHING)
        newest = row["greatest_time"]
        lost = sum(counts["dropped"].values()) + counts["malformed"]
        silent = newest is None or now - newest > SILENT
        found.append(
            SourceHealth(
                source=row["source"],
                kind=row["kind"],
                state="losing" if lost else "silent" if silent else "ok",
                cluster=row["cluster"],
                records_in=counts["records_in"],
                rows_out=counts["rows_out"],
                accepted=counts["accepted"],
                duplicate=counts["duplicate"],
                dropped=dict(counts["dropped"]),
                malformed=counts["malformed"],
                malformed_why=dict(counts["malformed_why"]),
                refused_batches=counts["refusals"],
                in_flight=services.in_flight(row["cluster"], row["source"]) if services.in_flight else 0,
                late=counts["late"],
                future=counts["future"],
                lag_seconds=None if newest is None else round((now - newest) / SECOND, 3),
                last_event=time_or_none(newest),
                last_batch=time_or_none(row["last_stored_at"]),
                clock_offset=None,
                simulated=row["any_simulated"],
            )
        )
    return found


_NOTHING: Mapping[str, Any] = dict.fromkeys(
    ("records_in", "rows_out", "accepted", "duplicate", "malformed", "refusals", "late", "future"), 0
) | {"dropped": {}, "malformed_why": {}}


def loss_ratio(sources: list[SourceHealth]) -> float | None:
    """The share of records that were dropped or could not be read; None where none came in."""
    received = sum(source.records_in for source in sources)
    lost = sum(sum(source.dropped.values()) + source.malformed for source in sources)
    return lost / received if received else None


def store_health(services: Services) -> StoreHealth:
    """How the store is; figures only while it answers."""
    try:
        size = services.store.select(
            "SELECT version() AS version, (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'seawall') AS bytes,"
            " (SELECT sum(rows) FROM system.parts WHERE active AND database = 'seawall') AS rows,"
            " (SELECT min(unreserved_space) FROM system.disks WHERE lower(type) = 'local') AS free,"
            " (SELECT min(total_space) FROM system.disks WHERE lower(type) = 'local') AS total"
        )[0]
    except StoreAway as error:
        return _away(services, str(error))
    full = size["free"] is not None and size["free"] < min(LOW_DISK, size["total"] // 20)
    return StoreHealth(
        state="full" if full else "ok",
        why=f"only {size['free'] // 2**20:,} MB of the disk are free; ingest waits" if full else "",
        embedded=services.embedded,
        url=str(services.store.address),
        version=size["version"],
        size_bytes=size["bytes"] or 0,
        rows=size["rows"] or 0,
        disk_free=size["free"],
    )


def _away(services: Services, why: str) -> StoreHealth:
    return StoreHealth(
        state="away",
        why=why.splitlines()[0][:200] if why else "it does not answer",
        embedded=services.embedded,
        url=str(services.store.address),
        version=None,
        size_bytes=None,
        rows=None,
        disk_free=None,
    )


def _scans(services: Services, scope: ReadScope, selection: Selection) -> list[ScanHealth]:
    return [
        ScanHealth(
            id=row["scan_id"],
            at=rfc3339(row["started_at"]),
            cluster=row["cluster"],
            cluster_name=row["cluster_name"],
            seconds=round((row["finished_at"] - row["started_at"]) / SECOND, 3),
            objects=row["objects"],
            findings=sum(int(count) for count in row["findings"].values()),
            by_severity={name: int(count) for name, count in row["findings"].items()},
            unknown=row["unknown"],
        )
        for row in services.store.rows("scans", scope, since=selection.start, until=selection.end)
    ]


def _notifier(services: Services, scope: ReadScope, selection: Selection) -> NotifierHealth:
    row = services.store.rows("outbox_counts", scope, since=selection.start)[0]
    return NotifierHealth(outbox=row["waiting"], delivered=row["delivered"], failed=row["failed"])


def blind_spots(sources: list[SourceHealth]) -> list[BlindSpot]:
    """The techniques of the Containers matrix that nothing here would show: no rule, or no events of the kinds that its rules read."""
    speaking = Counter(source.kind for source in sources if source.state != "silent" and source.rows_out)
    reads = _kinds_by_technique()
    spots = []
    for technique, (name, _) in TECHNIQUES.items():
        kinds = reads.get(technique, frozenset())
        if not kinds:
            spots.append(BlindSpot(technique=technique, name=name, why="no detection rule covers it"))
        elif not any(speaking[kind] for kind in kinds):
            needed = " or ".join(sorted(kinds))
            spots.append(
                BlindSpot(technique=technique, name=name, why=f"its rules read {needed} events; none came in lately")
            )
    return spots


@cache
def _kinds_by_technique() -> dict[str, frozenset[str]]:
    """The kinds of events that rules for each technique read; a rule for a sub-technique covers its parent."""
    from seawall.spi.detector import rules_of

    found: dict[str, set[str]] = {}
    for rule in rules_of("seawall.detections"):
        for technique in rule.attack:
            for name in {technique, technique.partition(".")[0]}:
                found.setdefault(name, set()).add(rule.reads)
    return {name: frozenset(kinds) for name, kinds in found.items()}
