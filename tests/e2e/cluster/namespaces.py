"""Linux namespaces that live as long as one process, their holder.

The holder is process 1 of a process namespace. Everything that is started inside dies with it, whatever it forked, so
ending a cluster is ending one process, and a crashed test run leaves nothing to be hunted down: no pinned namespace
files, no interfaces in the machine's own network, no mounts that others see.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.cluster.missing import Missing
from tests.e2e.cluster.processes import Process

TOOLS = ("unshare", "nsenter", "setpriv", "ip", "mount")
CLONE_NEWNET = 0x40000000
"""From <sched.h>."""


def require_root() -> None:
    if os.geteuid() != 0:
        raise Missing("the test cluster needs root: it makes network and mount namespaces")


def require_namespaces() -> None:
    """Raises `Missing`, in one line, when this machine or this user cannot make them."""
    require_root()
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        raise Missing(f"the test cluster needs {', '.join(lacking)} (packages util-linux, iproute2)")
    probe = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode != 0:
        raise Missing(f"this machine gives no namespaces: {probe.stderr.strip()}")


@dataclass(frozen=True)
class Namespaces:
    """Network, mount, host-name, IPC and process namespaces of one holder."""

    holder: Process
    _outermost: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)
    """Our own child, reaped at the end; unknown when the namespaces were made by another command."""

    @classmethod
    def create(cls, *, hostname: str, inside: Namespaces | None = None, tied: bool = True) -> Namespaces:
        """Make new namespaces. `inside`: their processes also die with that holder. `tied`: with this process too."""
        command = [
            *(["setpriv", "--pdeathsig", "KILL"] if tied else []),
            *(inside.entering("--pid") if inside else []),
            *["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"],
            # With SIGCHLD ignored the kernel reaps orphans that are handed to process 1.
            *["sh", "-ec", f"hostname {hostname}; trap '' CHLD; exec sleep infinity"],
        ]
        outermost = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        holder = _descendant_called("sleep", Process.of(outermost.pid), seconds=5)
        made = cls(holder, outermost)
        made.run("ip", "link", "set", "lo", "up")
        return made

    @property
    def alive(self) -> bool:
        return self.holder.alive

    @property
    def network(self) -> Path:
        """The network namespace as a file that `setns` takes."""
        return Path(f"/proc/{self.holder.pid}/ns/net")

    def entering(self, *which: str) -> list[str]:
        """The beginning of a command line that runs in these namespaces (all of them unless `which` names some)."""
        wanted = which or ("--net", "--mount", "--uts", "--ipc", "--pid")
        return ["nsenter", f"--target={self.holder.pid}", *wanted, "--"]

    def run(self, *command: str, stdin: str | None = None) -> str:
        """Run to the end and return standard output; raises CalledProcessError with standard error kept."""
        return subprocess.run(
            [*self.entering(), *command], input=stdin, text=True, capture_output=True, check=True
        ).stdout

    def listen(self, host: str, port: int) -> socket.socket:
        """A listening TCP socket in the network namespace, owned by the calling process outside."""

        def make() -> socket.socket:
            return socket.create_server((host, port), backlog=128)

        return self._in_network(make)

    def connect(self, host: str, port: int, seconds: float = 5.0) -> socket.socket:
        """A connected TCP socket in the network namespace, owned by the calling process outside."""

        def make() -> socket.socket:
            return socket.create_connection((host, port), timeout=seconds)

        return self._in_network(make)

    def end(self) -> None:
        """End the holder and with it everything inside; returns when it is gone."""
        self.holder.send(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self.holder.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._outermost is not None:
            self._outermost.wait()

    def _in_network(self, make: Callable[[], socket.socket]) -> socket.socket:
        # A network namespace belongs to a thread, and a socket keeps the one it was made in.
        made: list[socket.socket] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                enter_network(self.network)
                made.append(make())
            except OSError as error:
                failed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return made[0]


def enter_network(file: Path) -> None:
    """Move the calling thread into a network namespace."""
    with file.open("rb") as opened:
        if ctypes.CDLL(None, use_errno=True).setns(opened.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {file}")


def _descendant_called(name: str, ancestor: Process, seconds: float) -> Process:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        generation = [ancestor]
        while generation:
            for process in generation:
                if _name(process) == name:
                    return process
            generation = [child for process in generation for child in process.children()]
        if not ancestor.alive:
            raise Missing("namespaces could not be made: unshare failed")
        time.sleep(0.01)
    raise Missing("namespaces could not be made in time")


def _name(process: Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
