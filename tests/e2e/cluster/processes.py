"""Starts processes and ends them, and never mistakes a stranger for one of them.

A process id is reused once its owner is gone, so a process is known by its id *and* the kernel's start time; what is
remembered across commands is the two together.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_TIME_FIELD = 22
"""Position of `starttime` in /proc/PID/stat, counted from one: proc_pid_stat(5)."""


class Failed(Exception):
    """A part of the cluster did not come up or stopped; the message ends with the last line of its log."""


@dataclass(frozen=True)
class Process:
    """A running process, as it was when it was looked at."""

    pid: int
    started: int
    """Clock ticks after boot."""

    @classmethod
    def of(cls, pid: int) -> Process:
        """Raises ProcessLookupError when there is no such process, or only its unreaped remains."""
        started = _start_time(pid)
        if started is None:
            raise ProcessLookupError(pid)
        return cls(pid, started)

    @property
    def alive(self) -> bool:
        return _start_time(self.pid) == self.started

    def children(self) -> list[Process]:
        try:
            pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [Process(int(pid), started) for pid in pids if (started := _start_time(int(pid))) is not None]

    def send(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):  # it may end between the look and the signal
                os.kill(self.pid, number)


def _start_time(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name stands in brackets and may hold anything, brackets included: count from the last one.
    state, *fields = stat[stat.rindex(")") + 2 :].split()
    return None if state in "ZX" else int(fields[START_TIME_FIELD - 4])


@dataclass
class Daemon:
    """A long-running program inside namespaces, with its log.

    `entering` is the command line that enters them (`Namespaces.entering`). It waits for the program as its parent, so
    signals go past it, to its child.
    """

    name: str
    command: Sequence[str]
    log: Path
    entering: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    keep_open: Sequence[int] = ()
    """File descriptors the program inherits."""

    _parent: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._parent = subprocess.Popen(
                [*self.entering, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                pass_fds=self.keep_open,
                start_new_session=True,  # an interrupt typed at the terminal is for the tests, not for the cluster
            )

    @property
    def running(self) -> bool:
        return self._parent is not None and self._parent.poll() is None

    def stop(self, patience: float = 5.0) -> None:
        """Ask the program to end; after `patience` seconds end it. Returns when it is gone."""
        if self._parent is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._parent.wait(patience)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._parent.wait()
        self._parent = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop its clock, as a machine that swaps or a disk that hangs would."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)
        if self._parent is not None:
            self._parent.send_signal(signal.SIGCONT)  # nsenter stops itself when its child is stopped

    def cpu_seconds(self) -> float:
        """What its program has used so far, in user and kernel."""
        fields = [Path(f"/proc/{one.pid}/stat").read_text().rsplit(")", 1)[1].split() for one in self._programs()]
        return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return lines[-1][:400] if lines else "no log"

    def _signal(self, number: signal.Signals) -> None:
        for process in self._programs():
            process.send(number)

    def _programs(self) -> Iterator[Process]:
        if self._parent is not None and self._parent.poll() is None:
            yield from Process(self._parent.pid, _start_time(self._parent.pid) or 0).children()


def wait_for(what: str, ready: Callable[[], bool], seconds: float, daemons: Sequence[Daemon] = ()) -> None:
    """Poll until `ready`; raises `Failed` on time-out, and at once when one of the daemons has stopped."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not ready():
        for daemon in daemons:
            if not daemon.running:
                raise Failed(f"{daemon.name} stopped while waiting for {what}: {daemon.last_words()}")
        if time.monotonic() > deadline:
            words = "; ".join(f"{daemon.name}: {daemon.last_words()}" for daemon in daemons)
            raise Failed(f"{what}: not after {seconds:.0f} s; {words}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
