"""`seawall up` as a process of its own, for tests that treat it as people and machines do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import msgspec

ROOT = Path(__file__).parents[2]


class Running:
    def __init__(self, process: subprocess.Popen[str], state: Path) -> None:
        self.process, self.state = process, state
        output = process.stdout
        assert output is not None
        self.output: IO[str] = output
        self.lines: list[str] = []
        self.link = ""

    def read_until(self, pattern: str) -> str:
        """The first line that holds the pattern; the process must not end before it."""
        for line in self.output:
            self.lines.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"ended with {self.process.wait()}: {''.join(self.lines)}")

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
