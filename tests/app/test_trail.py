"""Seawall's own audit log survives a store that is away, once each."""

from __future__ import annotations

import resource
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from seawall.app.trail import COALESCE, Act, TrailLog, TrailRow


class Table:
    def __init__(self) -> None:
        self.rows: list[TrailRow] = []
        self.away = False

    def write(self, rows: Sequence[TrailRow]) -> None:
        if self.away:
            raise ConnectionRefusedError
        self.rows.extend(rows)


SIGN_IN = Act("signIn", "denied", client="10.0.0.9")
LOOK = Act("listEvents", "ok", actor="alice", role="view", data={"q": "verdict:denied"})


def test_acts_are_written_at_once_and_looks_by_the_minute(tmp_path: Path) -> None:
    log, table = TrailLog(tmp_path / "unwritten"), Table()
    log.note(SIGN_IN, 1)
    for second in range(3):
        log.note_look(LOOK, second)
    log.note_look(msgspec.structs.replace(LOOK, actor="bob"), 5)
    assert log.flush(table.write, 10) == 1
    assert [row.action for row in table.rows] == ["signIn"]
    assert log.flush(table.write, COALESCE + 4) == 1
    look = table.rows[1]
    assert (look.at, look.actor, msgspec.json.decode(look.data)) == (0, "alice", {"q": "verdict:denied", "times": 3})
    assert log.flush(table.write, 11, everything=True) == 1
    assert log.flush(table.write, 12, everything=True) == 0


def test_what_happens_while_the_store_is_away_is_written_later_by_any_server(tmp_path: Path) -> None:
    log, table = TrailLog(tmp_path / "unwritten"), Table()
    table.away = True
    for number in range(3):
        log.note(SIGN_IN, number)
        with pytest.raises(ConnectionRefusedError):
            log.flush(table.write, number)
    log.note(SIGN_IN, 3)
    log.note_look(LOOK, 4)
    log.keep(5)
    with (tmp_path / "unwritten").open("ab") as file:
        file.write(b'{"at": 1, "ent')  # a crash in the middle of a line
    table.away = False
    after = TrailLog(tmp_path / "unwritten")
    assert after.flush(table.write, 6) == 5
    assert [row.at for row in table.rows] == [0, 1, 2, 3, 4]
    assert len({row.entry_id for row in table.rows}) == 5
    assert after.lost == 1
    assert after.flush(table.write, 7) == 0 and len(table.rows) == 5


def test_a_full_file_counts_what_it_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.app.trail.LARGEST_FILE", 500)
    log = TrailLog(tmp_path / "unwritten")
    for number in range(10):
        log.note(SIGN_IN, number)
        log.keep(number)
    kept = (tmp_path / "unwritten").read_text().count("\n")
    assert 0 < kept < 10 and log.lost == 10 - kept


def test_entries_wait_in_memory_where_the_disk_is_full(tmp_path: Path) -> None:
    log, table, file = TrailLog(tmp_path / "unwritten"), Table(), tmp_path / "unwritten"
    table.away = True
    log.note(SIGN_IN, 0)
    with pytest.raises(ConnectionRefusedError):
        log.flush(table.write, 0)
    before = file.read_bytes()

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))  # as a disk with 100 bytes left
    try:
        for at in (1, 2):
            log.note(SIGN_IN, at)
            with pytest.raises(ConnectionRefusedError):
                log.flush(table.write, at)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == before, "no line is cut"
    table.away = False
    assert log.flush(table.write, 3) == 3
    assert [row.at for row in table.rows] == [0, 1, 2] and log.lost == 0


def test_memory_has_an_end_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.app.trail.MOST_IN_MEMORY", 3)
    log, table = TrailLog(tmp_path / "unwritten"), Table()
    for at in range(5):
        log.note(SIGN_IN, at)
    assert log.flush(table.write, 5) == 3 and log.lost == 2


def test_noting_does_not_wait_for_a_store_that_is_slow(tmp_path: Path) -> None:
    log, begun, go_on = TrailLog(tmp_path / "unwritten"), threading.Event(), threading.Event()

    def slow(rows: Sequence[TrailRow]) -> None:
        begun.set()
        assert go_on.wait(10)

    log.note(SIGN_IN, 0)
    flushing = threading.Thread(target=log.flush, args=(slow, 0))
    flushing.start()
    assert begun.wait(10)
    log.note(SIGN_IN, 1)  # returns
    go_on.set()
    flushing.join()
    table = Table()
    assert log.flush(table.write, 2) == 1
