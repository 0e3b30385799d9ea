"""A recording shown: its objects become a watched cluster, its records go the way that all events go, scans and rules run as its time passes.

Times are moved by whole seconds, so that the recording ends shortly before the present; a take that says so is shown days before the last one.
Within a take every distance is what it was. Loading the same recording into the same store again changes nothing: batches are known by their
bytes, and the time that was chosen the first time is kept.

    recorded = Recorded(demo(), now=time.time_ns())     # looks through the file; `recorded.about` is known
    recorded.load(store, progress=…, stopping=…)        # in a thread; `current` and `identities` are there within a moment
    recorded.clock()                                    # what people mean by now
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from seawall.app.detection import Detection, native_rules
from seawall.app.posture import FindingLife
from seawall.app.recorded_view import RecordedView
from seawall.app.scan import TOOL, Selection
from seawall.app.verdicts import ClusterJudge, Verdicts
from seawall.app.watching import identity_of, keep_intervals
from seawall.ingest.identity import IdentityIndex, build
from seawall.ingest.ledger import StoredLedger
from seawall.ingest.pipeline import Batch, Ledger, Pipeline, Settled, batch_id
from seawall.kit.errors import UserError
from seawall.live.intervals import Held, Holdings
from seawall.live.view import Delta, LiveView, touched
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope
from seawall.model.report import Report
from seawall.scan.incremental import Rescanner
from seawall.sources.recording import reader
from seawall.sources.recording.format import AnyLine, Event, Stream, Take
from seawall.sources.recording.kept import event_source
from seawall.sources.recording.moved import SECOND, Moved
from seawall.store.client import Store

STEP = 60 * SECOND
"""Records of so much time go in together: one batch a stream."""
FIRST_STEP = 5 * SECOND
"""The first step of a take is short, for it holds the lists that everything else needs."""
LOOK_EVERY = 120 * SECOND
"""How often scans and rules look at what has come."""
AFTERWARDS = 150 * SECOND
"""How long after the last line it is when everything is shown: windows have ended and silence has been noticed by then."""
_PAUSE = 600 * SECOND
"""A pause up to this long is played as it was."""
_FAR = 1 << 62

Progress = Callable[[str, int, int], None]
"""(what, done, total)."""


class About(msgspec.Struct, frozen=True, rename="camel"):
    """What a recording is, for people. Times are UTC ns, as recorded. `simulated` streams are said so; `lost` says what is missing."""

    title: str
    note: str
    cluster: str
    name: str
    version: str
    recorded_from: int
    recorded_to: int
    takes: tuple[Take, ...]
    streams: dict[str, Stream]
    lines: dict[str, int]
    refused: dict[str, int]
    lost: str


class Loaded(msgspec.Struct, frozen=True, rename="camel"):
    """What loading did. `records` counts what was stored now, by stream; `batches_known` were stored before; `undecodable` objects are gaps."""

    batches: int
    batches_known: int
    records: dict[str, int]
    scans: int
    signals: int
    cases: int
    undecodable: int
    shown_from: int
    shown_to: int
    seconds: float


def demo() -> Path:
    """The recorded day that comes with Seawall."""
    return Path(__file__).parent / "demo" / "day.seawall-recording"


class Recorded:
    """One recorded cluster. `view`, `current`, `report`, `state`, `why` and `identities` are as a watched cluster's and follow the recording's time.

    `now` (ns) is when it is shown. Without `speed` all of it is loaded at once and `clock` stands at its end; with it the recording plays so many
    times as fast as it was recorded, and `clock` runs through it. `state` is `starting`, `loading`, `recorded` (all of it is there) or `stopped`.
    UserError where the file is no recording that can be read.
    """

    def __init__(self, path: Path, *, now: int, speed: float | None = None) -> None:
        if speed is not None and not speed > 0:
            raise UserError(f"a recording cannot be played {speed} times as fast", do="give a speed above 0")
        self.path = path
        self.survey = reader.survey(path)
        self.about = _about(self.survey)
        self.id, self.name = self.about.cluster, self.about.name
        self.view: LiveView | None = None
        self.current: Cluster | None = None
        self.report: Report | None = None
        self.state, self.why = "starting", ""
        self.index = build(())
        self._verdicts = Verdicts()
        self.moved = Moved.showing(self.survey.takes, self.survey.last, now - AFTERWARDS)
        self.pace = _Pace(speed)

    def clock(self) -> int:
        """Now, as the recording has it (ns)."""
        return self.pace.now() or self.end

    @property
    def end(self) -> int:
        """Now, once all of it is shown (ns)."""
        return self.moved.time(self.survey.last) + AFTERWARDS

    @property
    def shown(self) -> tuple[int, int]:
        """Where its first and last line are shown (ns). Settled when loading begins, for an earlier load may have chosen."""
        return self.moved.time(self.survey.first), self.moved.time(self.survey.last)

    def identities(self, cluster: str) -> IdentityIndex | None:
        """Who owned an address when, if `cluster` is the recorded one."""
        return self.index if cluster in (self.id, self.name) else None

    def judge(self, cluster: str) -> ClusterJudge | None:
        """Who judges flows by the policies of the recording's time, if `cluster` is the recorded one."""
        if self.current is None or cluster not in (self.id, self.name):
            return None
        return self._verdicts.of(self.current, followed=True)

    def load(
        self, store: Store, *, progress: Progress | None = None, stopping: threading.Event | None = None
    ) -> Loaded:
        """Shows it in `store`; returns when all of it is there, or soon after `stopping` is set. Raises what the store raises: load again then."""
        return _Load(self, store, progress or (lambda what, done, total: None), stopping or threading.Event()).run()


class _Step(msgspec.Struct):
    """The lines of a stretch of a take, from `begin` up to `end`, both included (recorded ns)."""

    begin: int
    end: int
    lines: list[AnyLine]


class _Load:
    """One run through the file."""

    def __init__(self, shown: Recorded, store: Store, progress: Progress, stopping: threading.Event) -> None:
        self._shown, self._store, self._progress, self._stopping = shown, store, progress, stopping
        self._at = 0
        """The time of the recording, as it is shown."""
        about = shown.about
        self._sources = {name: event_source(stream.source) for name, stream in about.streams.items()}
        self._resumed = self._first_shown()
        self._ledger: Ledger = StoredLedger(store) if self._resumed else _Empty()
        self._pipeline = Pipeline(store, self._ledger, shown.identities, clock=lambda: self._at, judges=shown.judge)
        self._recorded = RecordedView(
            shown.path,
            id=about.cluster,
            name=about.name,
            version=about.version,
            text=shown.moved.text,
            keep_texts=True,
        )
        self._view = self._recorded.view
        self._holdings = Holdings(keep=_FAR)
        self._life = FindingLife(store, about.cluster, clock=lambda: self._at)
        self._rescanner = Rescanner(Selection().choose(), tool=TOOL)
        self._detection = Detection(store, native_rules(), {}, clock=lambda: self._at)
        self._scanned = self._scans_known()
        self._scanned_once = False
        self._unseen: list[Delta] = []
        self._unkept: list[Held] = []
        self._records: Counter[str] = Counter()
        self._batches = self._known = self._scans = self._signals = 0

    def run(self) -> Loaded:
        began = time.monotonic()
        shown = self._shown
        shown.state, shown.view = "loading", self._view
        if shown.about.lost:
            self._view.broken("", Gap("truncated", shown.about.lost, where=str(shown.path)))
        shown.state = "recorded" if self._play() else "stopped"
        first, last = shown.shown
        return Loaded(
            batches=self._batches,
            batches_known=self._known,
            records=dict(self._records),
            scans=self._scans,
            signals=self._signals,
            cases=sum(case.cluster == shown.id for case in self._detection.cases().values()),
            undecodable=self._recorded.undecodable,
            shown_from=first,
            shown_to=last,
            seconds=round(time.monotonic() - began, 3),
        )

    def _play(self) -> bool:
        """Step by step; False when it was stopped."""
        shown, look_due, done = self._shown, 0, 0
        total = sum(shown.about.lines.values())
        for step in _steps(shown.survey.takes, reader.read(shown.path)):
            if not shown.pace.wait(shown.moved.time(step.begin), shown.moved.time(step.end), self._stopping):
                return False
            self._at = shown.moved.time(step.end)
            self._objects(step.lines)
            self._events(step)
            if self._at >= look_due:
                self._look()
                look_due = self._at + LOOK_EVERY
            done += len(step.lines)
            self._progress("lines of the recording", done, total)
        self._look()
        if not self._scanned_once and shown.current is not None:
            shown.report = self._rescanner.full(shown.current)
        shown.pace.end()
        self._at = shown.end
        self._signals += self._detection.turn(self._at).signals
        return True

    def _look(self) -> None:
        """What runs now and then in a living installation."""
        held, self._unkept = self._unkept, []
        keep_intervals(self._store, self._shown.id, held, self._at)
        self._scan()
        self._signals += self._detection.turn(self._at).signals

    # -------------------------------------------------------------------------------------------- objects

    def _objects(self, lines: Iterable[AnyLine]) -> None:
        """Brings the cluster to the end of a step."""
        deltas: list[Delta] = []
        for line in lines:
            deltas += self._recorded.take(line, self._shown.moved.time(line.at))
        shown = self._shown
        shown.current = cluster = self._view.cluster(self._at)
        if deltas:
            held = self._holdings.apply(deltas, cluster.owner_of)
            shown.index = build(pair for one in self._holdings for pair in identity_of(one))
            self._unseen += deltas
            self._unkept += held

    # -------------------------------------------------------------------------------------------- events

    def _events(self, step: _Step) -> None:
        """Settles one batch a stream."""
        shown = self._shown
        for stream, payload in _payloads(step.lines).items():
            name = batch_id(shown.id, stream, payload)
            if self._ledger.settled(name) is not None:
                self._known += 1
                continue
            batch = Batch(
                name,
                shown.id,
                stream,
                shown.moved.text(payload),
                self._at,
                sender=f"recording {shown.survey.header.id}",
                simulated=shown.about.streams[stream].simulated,
            )
            settled = self._pipeline.settle(batch, self._sources[stream])
            self._records[stream] += settled.accepted
            self._batches += 1

    # -------------------------------------------------------------------------------------------- scans

    def _scan(self) -> None:
        """Looks at what changed since the last scan; what an earlier load stored is not scanned again."""
        cluster = self._shown.current
        if cluster is None or cluster.taken_at is None or cluster.taken_at in self._scanned:
            return
        changes, self._unseen = self._unseen, []
        if self._scanned_once:
            report = self._rescanner.update(cluster, touched(changes, cluster.owner_of))
        else:
            report = self._rescanner.full(cluster)
        self._scanned_once = True
        self._shown.report = report
        self._life.record(cluster, report)
        self._scanned.add(cluster.taken_at)
        self._scans += 1

    # -------------------------------------------------------------------------------------------- what an earlier load left

    def _first_shown(self) -> bool:
        """Whether an earlier load began; then the times that it chose hold.

        They are read from the ledger row of the first batch: a batch's id is of the bytes in the file, whatever time they are moved to.
        """
        shown = self._shown
        for step in _steps(shown.survey.takes, reader.read(shown.path)):
            for stream, payload in _payloads(step.lines).items():
                name = batch_id(shown.id, stream, payload)
                rows = self._store.rows("batch", ReadScope.everything(), batch_id=name)
                if rows:
                    shown.moved = Moved.showing(shown.survey.takes, step.end, rows[0]["received_at"])
                return bool(rows)
        return False

    def _scans_known(self) -> set[int]:
        if not self._resumed:
            return set()
        scope = ReadScope.of(clusters=[self._shown.id])
        return {row["started_at"] for row in self._store.rows("scans", scope, since=0, until=_FAR)}


class _Pace:
    """When a time of the recording is reached: at once without `speed`."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._from, self._since, self._until = 0, 0.0, 0

    def now(self) -> int:
        """The time of the recording (shown ns), 0 where it does not run."""
        if self._speed is None or not self._from:
            return 0
        passed = int((time.monotonic() - self._since) * SECOND * self._speed)
        return min(self._from + passed, self._until)

    def wait(self, begin: int, until: int, stopping: threading.Event) -> bool:
        """Returns when `until` (shown ns) is reached; False when it is time to stop. A pause between takes is passed over."""
        if self._speed is None:
            return not stopping.is_set()
        self._from = self._until if self._until <= begin <= self._until + _PAUSE else begin
        self._since, self._until = time.monotonic(), until
        return not stopping.wait((until - self._from) / SECOND / self._speed)

    def end(self) -> None:
        self._from = 0


class _Empty:
    """The ledger of a store that has nothing of this recording."""

    def settled(self, batch: str) -> Settled | None:
        return None


def _about(found: reader.Survey) -> About:
    header = found.header
    return About(
        title=header.title,
        note=header.note,
        cluster=header.cluster.id,
        name=header.cluster.name,
        version=header.cluster.version,
        recorded_from=found.first,
        recorded_to=found.last,
        takes=found.takes,
        streams=header.streams,
        lines=found.lines,
        refused=found.refused,
        lost=found.lost,
    )


def _payloads(lines: Iterable[AnyLine]) -> dict[str, bytes]:
    """The records of each stream, a line each."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for line in lines:
        if isinstance(line, Event):
            found[line.stream].append(bytes(line.record))
    return {stream: b"\n".join(records) for stream, records in found.items()}


def _steps(takes: tuple[Take, ...], lines: Iterable[AnyLine]) -> Iterator[_Step]:
    """The lines by stretches of `STEP` from the beginning of their take. Stretches without a line are left out."""
    begins = [take.at for take in takes]
    step: _Step | None = None
    number = (-1, -1)
    for line in lines:
        take = max((index for index, at in enumerate(begins) if at <= line.at), default=0)
        place = (take, (line.at - begins[take] - FIRST_STEP) // STEP)
        if step is None or place != number:
            if step is not None:
                yield step
            step, number = _Step(line.at, line.at, []), place
        step.lines.append(line)
        step.end = line.at
    if step is not None:
        yield step
