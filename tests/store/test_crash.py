"""kill -9 under load: what was acknowledged is there, nothing is counted twice, in the events and in the roll-ups."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.conftest import NOW
from tests.store.rows import START, random_batch

from seawall.kit.errors import UserError
from seawall.model.event import KINDS
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore, State, running_host
from seawall.store.errors import StoreAway
from seawall.store.migrate import migrate

ROWS = 1000
HOUR = 3_600_000_000_000


class Writer(threading.Thread):
    """Sends batches of two hours each, repeats what was not acknowledged, and remembers what was."""

    def __init__(self, store: Store, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.store, self.number, self.stop = store, number, stop
        self.acknowledged: list[str] = []
        self.repeats = 0

    def run(self) -> None:
        while not self.stop.is_set():
            name = f"w{self.number}-{len(self.acknowledged)}"
            batch = random_batch(
                KINDS["flow"],
                1,
                ROWS,
                cluster="crash",
                batch_id=name,
                events=1,
                src_labels=[[]] * ROWS,
                time=[START + n % 2 * HOUR for n in range(ROWS)],
            )
            while True:
                try:
                    self.store.insert("flow", batch, token=name)
                except StoreAway:
                    self.repeats += 1
                    time.sleep(0.05)
                    continue
                self.acknowledged.append(name)
                break


def crash(embedded: EmbeddedStore, rounds: int, seed: int) -> tuple[list[str], int]:
    """Kill the host `rounds` times while two writers write and a reader reads; what was acknowledged, and how many repeats it took."""
    made = random.Random(seed)
    stop = threading.Event()
    with closing(embedded.store()) as store:
        writers = [Writer(store, number, stop) for number in range(2)]
        for writer in writers:
            writer.start()
        for _ in range(rounds):
            before = sum(len(writer.acknowledged) for writer in writers)
            wait_for(lambda before=before: sum(len(writer.acknowledged) for writer in writers) >= before + 3)  # type: ignore[misc]
            time.sleep(made.random() * 0.3)
            pid = embedded.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: embedded.state is State.READY and embedded.pid != pid)  # type: ignore[misc]
        stop.set()
        for writer in writers:
            writer.join()
        return [name for writer in writers for name in writer.acknowledged], sum(writer.repeats for writer in writers)


def wait_for(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def check(embedded: EmbeddedStore, acknowledged: list[str]) -> None:
    with closing(embedded.store()) as store:
        stored = {
            row["batch_id"]: row["rows"]
            for row in store.select("SELECT batch_id, count() AS rows FROM seawall.flow GROUP BY batch_id")
        }
        assert stored == dict.fromkeys(acknowledged, ROWS), "every batch whole, none lost, none twice"
        total = ROWS * len(acknowledged)
        assert store.execute("SELECT sum(events) + sum(reply_events) FROM seawall.edge_minute") == total
        assert store.execute("SELECT sum(rows) FROM seawall.event_minute") == total


def rounds_of_crashes(directory: Path, rounds: int) -> None:
    with EmbeddedStore(directory) as embedded:
        with closing(embedded.store()) as store:
            migrate(store, at=NOW)
        acknowledged, repeats = crash(embedded, rounds, seed=rounds)
        assert repeats > 0, "the crashes hit nobody"
        assert embedded.restarts >= rounds
        check(embedded, acknowledged)
    with EmbeddedStore(directory) as again:
        check(again, acknowledged)


def test_nothing_is_lost_or_doubled_by_two_crashes(own_directory: Path) -> None:
    rounds_of_crashes(own_directory, 2)


def test_a_second_opener_is_told_who_has_it(embedded: EmbeddedStore) -> None:
    second = EmbeddedStore(embedded.directory)
    with pytest.raises(UserError, match=rf"another Seawall store \(process {embedded.pid}\) has it open"):
        second.start()
    assert second.state is State.FAILED
    second.stop()
    with closing(embedded.store()) as store:
        assert store.ping()


def test_a_path_that_cannot_be_opened_is_named(own_directory: Path) -> None:
    own_directory.mkdir()
    (own_directory / "engine").write_text("no directory")
    with pytest.raises(UserError, match=str(own_directory)):
        EmbeddedStore(own_directory).start()


def test_another_program_of_the_same_user_finds_the_host(embedded: EmbeddedStore) -> None:
    running = running_host(embedded.directory)
    assert running is not None
    assert (running.pid, running.url) == (embedded.pid, embedded.url)
    assert (embedded.directory / "host.json").stat().st_mode & 0o777 == 0o600
    assert running.passwords["seawall"] not in Path(f"/proc/{running.pid}/cmdline").read_text()
    assert running.passwords["seawall"].encode() not in Path(f"/proc/{running.pid}/environ").read_bytes()


def test_no_host_outlives_its_starter(own_directory: Path) -> None:
    """The host stops when its standard input ends, however its starter ended."""
    import subprocess
    import sys

    code = (
        "import sys, time, pathlib; from seawall.store.embedded import EmbeddedStore; "
        "e = EmbeddedStore(pathlib.Path(sys.argv[1])); e.start(); print(e.pid, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(own_directory)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert starter.stdout is not None
    host = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    wait_for(lambda: not alive(host), 20)
    assert running_host(own_directory) is None


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_store_that_is_away_is_away_and_comes_back(own_directory: Path) -> None:
    embedded = EmbeddedStore(own_directory)
    embedded.start()
    with closing(embedded.store()) as store:
        migrate(store, at=NOW)
        embedded.stop()
        with pytest.raises(StoreAway):
            store.rows("scans", ReadScope.everything(), since=0, until=1)
        assert not store.ping()
        with pytest.raises(StoreAway):
            store.insert("dns", random_batch(KINDS["dns"], 1, 1), token="x")
        embedded.start()
        assert store.rows("scans", ReadScope.everything(), since=0, until=1) == []
        embedded.stop()
