"""The past judged again by the policies of now: raw flows hour by hour, newest first, then the roll-ups of those hours.

Done twice it is as done once, and cut off it goes on where it was: every row says by which policies it was judged.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

import msgspec

from seawall.ingest.verdicts import ASKED, JUDGED, Judging, verdict_columns
from seawall.kit.errors import UserError
from seawall.model.event import KINDS, ROLLUPS
from seawall.model.event.read_scope import ReadScope
from seawall.store import rejudge as stored
from seawall.store.client import Store
from seawall.store.predicate import Time
from seawall.store.rebuild import Part, rebuild_day

_EDGES = tuple(name for name in ROLLUPS if name.startswith("edge_"))
_PASSES = 5
"""How often an hour is gone through while rows come in that an older judge judged."""

Progress = Callable[[str, int, int], None]


class Rejudged(msgspec.Struct, frozen=True, rename="camel"):
    """What was done. `questions` are the distinct ones that were asked, `rows` those they stood for.

    `incomplete` counts hours some of whose rows have expired: their roll-ups keep the verdicts of before.
    """

    version: str
    hours: int
    rows: int
    questions: int
    days_rolled_up: int
    incomplete: int
    stopped: bool


def rejudge(
    store: Store,
    cluster: str,
    judging: Judging,
    *,
    progress: Progress | None = None,
    stopping: threading.Event | None = None,
) -> Rejudged:
    """Judges every stored flow of `cluster` by `judging`. Returns soon after `stopping` is set; run again, it goes on."""
    stored.end_what_was_begun(store)
    found = stored.hours(store, cluster, judging.version)
    due = [hour for hour in found if hour.stale]
    rows = asked = done = 0
    stopped = False
    for hour in due:
        if stopping is not None and stopping.is_set():
            stopped = True
            break
        asked += _judge_hour(store, cluster, hour.start, judging)
        rows, done = rows + hour.stale, done + 1
        if progress is not None:
            progress("hours", done, len(due))
    after = stored.hours(store, cluster, judging.version)
    settled = [hour for hour in after if hour.rolled_stale and not hour.stale]
    days: dict[date, list[int]] = defaultdict(list)
    for hour in settled:
        if hour.whole:
            days[datetime.fromtimestamp(hour.start // 1_000_000_000, UTC).date()].append(hour.start)
    for day, starts in sorted(days.items(), reverse=True):
        for rollup in _EDGES:
            rebuild_day(store, rollup, day, Part(cluster, tuple(starts)))
    return Rejudged(judging.version, done, rows, asked, len(days), sum(not hour.whole for hour in settled), stopped)


class Following:
    """Judges the past of live clusters again when what decides there has changed and then stayed so from one turn to the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, str] = {}
        self._done: dict[str, str] = {}

    def turn(self, judges: Iterable[tuple[str, Judging]], stopping: threading.Event) -> list[Rejudged]:
        """One turn over the clusters, by id; what was done. Cut off by `stopping` it goes on with the next one."""
        found = []
        for cluster, judging in judges:
            version = judging.version
            settled, self._seen[cluster] = self._seen.get(cluster) == version, version
            if not settled or self._done.get(cluster) == version:
                continue
            done = rejudge(self._store, cluster, judging, stopping=stopping)
            found.append(done)
            if not done.stopped:
                self._done[cluster] = version
        return found


def stored_cluster(store: Store, asked: str) -> str:
    """The cluster that rows are stored under, by its id or its name. UserError where there are none."""
    known = {row["cluster"]: row["name"] for row in store.rows("clusters_known", ReadScope.everything())}
    found = [one for one, name in known.items() if asked in (one, name)]
    if asked in known or len(found) == 1:
        return asked if asked in known else found[0]
    names = ", ".join(sorted(known)) or "none"
    raise UserError(f'no events of a cluster "{asked}" are stored', do=f"name it with --cluster; there are: {names}")


def _judge_hour(store: Store, cluster: str, hour: int, judging: Judging) -> int:
    """Judges the rows of an hour; how many questions they asked."""
    import pyarrow as pa

    asked = 0
    since = Time(judging.since) if judging.since is not None else None
    for _ in range(_PASSES):
        table = stored.questions(store, cluster, hour, judging.version, ASKED)
        if not table.num_rows:
            break
        asked += table.num_rows
        columns = {name: _one(table.column(name)) for name in table.schema.names}
        judged = verdict_columns(columns, judging)
        absent = {True: pa.nulls(table.num_rows, pa.string()), False: pa.repeat("", table.num_rows)}
        answers = {
            name: judged.get(name, absent[bool(KINDS["flow"].field(name).null)]).cast(pa.string())
            for name in JUDGED
            if name not in _CONSTANT
        }
        batch = pa.RecordBatch.from_pydict({"key": columns["key"], **answers})
        stored.answer(store, cluster, hour, ASKED, batch, {"policy_version": judging.version, "policy_since": since})
    return asked


_CONSTANT = ("policy_version", "policy_since")


def _one(column: object) -> object:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
