"""Seawall's own audit log: who looked, who acted, who was turned away.

Entries go to the ledger table `seawall_audit`. While the store is away they wait in a file of the state directory, or in memory if the disk is full, and
are written later, with the same id, so a repeat is harmless. A dashboard that asks the same again and again makes one entry a minute, with a count.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import msgspec

from seawall.app.moment import SECOND

Outcome = Literal["ok", "denied", "refused", "failed"]
"""`denied` is no or not enough rights, `refused` a request that was not understood or came too often."""

COALESCE = 60 * SECOND
MOST_LOOKS = 10_000
MOST_IN_MEMORY = 50_000
"""Entries that wait in memory, where the file has no room either."""
ROWS_AT_ONCE = 10_000
LARGEST_FILE = 64 * 2**20


class Act(msgspec.Struct, frozen=True):
    """What is to be noted: all of an entry but when. `data` holds parameters, never secrets."""

    action: str
    outcome: Outcome
    actor: str = ""
    role: str = ""
    cluster: str = ""
    target: str = ""
    client: str = ""
    agent: str = ""
    data: dict[str, Any] = {}


class TrailRow(msgspec.Struct, frozen=True):
    """One row of `seawall_audit`; `at` in UTC nanoseconds, `data` as JSON."""

    at: int
    entry_id: str
    cluster: str
    actor: str
    role: str
    action: str
    target: str
    outcome: Outcome
    client_address: str
    user_agent_original: str
    data: str


_log = logging.getLogger("seawall.server")

Write = Callable[[Sequence[TrailRow]], None]
"""Writes rows to the ledger table; raises OSError or whatever says that the store is away."""


class TrailLog:
    """Collects acts from any thread until they are written. `unwritten` is the file where they wait while the store is away.

    `lost` counts entries that found no room anywhere. Noting never waits for a disk: the lock of what is in memory is held for no longer than a list takes.
    """

    def __init__(self, unwritten: Path) -> None:
        self._file = unwritten
        self._writing = threading.Lock()
        self._lock = threading.Lock()
        self._acts: list[TrailRow] = []
        self._looks: dict[bytes, tuple[Act, int, int]] = {}
        self.lost = 0

    def note(self, act: Act, now: int) -> None:
        """Remember an act, to be written with the next flush."""
        with self._lock:
            self._add([_row(act, now, 1)])

    def note_look(self, act: Act, now: int) -> None:
        """Remember that somebody read something; the same look within a minute counts into one entry."""
        key = msgspec.msgpack.encode(act)
        with self._lock:
            _, first, count = self._looks.get(key, (act, now, 0))
            self._looks[key] = (act, first, count + 1)
            if len(self._looks) > MOST_LOOKS:
                self._settle_looks(now, everything=True)

    def flush(self, write: Write, now: int, *, everything: bool = False) -> int:
        """Write what is due (with `everything`, also looks of the last minute) and what waits in the file; how many rows were written.

        Raises what `write` raises; the rows are then in the file.
        """
        with self._writing:
            fresh = self._taken(now, everything=everything)
            waiting = self._read_file()
            rows = [*waiting, *fresh]
            try:
                for start in range(0, len(rows), ROWS_AT_ONCE):
                    write(rows[start : start + ROWS_AT_ONCE])
            except Exception:
                try:
                    self._append(fresh)
                except OSError:
                    with self._lock:
                        later, self._acts = self._acts, []
                        self._add([*fresh, *later])
                raise
            if waiting:
                self._file.unlink(missing_ok=True)
            return len(rows)

    def keep(self, now: int) -> None:
        """Put what is not written yet into the file: the last thing a server does when the store is gone before it."""
        with self._writing:
            fresh = self._taken(now, everything=True)
            try:
                self._append(fresh)
            except OSError as error:
                self.lost += len(fresh)
                _log.error("%d entries of the audit log are lost: %s", len(fresh), error)

    def _taken(self, now: int, *, everything: bool) -> list[TrailRow]:
        with self._lock:
            self._settle_looks(now, everything=everything)
            fresh, self._acts = self._acts, []
        return fresh

    def _add(self, rows: Sequence[TrailRow]) -> None:
        room = max(0, MOST_IN_MEMORY - len(self._acts))
        self._acts.extend(rows[:room])
        self.lost += len(rows[room:])

    def _settle_looks(self, now: int, *, everything: bool) -> None:
        over = [key for key, (_, first, _) in self._looks.items() if everything or now - first >= COALESCE]
        for key in over:
            act, first, count = self._looks.pop(key)
            self._add([_row(act, first, count)])

    def _append(self, rows: Sequence[TrailRow]) -> None:
        """Put rows at the end of the file. Raises OSError where they do not fit on the disk; then none of them is in it."""
        if not rows:
            return
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            size = file.tell()
            if size + len(lines) > LARGEST_FILE:
                self.lost += len(rows)
                return
            try:
                if file.write(lines) < len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(size)
                raise

    def _read_file(self) -> list[TrailRow]:
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        rows = []
        for line in lines:
            try:
                rows.append(msgspec.json.decode(line, type=TrailRow))
            except msgspec.DecodeError:  # torn by a crash while it was written
                self.lost += 1
        return rows


def _row(act: Act, at: int, count: int) -> TrailRow:
    data = {**act.data, "times": count} if count > 1 else act.data
    return TrailRow(
        at=at,
        entry_id=token_hex(12),
        cluster=act.cluster,
        actor=act.actor,
        role=act.role,
        action=act.action,
        target=act.target,
        outcome=act.outcome,
        client_address=act.client,
        user_agent_original=act.agent,
        data=msgspec.json.encode(data).decode(),
    )
