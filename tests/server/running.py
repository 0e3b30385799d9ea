"""`seawall up` as a process of its own, for tests that treat it as people and machines do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

ROOT = Path(__file__).parents[2]


class Running:
    def __init__(self, process: subprocess.Popen[str], state: Path) -> None:
        self.process, self.state = process, state
        self.lines: list[str] = []
        self.link = ""
        self._read = threading.Condition()
        self._reading = threading.Thread(target=self._read_on, daemon=True)
        self._reading.start()

    def _read_on(self) -> None:
        """All the while: a program whose output nobody reads stands still once the pipe is full."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._read:
                self.lines.append(line)
                self._read.notify_all()

    def read_until(self, pattern: str, seconds: float = 300) -> str:
        """The first line that holds the pattern; the process must not end before it."""
        until = time.monotonic() + seconds
        with self._read:
            while not (found := [line for line in self.lines if re.search(pattern, line)]):
                said = "".join(self.lines)
                assert time.monotonic() < until and (self.process.poll() is None or self._reading.is_alive()), said
                self._read.wait(0.5)
        return found[0]

    def said(self) -> str:
        """All that it printed; once it has ended."""
        self._reading.join(60)
        return "".join(self.lines)

    @property
    def url(self) -> str:
        return self.link.partition("/login")[0]

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            assert client.get(self.link).status_code == 303
            client.headers["x-seawall-csrf"] = client.cookies["seawall_csrf"]
            yield client

    def store_pid(self) -> int:
        return int(msgspec.json.decode((self.state / "store" / "host.json").read_bytes())["pid"])


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "src")}


@contextmanager
def up(state: Path, *arguments: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "seawall", "up", "--port", "0", "--state", str(state), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    running = Running(process, state)
    try:
        found = re.search(r"http\S+", running.read_until(r"/login\?token="))
        assert found
        running.link = found[0]
        running.read_until("Ctrl-C")
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seawall", *arguments], capture_output=True, text=True, env=environment(), timeout=60
    )


def patiently(ask: httpx.Client, path: str, holds: str, seconds: float = 60.0) -> httpx.Response:
    until = time.monotonic() + seconds
    while True:
        answer = ask.get(path)
        if answer.status_code == 200 and holds in answer.text:
            return answer
        assert time.monotonic() < until, answer.text
        time.sleep(0.2)
