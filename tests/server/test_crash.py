"""kill -9 of the store, the server, or both under load: nothing acknowledged is lost, nothing is counted twice, in the events and in the roll-ups."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import msgspec
import pyarrow as pa
import pytest
from tests.server.running import Running, cli, up

from seawall.store.client import Address, Store
from seawall.store.embedded import running_host

ROUNDS = 20
ROWS = 1000
SENDERS = 2
PATIENCE = 300.0
"""Seconds in which a server that was killed must take batches again."""


class Drill:
    """A server that is killed and started again, and those who go on sending to it and asking it."""

    def __init__(self, state: Path, token: str) -> None:
        self.state, self.token = state, token
        self.server: Running | None = None
        self.over = threading.Event()
        self.acknowledged: list[list[str]] = [[] for _ in range(SENDERS)]
        self.repeats = 0
        self.answers = 0

    @property
    def settled(self) -> int:
        return sum(len(names) for names in self.acknowledged)

    def send(self, number: int) -> None:
        """Batches of two hours each, one after the other; one that is not acknowledged is sent again, as it is."""
        random_ = random.Random(number)
        for count in itertools.count():
            if self.over.is_set():
                return
            name, body = f"w{number}-{count}", flows(random_)
            until = time.monotonic() + PATIENCE
            while not self.post(name, body):
                self.repeats += 1
                assert time.monotonic() < until, f"{name} was never taken"
                time.sleep(0.2)
            self.acknowledged[number].append(name)

    def post(self, name: str, body: bytes) -> bool:
        """Is the batch acknowledged? A refusal that sending again would not mend fails the test."""
        server = self.server
        if server is None:
            return False
        headers = {"authorization": f"Bearer {self.token}", "x-seawall-batch": name}
        try:
            answer = httpx.post(
                f"{server.url}/api/v1/ingest/flow?cluster=crash&source=drill", content=body, headers=headers, timeout=30
            )
        except httpx.TransportError:
            return False
        assert answer.status_code in (200, 429, 503), answer.text
        if answer.status_code == 200:
            receipt = answer.json()
            assert receipt["recordsIn"] == ROWS and receipt["outcome"] in ("stored", "repeat"), receipt
        return answer.status_code == 200

    def look(self) -> None:
        """A page that is open all the while."""
        while not self.over.is_set():
            server = self.server
            with suppress(httpx.TransportError):
                if server is not None:
                    headers = {"authorization": f"Bearer {self.token}"}
                    answer = httpx.get(f"{server.url}/api/v1/events/flow?from=now-7d", headers=headers, timeout=30)
                    self.answers += answer.status_code == 200
            time.sleep(0.2)

    def kill(self, whom: str) -> None:
        assert self.server is not None
        if whom in ("store", "both"):
            with suppress(OSError):  # it may be between two lives, and then has been killed already
                os.kill(self.server.store_pid(), signal.SIGKILL)
        if whom in ("server", "both"):
            self.server.process.kill()
            self.server.process.wait()
            self.server = None

    def await_batches(self, more: int) -> None:
        """All is well again when each sender has been acknowledged that many batches more."""
        wanted = [len(names) + more for names in self.acknowledged]
        until = time.monotonic() + PATIENCE
        while any(len(names) < count for names, count in zip(self.acknowledged, wanted, strict=True)):
            assert time.monotonic() < until, "no batch is taken any more"
            time.sleep(0.02)


def flows(random_: random.Random) -> bytes:
    """Flows and replies between some workloads, in this hour and the one before it."""
    now = time.time_ns()
    columns = {
        "time": pa.array([now - at % 2 * 3600 * 10**9 for at in range(ROWS)], pa.timestamp("ns", tz="UTC")),
        "src_workload": [f"w{random_.randrange(20)}" for _ in range(ROWS)],
        "dst_workload": [f"w{random_.randrange(20)}" for _ in range(ROWS)],
        "is_reply": [random_.random() < 0.3 for _ in range(ROWS)],
        "events": pa.array([1] * ROWS, pa.uint64()),
    }
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def check(state: Path, acknowledged: list[str]) -> None:
    """What is stored is what was acknowledged: whole and once, in the events, the ledger and every roll-up."""
    host = running_host(state / "store")
    assert host is not None
    with closing(Store(Address.of(host.url, user="seawall", password=host.passwords["seawall"]))) as store:
        rows = store.select("SELECT batch_id, count() AS rows FROM seawall.flow GROUP BY batch_id")
        assert {row["batch_id"]: row["rows"] for row in rows} == dict.fromkeys(acknowledged, ROWS)
        ledger = store.select(
            "SELECT batch_id, countIf(outcome = 'stored') AS stored, sumIf(rows_out, outcome = 'stored') AS rows"
            " FROM seawall.batch_ledger WHERE source = 'drill' GROUP BY batch_id"
        )
        assert {row["batch_id"]: (row["stored"], row["rows"]) for row in ledger} == dict.fromkeys(
            acknowledged, (1, ROWS)
        )
        total = ROWS * len(acknowledged)
        for rollup in ("edge_minute", "edge_hour"):
            assert store.execute(f"SELECT sum(events) + sum(reply_events) FROM seawall.{rollup}") == total, rollup
        assert store.execute("SELECT sum(rows) FROM seawall.event_minute WHERE kind = 'flow'") == total


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_twenty_crashes_of_store_server_or_both(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    state = tmp_path / "state"
    made = cli("token", "create", "drill", "--role", "admin", "--state", str(state))
    assert made.returncode == 0, made.stderr
    drill = Drill(state, made.stdout.strip())
    chosen = random.Random(20)
    whom = [*("store", "server", "both") * (ROUNDS // 3), *("both",) * (ROUNDS % 3)]
    chosen.shuffle(whom)
    threads = [threading.Thread(target=drill.send, args=(number,)) for number in range(SENDERS)]
    threads.append(threading.Thread(target=drill.look))
    with ExitStack() as held:
        drill.server = held.enter_context(up(state))
        held.callback(drill.over.set)
        for thread in threads:
            thread.start()
        for victim in whom:
            drill.await_batches(2)
            time.sleep(chosen.random() * 0.3)
            drill.kill(victim)
            if drill.server is None:
                drill.server = held.enter_context(up(state))
        drill.await_batches(2)
        drill.over.set()
        for thread in threads:
            thread.join(PATIENCE)
        acknowledged = [name for names in drill.acknowledged for name in names]
        assert drill.repeats > 0 and drill.answers > 0, "the crashes hit nobody"
        check(state, acknowledged)
        print(f"{len(whom)} crashes, {len(acknowledged)} batches acknowledged, {drill.repeats} sent again")
    with up(state):
        check(state, acknowledged)
        said = cli("store", "doctor", "--store", str(state / "store"), "-o", "json")
    looked_at = msgspec.json.decode(said.stdout)
    ill = [one for one in looked_at if one["health"] == "ill" and not one["name"].startswith("disk")]
    assert looked_at and ill == []
