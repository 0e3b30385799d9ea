"""The store: inserts over HTTP beside a plain in-process insert, and the service graph of a day.

    python bench/store.py [--batches 50] [--flows 10000000]

1. Batches of 20,000 flows (63 columns, both roll-ups kept up, tokens checked, flushed to disk) go into chDB in-process, then
   over HTTP into the embedded host, first alone, then while four readers poll a graph, a page, a histogram and completion.
   Printed: rows a second, CPU seconds of all processes, and the ratios.
2. The roll-up of a day of `--flows` flows between 3,000 edges is stored (made with numpy; the flows themselves are not); the
   graph of the whole day is asked for, of all and of one namespace. Printed: latency, CPU, bytes a row.

Rates depend on what else the machine does: compare ratios and CPU seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import numpy as np
import pyarrow as pa

from seawall.model.event import KINDS
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import INSERT_SETTINGS, insert_body
from seawall.store.embedded import EmbeddedStore
from seawall.store.host.config import EngineLimits, write_config
from seawall.store.migrate import migrate
from seawall.store.schema import ddl

FLOW = KINDS["flow"]
ROWS = 20_000
RATE = 60_000
"""Flows a second of the recorded time: what the roll-ups have to sum up in a batch depends on it."""
SECOND = 1_000_000_000
DAY_START = 1_799_971_200 * SECOND
ALL = ReadScope.everything()


class Traffic:
    """Seeded flows between `edges` pairs of workloads, busy ones first: two reporters, replies, some outside, few denied."""

    def __init__(self, *, workloads: int = 500, edges: int = 3000, seed: int = 7) -> None:
        self.made = np.random.default_rng(seed)
        self.namespaces = pa.array([f"team-{number % 25:02d}" for number in range(workloads)])
        self.workloads = pa.array([f"service-{number:03d}" for number in range(workloads)])
        self.client = self.made.integers(0, workloads, edges)
        self.server = self.made.integers(0, workloads, edges)
        self.port = self.made.choice(np.array([80, 443, 5432, 6379, 8080, 9090], dtype=np.uint16), edges)
        weights = 1 / np.arange(1, edges + 1) ** 0.8
        self.weights = weights / weights.sum()
        self.verdicts = pa.array(["allowed", "denied"])
        self.reporters = pa.array(["source", "destination"])

    def batch(self, name: str, rows: int, start: int, span: int) -> pa.RecordBatch:
        made = self.made
        edge = made.choice(len(self.weights), rows, p=self.weights)
        reply = made.random(rows) < 0.4
        one, other = self.client[edge], self.server[edge]
        src, dst = np.where(reply, other, one), np.where(reply, one, other)
        ephemeral = made.integers(32768, 61000, rows).astype(np.uint16)
        port = self.port[edge]
        times = np.sort(made.integers(0, span, rows)) + start
        return record_batch(
            FLOW,
            {
                "time": pa.array(times, pa.timestamp("ns", tz="UTC")),
                "observed_time": pa.array(times + SECOND, pa.timestamp("ns", tz="UTC")),
                "cluster": _repeated("5f0c8d6e-demo", rows),
                "source": _repeated("hubble", rows),
                "batch_id": _repeated(name, rows),
                "batch_row": pa.array(np.arange(rows, dtype=np.uint32)),
                "simulated": pa.repeat(True, rows),
                **self._end("src", src, np.where(reply, port, ephemeral)),
                **self._end("dst", dst, np.where(reply, ephemeral, port)),
                "network_transport": _repeated("tcp", rows),
                "direction": _repeated("egress", rows),
                "reporter": _picked(self.reporters, made.integers(0, 2, rows)),
                "is_reply": pa.array(reply),
                "verdict": _picked(self.verdicts, (made.random(rows) < 0.01).astype(np.int32)),
                "verdict_source": _repeated("cilium", rows),
                "model_verdict": _picked(self.verdicts, (made.random(rows) < 0.01).astype(np.int32)),
                "tcp_flags": pa.array(made.choice(np.array([2, 16, 17, 24], dtype=np.uint16), rows)),
            },
        )

    def _end(self, short: str, number: np.ndarray[Any, Any], port: np.ndarray[Any, Any]) -> dict[str, pa.Array]:
        rows = len(number)
        pod = self.made.integers(0, 3, rows)
        addresses = pa.array([f"10.{n // 250}.{n % 250}.{p + 1}" for n in range(len(self.workloads)) for p in range(3)])
        pods = pa.array([f"service-{n:03d}-6d4cf56db6-x{p}" for n in range(len(self.workloads)) for p in range(3)])
        return {
            f"{short}_entity": _repeated("pod", rows),
            f"{short}_namespace": _picked(self.namespaces, number),
            f"{short}_workload": _picked(self.workloads, number),
            f"{short}_workload_kind": _repeated("Deployment", rows),
            f"{short}_pod": _picked(pods, number * 3 + pod),
            f"{short}_address": _picked(addresses, number * 3 + pod),
            f"{short}_node": _picked(pa.array(["node-a", "node-b", "node-c"]), pod),
            f"{short}_port": pa.array(port.astype(np.uint16)),
        }


def _picked(values: pa.Array, indices: np.ndarray[Any, Any]) -> pa.Array:
    return values.take(pa.array(indices))


def _repeated(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), rows)


def batches(count: int, rows: int, span: int, prefix: str) -> Iterator[tuple[str, pa.RecordBatch]]:
    traffic = Traffic()
    for number in range(count):
        name = f"{prefix}-{number:06d}"
        yield name, traffic.batch(name, rows, DAY_START + number * span // count, max(1, span // count))


# -- 1. inserts


def insert_in_process(directory: str, count: int, answer: Any) -> None:
    """chDB as a library, in a process of its own: the same tables, settings and batches, without HTTP."""
    import chdb

    given = [
        (name, insert_body("flow", batch))
        for name, batch in batches(count, ROWS, count * ROWS * SECOND // RATE, "plain")
    ]
    config = write_config(Path(directory), EngineLimits())
    connection = chdb.connect(f"{directory}/engine?config-file={config}")
    for statement in ddl():
        connection.query(statement)
    settings = ", ".join(f"{name} = '{value}'" for name, value in INSERT_SETTINGS.items())
    cpu, began = cpu_seconds(), time.perf_counter()
    for name, (columns, body) in given:
        with connection.send_insert(
            f"INSERT INTO seawall.flow ({', '.join(columns)}) SETTINGS {settings}, insert_deduplication_token = '{name}'",
            "ArrowStream",
        ) as inserter:
            inserter.append(body)
            inserter.finish()
    answer.put((time.perf_counter() - began, cpu_seconds() - cpu))


def in_process(count: int) -> tuple[float, float]:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as directory:
        answer = context.Queue()
        child = context.Process(target=insert_in_process, args=(directory, count, answer))
        child.start()
        seconds, cpu = answer.get(timeout=1200)
        child.join()
        return seconds, cpu


def over_http(count: int, readers: int) -> tuple[float, float, dict[str, float]]:
    with (
        tempfile.TemporaryDirectory() as directory,
        EmbeddedStore(Path(directory)) as embedded,
        contextlib.closing(embedded.store()) as store,
    ):
        migrate(store, at=DAY_START)
        given = list(batches(count, ROWS, count * ROWS * SECOND // RATE, "http"))
        stop = threading.Event()
        polling = [Poller(embedded, stop, number) for number in range(readers)]
        for poller in polling:
            poller.start()
        cpu, began = cpu_seconds() + cpu_of(embedded.pid), time.perf_counter()
        for name, batch in given:
            store.insert("flow", batch, token=name)
        seconds, used = time.perf_counter() - began, cpu_seconds() + cpu_of(embedded.pid) - cpu
        stop.set()
        for poller in polling:
            poller.join()
        assert store.execute("SELECT count() FROM seawall.flow") == count * ROWS
        latencies = [latency for poller in polling for latency in poller.latencies]
        found = {"reads": float(len(latencies)), "peak MB": peak_megabytes(embedded.pid)}
        if latencies:
            found |= {
                "read p50 ms": statistics.median(latencies) * 1000,
                "read p95 ms": statistics.quantiles(latencies, n=20)[18] * 1000,
            }
        return seconds, used, found


class Poller(threading.Thread):
    """A dashboard: four questions in turn, once a second each reader."""

    def __init__(self, embedded: EmbeddedStore, stop: threading.Event, number: int) -> None:
        super().__init__()
        self.store, self.stop, self.number = embedded.store(), stop, number
        self.latencies: list[float] = []

    def run(self) -> None:
        window = {"since": DAY_START, "until": DAY_START + 3600 * SECOND}
        asked: list[Callable[[], object]] = [
            lambda: self.store.query("graph", ALL, grain="workload", limit=5000, **window),
            lambda: self.store.query(
                "events_page",
                ALL,
                kind="flow",
                before_time=window["until"],
                before_batch="",
                before_row=0,
                limit=100,
                **window,
            ),
            lambda: self.store.query(
                "events_buckets",
                ALL,
                kind="flow",
                column="verdict",
                start=window["since"],
                step=60 * SECOND,
                **window,
            ),
            lambda: self.store.query(
                "events_values", ALL, kind="flow", column="dst_workload", typed="", limit=20, **window
            ),
        ]
        turn = self.number
        while not self.stop.is_set():
            began = time.perf_counter()
            asked[turn % len(asked)]()
            self.latencies.append(time.perf_counter() - began)
            turn += 1
            self.stop.wait(max(0.0, 1 - (time.perf_counter() - began)))


# -- 2. the graph of a day


def rolled_up(flows: int) -> Iterator[pa.RecordBatch]:
    """What the roll-up by minute holds after a day of `flows` flows, without storing the flows themselves."""
    traffic = Traffic()
    made, edges = traffic.made, len(traffic.weights)
    edge = np.searchsorted(np.cumsum(traffic.weights), made.random(flows)).clip(0, edges - 1)
    hour = made.choice(24, flows, p=(busy := 1 + np.sin(np.arange(24) / 24 * 2 * np.pi - 2) ** 2) / busy.sum())
    minute = hour * 60 + made.integers(0, 60, flows)
    reporter, denied, reply = made.integers(0, 2, flows), made.random(flows) < 0.01, made.random(flows) < 0.4
    cell = ((minute * edges + edge) * 2 + reporter) * 2 + denied
    cells, place = np.unique(cell, return_inverse=True)
    events, replies = np.bincount(place, ~reply), np.bincount(place, reply)
    edge, minute = cells // 4 % edges, cells // 4 // edges
    times = pa.array(DAY_START + minute * 60 * SECOND, pa.timestamp("ns", tz="UTC"))
    columns: dict[str, pa.Array] = {
        "minute": times,
        "observed_time": times,
        "first_time": times,
        "last_time": times,
        "cluster": _repeated("5f0c8d6e-demo", len(cells)),
        "dst_port": pa.array(traffic.port[edge]),
        "network_transport": _repeated("tcp", len(cells)),
        "verdict": _picked(traffic.verdicts, cells % 2),
        "model_verdict": _picked(traffic.verdicts, cells % 2),
        "reporter": _picked(traffic.reporters, cells // 2 % 2),
        "source": _repeated("hubble", len(cells)),
        "simulated": pa.repeat(True, len(cells)),
        "events": pa.array(events.astype(np.uint64)),
        "reply_events": pa.array(replies.astype(np.uint64)),
    }
    for short, number in (("src", traffic.client[edge]), ("dst", traffic.server[edge])):
        columns[f"{short}_entity"] = _repeated("pod", len(cells))
        columns[f"{short}_namespace"] = _picked(traffic.namespaces, number)
        columns[f"{short}_workload"] = _picked(traffic.workloads, number)
        columns[f"{short}_workload_kind"] = _repeated("Deployment", len(cells))
    yield from pa.table(columns).combine_chunks().to_batches(max_chunksize=200_000)


def graph_of_a_day(flows: int) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        EmbeddedStore(Path(directory)) as embedded,
        contextlib.closing(embedded.store()) as store,
    ):
        migrate(store, at=DAY_START)
        began = time.perf_counter()
        with clickhouse_connect.get_client(
            host="127.0.0.1",
            port=embedded.address.port,
            username="seawall",
            password=embedded.address.password,
            autogenerate_session_id=False,
            compress=False,
        ) as client:
            for batch in rolled_up(flows):
                client.insert_arrow("seawall.edge_minute", pa.Table.from_batches([batch]))
        print(f"rolled up {flows:,} flows of a day in {time.perf_counter() - began:.0f} s (generation included)")
        for table in ("edge_minute", "edge_hour"):
            [size] = store.select(
                "SELECT sum(rows) AS rows, sum(bytes_on_disk) AS size FROM system.parts WHERE active AND database = 'seawall' AND table = {t:String}",
                t=table,
            )
            print(
                f"  {table}: {size['rows']:,} rows, {size['size'] / 1e6:,.0f} MB, {size['size'] / size['rows']:.1f} bytes a row"
            )
        assert store.execute("SELECT sum(events) + sum(reply_events) FROM seawall.edge_hour") == flows
        start, end = DAY_START, DAY_START + 86_400 * SECOND
        whole = {"since": start, "until": end, "limit": 20_000}
        odd = {"since": start + 1800 * SECOND + 1, "until": end - 600 * SECOND, "limit": 20_000}
        one = ReadScope.of(namespaces=[("5f0c8d6e-demo", "team-03")])
        questions: list[tuple[str, ReadScope, dict[str, Any]]] = [
            ("workloads, the day", ALL, {**whole, "grain": "workload"}),
            ("workloads, the day but for odd minutes", ALL, {**odd, "grain": "workload"}),
            ("workloads, the day, one namespace", one, {**whole, "grain": "workload"}),
            ("namespaces, the day", ALL, {**whole, "grain": "namespace"}),
        ]
        for title, scope, asked in questions:
            times: list[float] = []
            cpu = cpu_of(embedded.pid)
            for _ in range(9):
                began = time.perf_counter()
                answer = store.query("graph", scope, **asked)
                times.append(time.perf_counter() - began)
            used = (cpu_of(embedded.pid) - cpu) / len(times)
            print(
                f"  {title}: {min(times) * 1000:.0f} ms best, {statistics.median(times) * 1000:.0f} ms median, {used * 1000:.0f} ms CPU, {answer.num_rows:,} rows"
            )
        print(f"  host: {peak_megabytes(embedded.pid):.0f} MB peak")


# -- measuring


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def cpu_of(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid: int | None) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--flows", type=int, default=10_000_000)
    arguments = parser.parse_args()
    if arguments.batches:
        rows = arguments.batches * ROWS
        plain, plain_cpu = in_process(arguments.batches)
        print(f"in-process            {rows / plain:>9,.0f} rows/s  {plain:6.1f} s  {plain_cpu:6.1f} CPU s")
        for readers in (0, 4):
            seconds, cpu, found = over_http(arguments.batches, readers)
            extra = ", ".join(f"{name} {value:.0f}" for name, value in found.items())
            print(
                f"HTTP, {readers} readers polling {rows / seconds:>9,.0f} rows/s  {seconds:6.1f} s  {cpu:6.1f} CPU s  "
                f"ratio {plain / seconds:.2f} of in-process, CPU {cpu / plain_cpu:.2f}x  ({extra})"
            )
    if arguments.flows:
        graph_of_a_day(arguments.flows)


if __name__ == "__main__":
    main()
