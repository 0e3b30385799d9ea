"""The embedded store's supervisor: starts the host process, waits until it answers, starts it again when it dies.

The address and the passwords of a run stay the same over restarts, so clients need not notice more than a pause.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import msgspec

from seawall.kit.errors import UserError
from seawall.store.client import Address, Store
from seawall.store.host.config import EngineLimits

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
CALM_SECONDS = 60.0
MALLOC = "dirty_decay_ms:500,muzzy_decay_ms:0,background_thread:true"
"""Measured: gives memory back to the system after load (848 to 330 MB)."""


class State(Enum):
    """What the supervisor knows. `FAILED`: the host cannot open the path; it is not tried again."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"


class Running(msgspec.Struct, frozen=True):
    """A host as its file says."""

    pid: int
    url: str
    version: str
    passwords: dict[str, str]


class EmbeddedStore:
    """A store in `directory`, run by a child process. Use as a context manager, or `start` and `stop`."""

    def __init__(
        self,
        directory: Path,
        *,
        limits: EngineLimits | None = None,
        on_state: Callable[[State, str], None] | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self._limits = limits or EngineLimits()
        self._on_state = on_state
        self._passwords = {"seawall": secrets.token_urlsafe(32), "reader": secrets.token_urlsafe(32)}
        self._state, self._reason = State.STOPPED, ""
        self._restarts = 0
        self._port = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._watcher: threading.Thread | None = None

    @property
    def state(self) -> State:
        return self._state

    @property
    def reason(self) -> str:
        """Why it is in this state, in one line; '' if there is nothing to say."""
        return self._reason

    @property
    def restarts(self) -> int:
        """How often the host died and was started again."""
        return self._restarts

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`; raises RuntimeError before the first start."""
        if not self._port:
            raise RuntimeError("the embedded store has not been started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def address(self) -> Address:
        """For `Store`, with the rights to change."""
        return Address.of(self.url, user="seawall", password=self._passwords["seawall"])

    @property
    def reader_address(self) -> Address:
        """For other tools: may only ask."""
        return Address.of(self.url, user="reader", password=self._passwords["reader"])

    def store(self) -> Store:
        """A client of this store. The caller closes it."""
        return Store(self.address, reader=self.reader_address)

    def start(self) -> None:
        """Start the host and return when it answers. Raises UserError if the path cannot be opened or the engine is not installed."""
        if self._watcher is not None:
            raise RuntimeError("already started")
        if find_spec("chdb") is None:
            raise UserError("the embedded store needs chdb, which is not installed", do="pip install 'seawall[all]'")
        self._stopping.clear()
        self._become(State.STARTING)
        try:
            self._await_ready(self._spawn())
        except UserError as error:
            self._become(State.FAILED, str(error))
            raise
        self._become(State.READY)
        self._watcher = threading.Thread(target=self._watch, name="embedded-store", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop the host: running reads are cancelled, inserts end. Does nothing if it is not started."""
        with self._changing:
            self._stopping.set()
            child, self._child = self._child, None
        if child is not None:
            _stop_child(child)
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        self._become(State.STOPPED)

    def __enter__(self) -> EmbeddedStore:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._port = self._port or _free_port()
        errors = (self.directory / "host.log").open("wb")
        environment = os.environ | {
            "MALLOC_CONF": MALLOC,
            "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
        }
        with errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "seawall.store.host", "--path", str(self.directory), "--port", str(self._port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(msgspec.json.encode({"passwords": self._passwords, "limits": self._limits}) + b"\n")
            child.stdin.flush()
        self._child = child
        return child

    def _await_ready(self, child: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if child.poll() is not None:
                raise UserError(self._last_words(child.returncode), where=str(self.directory))
            running = running_host(self.directory)
            if running is not None and running.pid == child.pid:
                return
            time.sleep(0.02)
        _stop_child(child)
        raise UserError(f"the embedded store did not answer within {READY_SECONDS:.0f} s", where=str(self.directory))

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while (child := self._child) is not None:
            began = time.monotonic()
            child.wait()
            if time.monotonic() - began > CALM_SECONDS:
                pause = FIRST_PAUSE
            if self._stopping.is_set():
                return
            self._become(State.RESTARTING, self._last_words(child.returncode))
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE)
            with self._changing:
                if self._stopping.is_set():
                    return
                child = self._spawn()
            self._restarts += 1
            try:
                self._await_ready(child)
            except UserError as error:
                self._become(State.RESTARTING, str(error))
            else:
                self._become(State.READY)

    def _last_words(self, code: int | None) -> str:
        try:
            lines = (self.directory / "host.log").read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        if code is not None and code < 0:
            return f"the embedded store was ended by signal {-code}"
        return lines[-1] if lines else f"the embedded store ended with code {code}"

    def _become(self, state: State, reason: str = "") -> None:
        self._state, self._reason = state, reason
        if self._on_state is not None:
            self._on_state(state, reason)


def running_host(directory: Path) -> Running | None:
    """The host that has this directory open, as another program of the same user can reach it; None if none runs."""
    try:
        running = msgspec.json.decode((directory.absolute() / "host.json").read_bytes(), type=Running)
        os.kill(running.pid, 0)
    except (OSError, msgspec.MsgspecError):
        return None
    return running


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stop_child(child: subprocess.Popen[bytes]) -> None:
    """Closing its standard input asks it to stop; after a while it is ended."""
    stdin: IO[bytes] | None = child.stdin
    if stdin is not None:
        with contextlib.suppress(OSError):
            stdin.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
