"""Runs rules over what the ledger says has not been looked at.

A stateless rule takes stored batches without a run of its version. A windowed rule runs a window once the watermark has passed its end and the allowed
lateness, and once more if a batch that touches it is stored after that. Everything it writes is harmless when written twice, so two schedulers may overlap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from seawall.detect.signal import RELATED, Signal, signal_of
from seawall.detect.windows import touched, windows
from seawall.kit.errors import Fatal
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.spi.detector import STATELESS_SLICE, WINDOW_SLICE, Rule
from seawall.store.client import Store
from seawall.store.predicate import Time

if TYPE_CHECKING:
    from collections.abc import Callable

_ALL = ReadScope.everything()
_BATCHES_AT_ONCE = 500
_WINDOWS_AT_ONCE = 500
SILENCE = 120_000_000_000
"""A source that stored nothing for this long (ns) does not hold the watermark back."""


class Run(msgspec.Struct, frozen=True):
    """What a turn of the schedule did."""

    rule: str
    slices: int
    signals: tuple[Signal, ...]
    errors: tuple[str, ...] = ()


class Scheduler:
    """`since`: stored batches from here on (ns) are looked at; it is when the rules were first enabled. `clock` times the runs."""

    def __init__(self, store: Store, rules: Iterable[Rule], *, since: int, clock: Callable[[], int]) -> None:
        self._store, self._rules, self._since, self._clock = store, tuple(rules), since, clock

    def turn(self, at: int) -> tuple[Run, ...]:
        """Everything that is due at `at` (ns), once. Signals are stored before the run that says so."""
        return tuple(self._stateless(rule) if rule.stateless else self._windowed(rule, at) for rule in self._rules)

    # -------------------------------------------------------------------------------------------- stateless

    def _stateless(self, rule: Rule) -> Run:
        found: list[Signal] = []
        errors: list[str] = []
        slices = 0
        while True:
            due = self._store.rows(
                "slices_without_run",
                _ALL,
                kind=rule.reads,
                rule=rule.id,
                rule_version=rule.version,
                since=self._since,
                limit=_BATCHES_AT_ONCE,
            )
            by_cluster: dict[str, list[str]] = defaultdict(list)
            for row in due:
                by_cluster[row["cluster"]].append(row["batch_id"])
            for cluster, batches in by_cluster.items():
                signals, error = self._ask(rule, STATELESS_SLICE, None, cluster=cluster, batch_ids=batches)
                self._keep(signals)
                self._record(rule, cluster, [{"batch_id": batch} for batch in batches], len(signals), error)
                found += signals
                errors += [error] if error else []
                slices += len(batches)
            if len(due) < _BATCHES_AT_ONCE or errors:
                return Run(rule.id, slices, tuple(found), tuple(errors))

    # -------------------------------------------------------------------------------------------- windowed

    def _windowed(self, rule: Rule, at: int) -> Run:
        assert rule.window is not None
        batches = self._store.rows("stored_batches", _ALL, kind=rule.reads, since=self._since, limit=1_000_000)
        looked = {
            (row["cluster"], row["window_start"]): row
            for row in self._store.rows("rule_windows", _ALL, rule=rule.id, rule_version=rule.version, since=0)
        }
        by_cluster: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in batches:
            by_cluster[row["cluster"]].append(row)
        found: list[Signal] = []
        errors: list[str] = []
        slices = 0
        for cluster, stored in by_cluster.items():
            due = _due(rule, cluster, stored, looked, at)[:_WINDOWS_AT_ONCE]
            for (start, end), number, late in due:
                signals, error = self._ask(
                    rule, WINDOW_SLICE, (start, end), cluster=cluster, **{"from": Time(start), "to": Time(end)}
                )
                self._keep(signals)
                self._record(
                    rule,
                    cluster,
                    [{"window_start": start, "window_end": end, "pass_number": number, "late_batch_id": late}],
                    len(signals),
                    error,
                )
                found += signals
                errors += [error] if error else []
                slices += 1
        return Run(rule.id, slices, tuple(found), tuple(errors))

    # -------------------------------------------------------------------------------------------- both

    def _ask(
        self, rule: Rule, piece: str, window: tuple[int, int] | None, **parameters: object
    ) -> tuple[list[Signal], str]:
        """The signals of one slice; a query that the store refuses is an answer that cannot be given, written down and tried again."""
        try:
            # In a rule `time` and `namespace` are the events' columns, also where the signal's column of that name is made of them.
            rows = self._store.select(
                f"{rule.sql.replace('{slice}', piece)}\nSETTINGS prefer_column_name_to_alias = 1", **parameters
            )
            return [signal_of(rule, row, window) for row in rows], ""
        except (Fatal, KeyError, TypeError) as error:
            return [], f"{type(error).__name__}: {error}"

    def _keep(self, signals: list[Signal]) -> None:
        if signals:
            keep(self._store, signals, self._clock())

    def _record(self, rule: Rule, cluster: str, slices: list[dict[str, Any]], signals: int, error: str) -> None:
        ended = self._clock()
        rows = [
            {
                "ran_at": ended,
                "rule": rule.id,
                "rule_version": rule.version,
                "cluster": cluster,
                "signals": signals,
                "error": error,
                **one,
            }
            for one in slices
        ]
        token = "/".join((rule.id, rule.version, cluster, str(ended), *(str(value) for value in slices[0].values())))
        self._store.insert("rule_run", _batch("rule_run", rows), token=token)


def keep(store: Store, signals: list[Signal], written_at: int) -> None:
    """Writes signals and copies their evidence, evidence first: a signal that is seen has what it rests on."""
    rows = [_signal_row(signal, written_at) for signal in signals]
    by_kind: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for signal in signals:
        for event in signal.evidence:
            by_kind[signal.kinds[0]].append((signal.id, event))
    for kind, pairs in by_kind.items():
        events = {
            row["event_id"]: row
            for row in store.rows(
                "evidence",
                _ALL,
                kind=kind,
                batch_ids=sorted({event.rpartition(".")[0] for _, event in pairs}),
                event_ids=sorted({event for _, event in pairs}),
            )
        }
        copies = [
            {
                "signal_id": signal, "event_id": event, "written_at": written_at, "time": row["time"], "cluster": row["cluster"], "kind": kind,
                "namespaces": sorted({row[column] for column in ("namespace", "src_namespace", "dst_namespace") if row.get(column)}),
                "event": msgspec.json.encode(row).decode(),
            }
            for signal, event in pairs
            if (row := events.get(event)) is not None
        ]  # fmt: skip
        if copies:
            store.insert(
                "signal_evidence",
                _batch("signal_evidence", copies),
                token=f"{copies[0]['signal_id']}/{written_at}/{kind}",
            )
    store.insert("signal", _batch("signal", rows), token=f"{signals[0].id}/{len(signals)}/{written_at}")


def _signal_row(signal: Signal, written_at: int) -> dict[str, Any]:
    return {
        "time": signal.time, "signal_id": signal.id, "written_at": written_at, "cluster": signal.cluster, "rule": signal.rule, "rule_version": signal.version,
        "severity": signal.severity.value, "score": signal.score, "title": signal.title, "reasons": list(signal.reasons), "entity_kind": signal.entity_kind,
        "entity": signal.entity, "namespace": signal.namespace, "workload": signal.workload, "workload_kind": signal.workload_kind,
        "key_fields": [*sorted(signal.key.items()), (RELATED, "\n".join(signal.related))], "window_start": signal.window_start, "window_end": signal.window_end, "events": signal.events,
        "kinds": list(signal.kinds), "attack": list(signal.attack), "simulated": signal.simulated,
    }  # fmt: skip


def _batch(table: str, rows: list[dict[str, Any]]) -> Any:
    declared = KEPT[table]
    names = [field.name for field in declared.fields if field.name in rows[0]]
    return record_batch(declared, {name: [row[name] for row in rows] for name in names})


def _due(
    rule: Rule,
    cluster: str,
    stored: list[Mapping[str, Any]],
    looked: Mapping[tuple[str, int], Mapping[str, Any]],
    at: int,
) -> list[tuple[tuple[int, int], int, str]]:
    """Windows to run, with the number of the pass and the late batch that causes a second one."""
    assert rule.window is not None
    newest: dict[str, tuple[int, int]] = {}
    for row in stored:
        seen, last = newest.get(row["source"], (0, 0))
        newest[row["source"]] = max(seen, row["greatest_time"]), max(last, row["stored_at"])
    speaking = [seen for seen, last in newest.values() if at - last < SILENCE]
    # Where every source is silent nothing more is waited for: all windows that hold events have ended as far as anybody can tell.
    watermark = (
        min(speaking)
        if speaking
        else max(seen for seen, _ in newest.values()) + rule.window + rule.lateness + rule.every
    )
    first = min(row["least_time"] for row in stored)
    holding = {start for row in stored for start in touched(rule, row["least_time"], row["greatest_time"])}
    due: list[tuple[tuple[int, int], int, str]] = [
        ((start, end), 0, "")
        for start, end in windows(rule, first, watermark)
        if start in holding and (cluster, start) not in looked
    ]
    for row in stored:
        for start in touched(rule, row["least_time"], row["greatest_time"]):
            run = looked.get((cluster, start))
            if run is not None and run["passes"] == 0 and row["stored_at"] > run["first_ran_at"]:
                due.append(((start, start + rule.window), 1, row["batch_id"]))
    unique: dict[tuple[int, int], tuple[tuple[int, int], int, str]] = {}
    for one in due:
        unique.setdefault(one[0], one)
    return list(unique.values())
