"""`python -m seawall.store.host --path DIR`: run the embedded host until standard input ends.

The first line on standard input is JSON: `{"passwords": {"seawall": …, "reader": …}, "limits": {…}}`. Passwords come that
way because arguments are public. When standard input ends the host stops: it never outlives whoever started it.
Exit codes: 0 stopped, 2 wrong use, 3 the path cannot be opened, 70 the engine broke (the reason is the last line on
standard error).
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys
import threading
import time
from pathlib import Path

import msgspec

from seawall.store.host.config import EngineLimits, write_config
from seawall.store.host.engine import Engine, EngineError
from seawall.store.host.server import OWNER, READER, HostServer

CANNOT_OPEN, ENGINE_BROKEN = 3, 70
PREDECESSOR_SECONDS = 15.0
"""How long a host that serves no more may take to let go of the directory."""


class Start(msgspec.Struct):
    passwords: dict[str, str]
    limits: EngineLimits = EngineLimits()


class Address(msgspec.Struct):
    """What a host file says: how programs of the same user reach the host. Mode 0600."""

    pid: int
    url: str
    version: str
    passwords: dict[str, str]


def main() -> int:
    arguments = _arguments()
    try:
        start = msgspec.json.decode(sys.stdin.buffer.readline(), type=Start)
    except msgspec.MsgspecError as error:
        _say(f"standard input: {error}; the first line is JSON with passwords")
        return 2
    if start.passwords.keys() != {OWNER, READER} or not all(start.passwords.values()):
        _say(f"standard input: passwords of {OWNER} and {READER} are needed")
        return 2
    directory = Path(arguments.path).absolute()
    host_file = Path(arguments.port_file or directory / "host.json")
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _lock(directory, host_file)
        config = write_config(directory, start.limits)
        engine = Engine(directory / "engine", config)
    except BlockingIOError as error:
        _say(str(error))
        return CANNOT_OPEN
    except (OSError, EngineError) as error:
        _say(f"{directory}: {error}")
        return CANNOT_OPEN
    server = HostServer(engine, start.limits, start.passwords, arguments.port, _give_up)
    address = Address(os.getpid(), f"http://127.0.0.1:{server.server_port}", engine.version, start.passwords)
    _write_private(host_file, msgspec.json.encode(address))
    try:
        _serve_until_input_ends(server)
    finally:
        host_file.unlink(missing_ok=True)  # first: whoever waits for the directory sees that this host is ending
        server.wind_down(seconds=5.0)
        engine.close()
        os.close(lock)
    return 0


def _give_up(reason: str) -> None:
    _say(reason)
    sys.stderr.flush()
    os._exit(ENGINE_BROKEN)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m seawall.store.host", description="The embedded ClickHouse host.")
    parser.add_argument("--path", required=True, help="directory that holds the store")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--port-file", help="where to write address and passwords once ready; default PATH/host.json")
    return parser.parse_args()


def _lock(directory: Path, host_file: Path) -> int:
    """Hold the directory. Raises BlockingIOError, with who holds it, if another host does.

    A host that is only starting or ending is waited for: it outlives a starter that was killed by as long as its last insert takes.
    """
    lock = os.open(directory / "host.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + PREDECESSOR_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            if _serves(holder, host_file) or time.monotonic() > until:
                raise BlockingIOError(f"{directory}: another Seawall store (process {holder}) has it open") from None
            time.sleep(0.05)
        else:
            break
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _serves(holder: str, host_file: Path) -> bool:
    """Has the host that holds the directory said that it answers?"""
    try:
        return str(msgspec.json.decode(host_file.read_bytes(), type=Address).pid) == holder
    except (OSError, msgspec.MsgspecError):
        return False


def _write_private(path: Path, data: bytes) -> None:
    """Appears whole or not at all, and only for this user."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    temporary.replace(path)


def _serve_until_input_ends(server: HostServer) -> None:
    stop = threading.Event()
    threading.Thread(target=server.serve_forever, name="accept", daemon=True).start()
    threading.Thread(target=server.watch, args=(stop,), name="watch", daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        while sys.stdin.buffer.read(4096):
            pass
    stop.set()
    server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
