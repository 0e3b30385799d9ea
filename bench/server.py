"""The server as people run it: how soon it answers, what it holds, how fast it takes flows while others read, how fast a day's graph is.

    python bench/server.py [--batches N] [--day ROWS]

Starts `seawall up` as a process on a scratch state directory. Flows go in by HTTP as Arrow streams and as Hubble's JSON, with four readers polling; beside
them the same Arrow batches go straight into the store in this process: the ratio is what HTTP, ledger and readers cost. Printed are rates by wall clock
and by CPU seconds of all processes, for the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pyarrow as pa

from seawall.model.event import KINDS
from seawall.model.event.arrow import record_batch
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

ROOT = Path(__file__).parents[1]
ROWS = 20_000
ROWS_OF_A_DAY_AT_ONCE = 100_000
"""More would pass what the engine lets one query hold, with both roll-ups kept up."""
READERS = 4
TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from tree(int(child))


def cpu(pid: int) -> float:
    """User and system seconds of a process and its children."""
    total = 0.0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def memory(pid: int) -> tuple[int, int]:
    """Proportional and resident megabytes of a process and its children."""
    proportional = resident = 0
    for one in tree(pid):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        proportional += int(re.search(r"Pss:\s+(\d+)", text)[1])  # type: ignore[index]
        resident += int(re.search(r"Rss:\s+(\d+)", text)[1])  # type: ignore[index]
    return proportional // 1024, resident // 1024


def flows(seed: int, rows: int, begin: int) -> pa.RecordBatch:
    """Flows between 400 workloads in 40 namespaces over 2,000 edges, a minute of them."""
    random = np.random.default_rng(seed)
    source, neighbour = random.integers(0, 400, rows), random.integers(0, 5, rows)
    target = (source * 7 + neighbour * 31 + 1) % 400
    ports = np.array([80, 443, 5432, 6379, 8080])[neighbour]
    names = np.array([f"workload-{number}" for number in range(400)])
    spaces = np.array([f"namespace-{number // 10}" for number in range(400)])
    times = begin + np.sort(random.integers(0, 60 * 10**9, rows))
    return record_batch(
        KINDS["flow"],
        {
            "time": pa.array(times, pa.timestamp("ns", tz="UTC")),
            "src_entity": ["pod"] * rows,
            "src_namespace": pa.array(spaces[source]),
            "src_workload": pa.array(names[source]),
            "src_workload_kind": ["Deployment"] * rows,
            "src_address": pa.array([f"10.0.{one // 250}.{one % 250}" for one in source]),
            "src_port": pa.array(random.integers(30000, 60000, rows), pa.uint16()),
            "dst_entity": ["pod"] * rows,
            "dst_namespace": pa.array(spaces[target]),
            "dst_workload": pa.array(names[target]),
            "dst_workload_kind": ["Deployment"] * rows,
            "dst_address": pa.array([f"10.0.{one // 250}.{one % 250}" for one in target]),
            "dst_port": pa.array(ports, pa.uint16()),
            "network_transport": ["tcp"] * rows,
            "verdict": pa.array(random.choice(["allowed", "denied"], rows, p=[0.97, 0.03])),
            "reporter": ["source"] * rows,
            "is_reply": [False] * rows,
            "events": pa.array(np.ones(rows), pa.uint64()),
        },
    )


def as_stream(batch: pa.RecordBatch) -> bytes:
    own = [
        name
        for name in batch.schema.names
        if name not in ("cluster", "source", "batch_id", "batch_row", "observed_time", "future", "late", "simulated")
    ]
    chosen = batch.select(own)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, chosen.schema) as writer:
        writer.write_batch(chosen)
    return bytes(sink.getvalue())


def as_hubble(batch: pa.RecordBatch) -> bytes:
    """The same flows as Hubble prints them."""
    lines = []
    columns = (
        "time",
        "src_namespace",
        "src_workload",
        "src_address",
        "src_port",
        "dst_namespace",
        "dst_workload",
        "dst_address",
        "dst_port",
        "verdict",
    )
    times = [f"{text}Z" for text in np.datetime_as_string(batch.column("time").to_numpy(), unit="ns")]
    rows = batch.select(columns[1:]).to_pylist()
    for at, row in zip(times, rows, strict=True):
        ends = {
            end: {
                "namespace": row[f"{short}_namespace"],
                "pod_name": f"{row[f'{short}_workload']}-0",
                "workloads": [{"name": row[f"{short}_workload"], "kind": "Deployment"}],
            }
            for end, short in (("source", "src"), ("destination", "dst"))
        }
        flow = {
            "time": at, "verdict": "FORWARDED" if row["verdict"] == "allowed" else "DROPPED",
            "IP": {"source": row["src_address"], "destination": row["dst_address"], "ipVersion": "IPv4"},
            "l4": {"TCP": {"source_port": row["src_port"], "destination_port": row["dst_port"], "flags": {"SYN": True}}},
            "Type": "L3_L4", "traffic_direction": "EGRESS", "is_reply": False, **ends,
        }  # fmt: skip
        lines.append(msgspec.json.encode({"flow": flow}))
    return b"\n".join(lines) + b"\n"


@contextmanager
def server(state: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client, str]]:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "seawall", "up", "--port", "0", "--state", str(state)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert process.stdout is not None
    link = ""
    for line in process.stdout:
        found = re.search(r"http\S+login\S+", line)
        link = found[0] if found else link
        if "Ctrl-C" in line:
            break
    url = link.partition("/login")[0]
    assert httpx.get(f"{url}/healthz").status_code == 200
    print(
        f"answers after              {time.monotonic() - began:6.2f} s wall, {cpu(process.pid):5.2f} s CPU of all processes"
    )
    client = httpx.Client(base_url=url, timeout=120)
    client.get(link)
    client.headers["x-seawall-csrf"] = client.cookies["seawall_csrf"]
    try:
        yield process, client, url
    finally:
        client.close()
        process.send_signal(signal.SIGINT)
        process.wait(60)


@contextmanager
def readers(url: str, cookies: dict[str, str]) -> Iterator[list[float]]:
    """Four people with a page open that asks again as soon as it is answered, at most each second; yields how long each answer took."""
    stop = threading.Event()
    took: list[float] = []
    pages = ("graph?from=now-1h", "events/flow?limit=200", "overview?from=now-1h", "events/flow/histogram?from=now-1h")

    def read(page: str) -> None:
        with httpx.Client(base_url=url, cookies=cookies, timeout=120) as client:
            while not stop.is_set():
                began = time.monotonic()
                client.get(f"/api/v1/{page}").raise_for_status()
                took.append(time.monotonic() - began)
                stop.wait(max(0.0, 1 - took[-1]))

    threads = [threading.Thread(target=read, args=(page,)) for page in pages[:READERS]]
    for thread in threads:
        thread.start()
    try:
        yield took
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def send(url: str, token: str, bodies: list[bytes], name: str) -> None:
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=120) as sender:
        for number, body in enumerate(bodies):
            where = f"/api/v1/ingest/flow?cluster=bench&source={name}"
            answer = sender.post(where, content=body, headers={"x-seawall-batch": f"{name}-{number}"})
            answer.raise_for_status()
            assert answer.json()["rowsOut"] == ROWS, answer.text


def measured(
    process: subprocess.Popen[str], client: httpx.Client, url: str, token: str, bodies: list[bytes], name: str
) -> float:
    before = cpu(process.pid)
    halves = bodies[::2], bodies[1::2]
    with readers(url, dict(client.cookies)) as took:
        began = time.monotonic()
        senders = [
            threading.Thread(target=send, args=(url, token, half, f"{name}-{number}"))
            for number, half in enumerate(halves)
        ]
        for one in senders:
            one.start()
        for one in senders:
            one.join()
        wall = time.monotonic() - began
    used = cpu(process.pid) - before
    rows = len(bodies) * ROWS
    answers = sorted(took)
    print(
        f"{name:<26} {rows / wall:10,.0f} rows/s wall, {rows / used:9,.0f} rows per CPU s (readers included); "
        f"readers: {len(answers)} answers, median {answers[len(answers) // 2] * 1000:.0f} ms, worst {answers[-1] * 1000:.0f} ms"
    )
    return rows / wall


def direct(batches: list[pa.RecordBatch], folder: Path) -> float:
    """The same batches straight into a store of this process' own."""
    with EmbeddedStore(folder) as embedded:
        store = embedded.store()
        migrate(store, at=time.time_ns())
        began = time.monotonic()
        for number, batch in enumerate(batches):
            store.insert("flow", batch, token=f"direct-{number}")
        wall = time.monotonic() - began
        store.close()
    rows = len(batches) * ROWS
    print(f"{'plain inserts, no reader':<26} {rows / wall:10,.0f} rows/s wall")
    return rows / wall


def a_day(store: Store, rows: int) -> None:
    """A day of flows made by the store itself, so that making them takes no longer than storing them."""
    begin = time.time_ns() // 10**9 - 86_400
    for start in range(0, rows, ROWS_OF_A_DAY_AT_ONCE):
        store.execute(
            """
            INSERT INTO seawall.flow (time, observed_time, cluster, source, batch_id, batch_row, src_entity, src_namespace, src_workload, src_workload_kind,
                dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_port, network_transport, verdict, reporter, is_reply, events)
            SELECT toDateTime64({begin:UInt64} + n * 86400 / {rows:UInt64}, 9, 'UTC') AS at, at, 'bench', 'day', concat('day-', toString(intDiv(n, 20000))), n % 20000,
                'pod', concat('namespace-', toString(intDiv(a, 10))), concat('workload-', toString(a)), 'Deployment',
                'pod', concat('namespace-', toString(intDiv(b, 10))), concat('workload-', toString(b)), 'Deployment',
                [80, 443, 5432][1 + n % 3], 'tcp', if(n % 33 = 0, 'denied', 'allowed'), 'source', false, 1
            FROM (SELECT number + {start:UInt64} AS n, intHash64(n) % 400 AS a, (a + 1 + intHash64(n * 7) % 5) % 400 AS b FROM numbers({many:UInt64}))
            """,
            settings={"max_partitions_per_insert_block": "10000"},
            begin=begin,
            rows=rows,
            start=start,
            many=min(ROWS_OF_A_DAY_AT_ONCE, rows - start),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batches", type=int, default=40, help="batches of 20,000 flows")
    parser.add_argument(
        "--day", type=int, default=10_000_000, help="flows of the day whose graph is asked for; 0 leaves it out"
    )
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    try:
        begin = time.time_ns() - 3600 * 10**9
        batches = [flows(seed, ROWS, begin + seed * 60 * 10**9) for seed in range(options.batches)]
        with server(scratch / "state") as (process, client, url):
            time.sleep(5)
            print(
                f"idle memory                {memory(process.pid)[0]:6} MB proportional, {memory(process.pid)[1]} MB resident, all processes"
            )
            made = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "seawall",
                    "token",
                    "create",
                    "bench",
                    "--role",
                    "ingest",
                    "--state",
                    str(scratch / "state"),
                ],
                capture_output=True,
                text=True,
                check=True,
                env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            )
            token = made.stdout.strip()
            rate = measured(process, client, url, token, [as_stream(batch) for batch in batches], "arrow")
            measured(
                process,
                client,
                url,
                token,
                [as_hubble(batch) for batch in batches[: max(2, options.batches // 4)]],
                "hubble",
            )
            plain = direct(batches, scratch / "direct")
            print(f"HTTP with readers against plain inserts: {rate / plain:.2f}")
            print(f"memory after               {memory(process.pid)[0]:6} MB proportional")
            if options.day:
                store = _store_of(scratch / "state" / "store")
                a_day(store, options.day)
                store.close()
                for path in (
                    "graph?from=now-24h&cluster=bench",
                    "graph?from=now-24h&cluster=bench&scope=namespace",
                    "overview?from=now-24h",
                    "events/flow?from=now-24h",
                ):
                    times = []
                    for _ in range(5):
                        began = time.monotonic()
                        before = cpu(process.pid)
                        answer = client.get(f"/api/v1/{path}")
                        answer.raise_for_status()
                        times.append((time.monotonic() - began, cpu(process.pid) - before))
                    times.sort()
                    wall, used = times[2]
                    print(
                        f"a day of {options.day:,} flows, {path:<50} median {wall * 1000:6.0f} ms wall, {used * 1000:6.0f} ms CPU, {len(answer.content) / 1e6:.2f} MB"
                    )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _store_of(folder: Path) -> Store:
    """A client of the server's own store, with the address that the host wrote down."""
    from seawall.store.client import Address
    from seawall.store.embedded import running_host

    running: Any = running_host(folder)
    return Store(Address.of(running.url, user="seawall", password=running.passwords["seawall"]))


if __name__ == "__main__":
    main()
