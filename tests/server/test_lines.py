"""What the server says never waits for who reads it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.running import environment

from seawall.server import lines
from seawall.server.lines import LineHandler, Lines


class Pipe:
    """A pipe whose other end is read when the test says so."""

    def __init__(self) -> None:
        self.read_end, write_end = os.pipe()
        self.stream = os.fdopen(write_end, "w")

    def all(self) -> str:
        self.stream.close()
        with os.fdopen(self.read_end) as file:
            return file.read()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    yield Pipe()


def test_lines_come_in_order_and_all_of_them(pipe: Pipe) -> None:
    with Lines(pipe.stream) as say:
        for number in range(100):
            say(f"line {number}")
    assert pipe.all().splitlines() == [f"line {number}" for number in range(100)]


def test_nobody_reads_and_nobody_waits(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LAST_WORDS", 0.05)
    said = 3 * lines.MOST_WAITING
    with Lines(pipe.stream) as say:
        for number in range(said):  # many times what a pipe holds
            say(f"{number:>100}")
    assert 0 < say.dropped < said
    read: list[str] = []
    reading = threading.Thread(target=lambda: read.extend(os.fdopen(os.dup(pipe.read_end)).readlines()))
    reading.start()
    say("somebody reads again")
    with say:
        pass
    pipe.stream.close()
    os.close(pipe.read_end)
    reading.join(10)
    told = sum(int(line.split()[0].replace(",", "")) for line in read if "were dropped here" in line)
    assert told == say.dropped and len(read) - 1 == said + 1 - say.dropped


def test_an_entry_is_one_line_whoever_wrote_it(pipe: Pipe) -> None:
    log = logging.getLogger("tests.lines")
    log.propagate = False
    with Lines(pipe.stream) as say:
        log.addHandler(LineHandler(say))
        log.warning("refused for %s", "/api\n2026-01-01 INFO all is well\x1b[2J")
        log.handlers.clear()
    [line] = pipe.all().splitlines()
    assert line.endswith("refused for /api?2026-01-01 INFO all is well?[2J")


@pytest.mark.slow
def test_a_server_whose_log_nobody_reads_goes_on_answering(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    server = subprocess.Popen(
        [sys.executable, "-m", "seawall", "up", "-vv", "--port", "0", "--state", str(tmp_path / "state")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # and never read
        text=True,
        env=environment(),
    )
    assert server.stdout is not None
    try:
        link = next(line for line in server.stdout if "/login?token=" in line).split()[1]
        url = link.partition("/login")[0]
        with httpx.Client(base_url=url, timeout=20) as client, httpx.Client(base_url=url) as person:
            assert person.get(link).status_code == 303
            statuses = [
                client.get(f"/api/v1/{'x' * 150}", headers={"authorization": f"Bearer wrong-{number}"}).status_code
                for number in range(600)
            ]
            assert set(statuses) == {401, 429} and statuses.index(429) <= 10
            assert client.get("/healthz").text == "ok\n"
            assert person.get("/api/v1/me").status_code == 200
    finally:
        server.terminate()
        assert server.wait(60) == 0
        server.stdout.close()
        if server.stderr is not None:
            server.stderr.close()
