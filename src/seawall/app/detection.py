"""Detection as it runs beside the server: rules over what was stored, stories from signals, messages to people. One turn after another."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from seawall.detect.schedule import Scheduler
from seawall.detect.signal import RELATED
from seawall.kit.errors import UserError
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.model.finding import Severity
from seawall.respond.case import Case, CaseSignal, cases_of
from seawall.respond.correlate import correlate
from seawall.respond.entry import Entry, entry_of
from seawall.respond.outbox import Pending, deliver, messages_for, pending
from seawall.spi.detector import Rule, rules_of
from seawall.spi.notifier import Notifier
from seawall.store.client import Store

_ALL = ReadScope.everything()
_MANY = 1_000_000


def native_rules() -> tuple[Rule, ...]:
    """The rules of the project and of installed packages."""
    from seawall.spi.catalogue import packages

    return tuple(rule for package in packages("detections") for rule in rules_of(package))


class Turn(msgspec.Struct, frozen=True):
    """What a turn did. `errors` are rules that could not tell, by id."""

    signals: int
    cases: int
    queued: int
    errors: dict[str, str]


class Detection:
    """`receivers` are told of incidents from `tell_from` on. `clock` is wall time in ns; `turn` is given the time that counts."""

    def __init__(
        self,
        store: Store,
        rules: Iterable[Rule],
        notifiers: Mapping[str, Notifier],
        *,
        since: int = 0,
        tell_from: Severity = Severity.MEDIUM,
        link: Callable[[str], str] = lambda case: "",
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store, self._notifiers, self._tell_from, self._link, self._clock = (
            store,
            dict(notifiers),
            tell_from,
            link,
            clock,
        )
        self._scheduler = Scheduler(store, rules, since=since, clock=clock)
        self.last: Turn | None = None

    def turn(self, at: int) -> Turn:
        """Rules, then stories, then the messages that are owed for them. Everything it writes is harmless when written twice."""
        runs = self._scheduler.turn(at)
        changed = self._correlate(at)
        queued = self._queue(changed)
        self.last = Turn(
            signals=sum(len(run.signals) for run in runs),
            cases=len(changed),
            queued=queued,
            errors={run.rule: run.errors[0] for run in runs if run.errors},
        )
        return self.last

    def deliver(self, at: int) -> int:
        """Tries what is owed and due; how many messages were tried. The entry of a try is written after it, so a message may be delivered twice, never lost."""
        owed = [one for one in self.owed() if one.due <= at]
        for one in owed:
            self._write("outbox", [deliver(one, self._notifiers, self._clock())], "message_id")
        return len(owed)

    def owed(self) -> list[Pending]:
        """Messages that are not delivered yet."""
        return pending(self._entries("outbox_entries", "message_id"))

    def cases(self) -> dict[str, Case]:
        """All incidents, by id."""
        return cases_of(self._entries("case_entries", "case_id"))

    def _correlate(self, at: int) -> list[Case]:
        """Puts signals that are in no story into one; the cases that changed."""
        entries = self._entries("case_entries", "case_id")
        cases = cases_of(entries)
        placed = {signal.id for case in cases.values() for signal in case.signals}
        loose: dict[str, list[CaseSignal]] = defaultdict(list)
        for row in self._store.rows(
            "signals_page", _ALL, since=0, until=_FAR, before_time=_FAR, before_id="", limit=_MANY
        ):
            if row["signal_id"] not in placed and not row["suppressed_by"]:
                loose[row["cluster"]].append(case_signal(row))
        made = [
            entry for cluster, signals in loose.items() for entry in correlate(cluster, signals, cases.values(), at)
        ]
        self._write("case_entry", made, "case_id")
        after = cases_of([*entries, *made])
        return [after[case] for case in {entry.subject for entry in made} if case in after]

    def _queue(self, cases: Iterable[Case]) -> int:
        receivers = tuple(self._notifiers)
        made = [
            entry
            for case in cases
            if case.severity.rank >= self._tell_from.rank
            for entry in messages_for(case, receivers, self._link(case.id))
        ]
        known = {entry.id for entry in self._entries("outbox_entries", "message_id")} if made else set()
        fresh = [entry for entry in made if entry.id not in known]
        self._write("outbox", fresh, "message_id")
        return len(fresh)

    def _entries(self, query: str, column: str) -> list[Entry]:
        return [entry_of(row, column) for row in self._store.rows(query, _ALL)]

    def _write(self, table: str, entries: list[Entry], column: str) -> None:
        write_entries(self._store, table, entries, column)


_FAR = 9_000_000_000_000_000_000
"""A time (ns) after all others."""


def write_entries(store: Store, table: str, entries: list[Entry], column: str) -> None:
    """Appends entries to their table."""
    if not entries:
        return
    declared = KEPT[table]
    rows = [entry.row(column, namespaced="namespace" in declared.columns) for entry in entries]
    batch = record_batch(declared, {name: [row[name] for row in rows] for name in declared.columns if name in rows[0]})
    store.insert(table, batch, token=f"{entries[0].id}/{entries[-1].id}/{len(entries)}/{entries[0].at}")


def case_signal(row: Mapping[str, Any]) -> CaseSignal:
    """What a case remembers of a stored signal."""
    related = [one for one in row["key_fields"].get(RELATED, "").split("\n") if one]
    return CaseSignal(
        row["signal_id"], row["rule"], Severity(row["severity"]), row["time"], row["title"], (f"{row['entity_kind']}:{row['entity']}", *related),
        tuple(row["attack"]), row["namespace"], row["simulated"],
    )  # fmt: skip


def stories(store: Store, scope: ReadScope) -> dict[str, Case]:
    """The incidents that a reader with `scope` sees, by id."""
    return cases_of(entry_of(row, "case_id") for row in store.rows("case_entries", scope))


def rule_called(id: str) -> Rule:  # noqa: A002
    """One rule. UserError where there is none of that id."""
    for rule in native_rules():
        if rule.id == id:
            return rule
    raise UserError(f'no detection rule is called "{id}"', do="list them with: seawall rules list")
