"""A file that grows, is rotated, is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.kit.errors import UserError
from seawall.sources.recording import tail as tail_module
from seawall.sources.recording.tail import Tail


def appended(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_whole_lines_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    tail = Tail(path)
    assert tail.step() == []
    appended(path, "one\n\ntwo\nthr")
    assert tail.step() == [b"one", b"two"]
    assert tail.step() == []
    appended(path, "ee\n")
    assert tail.step() == [b"three"]
    tail.close()


def test_rotation_and_truncation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("")
    tail = Tail(path)
    appended(path, "one\n")
    path.rename(tmp_path / "log.1")
    appended(tmp_path / "log.1", "two\n")
    assert tail.step() == [b"one", b"two"], "what was written before the rotation"
    assert tail.step() == [], "there is no new file yet"
    path.write_text("three\n")
    assert tail.step() == []
    assert tail.step() == [b"three"]
    path.write_text("4\n")
    assert tail.step() == []
    assert tail.step() == [b"4"]
    tail.close()


def test_a_line_that_never_ends_is_given_as_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "LONGEST", 100)
    path = tmp_path / "log"
    path.write_text("")
    tail = Tail(path)
    appended(path, "x" * 200)
    assert tail.step() == []
    appended(path, "x" * 50)
    assert tail.step() == []
    appended(path, "x\nafter\n")
    assert tail.step() == [b"{}", b"after"]
    tail.close()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        Tail(tmp_path / "nowhere")
