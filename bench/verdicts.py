"""What verdicts cost: the same flows stored with and without them, turn by turn in one run; and a recompute of one hour.

    python bench/verdicts.py [--rows 400000] [--workloads 500] [--policies 200]

1. Batches of 20,000 flows of the generator of `bench/store.py` (500 workloads, 3,000 edges, three pods each) become Hubble's lines,
   are decoded, joined to identities, judged (or not) and stored over HTTP in the embedded host: the whole way of ingest. Both ways take turns,
   so that what else the machine does falls on both. Printed: CPU seconds of both processes each way, by part, and the ratio; distinct
   questions in all, and how many were new to the judge. A second round shows a judge that knows the questions.
2. The flows stored without verdicts are judged again: CPU seconds, rows a CPU second.

Compare CPU seconds of one run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from seawall.app.rejudging import rejudge
from seawall.app.verdicts import ClusterJudge
from seawall.ingest.identity import IdentityIndex, index_of
from seawall.ingest.ledger import StoredLedger
from seawall.ingest.pipeline import Batch, Pipeline
from seawall.model.cluster.coverage import LIVE, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.events.hubble import Hubble
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate
from store import DAY_START, RATE, ROWS, SECOND, Traffic, cpu_of, cpu_seconds

CLUSTER = "5f0c8d6e-demo"


def cluster_of(traffic: Traffic, policies: int) -> Cluster:
    """The generator's workloads as pods, and policies that let half of them be reached from a few namespaces only."""
    namespaces, workloads = traffic.namespaces.to_pylist(), traffic.workloads.to_pylist()
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": name}}}
        for name in sorted(set(namespaces))
    ]
    for number, (namespace, name) in enumerate(zip(namespaces, workloads, strict=True)):
        for pod in range(3):
            address = f"10.{number // 250}.{number % 250}.{pod + 1}"
            documents.append(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": f"{name}-6d4cf56db6-x{pod}", "namespace": namespace, "labels": {"app": name}},
                    "spec": {"containers": [{"name": "main", "image": "app:1"}]},
                    "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
                }
            )
    for number in range(policies):
        peers = [
            {"namespaceSelector": {"matchLabels": {"team": f"team-{(number + step) % 25:02d}"}}}
            for step in range(0, 15, 2)
        ]
        documents.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": f"guard-{number}", "namespace": namespaces[number]},
                "spec": {
                    "podSelector": {"matchLabels": {"app": workloads[number]}},
                    "policyTypes": ["Ingress"],
                    "ingress": [
                        {"from": peers, "ports": [{"port": port} for port in (80, 443, 5432, 8080)]},
                        {"from": peers[:2]},
                    ],
                },
            }
        )
    decoder = ObjectDecoder()
    objects = []
    for document in documents:
        kind = kind_of(document["apiVersion"], document["kind"])
        assert kind is not None
        objects.append(decoder.decode(msgspec.json.encode(document), kind))
    return Cluster(objects, name="bench", id=CLUSTER, scope=LIVE, coverage=Coverage())


def lines_of(batch: pa.RecordBatch) -> bytes:
    """A batch of the generator as Hubble writes it."""
    found = []
    names = ("time", "src_namespace", "src_pod", "src_workload", "src_address", "src_port", "dst_namespace", "dst_pod",
             "dst_workload", "dst_address", "dst_port", "is_reply", "verdict", "reporter")  # fmt: skip
    columns = [
        batch.column(name).cast(pa.int64()).to_pylist() if name == "time" else batch.column(name).to_pylist()
        for name in names
    ]
    for row in zip(*columns, strict=True):
        at, *rest = row
        one, other = rest[:5], rest[5:10]
        reply, verdict, reporter = rest[10:]
        seconds, fraction = divmod(at, SECOND)
        flow = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09d}Z",
            "verdict": "FORWARDED" if verdict == "allowed" else "DROPPED",
            "IP": {"source": one[3], "destination": other[3]},
            "l4": {"TCP": {"source_port": one[4], "destination_port": other[4], "flags": {"ACK": True}}},
            "source": _endpoint(*one[:3]),
            "destination": _endpoint(*other[:3]),
            "is_reply": reply,
            "traffic_direction": "EGRESS" if reporter == "source" else "INGRESS",
            "node_name": "node-a",
        }
        found.append(msgspec.json.encode({"flow": flow}))
    return b"\n".join(found)


def _endpoint(namespace: str, pod: str, workload: str) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "pod_name": pod,
        "identity": 1000 + int(workload[-3:]),
        "labels": [f"k8s:app={workload}", f"k8s:io.kubernetes.pod.namespace={namespace}"],
        "workloads": [{"name": workload, "kind": "Deployment"}],
    }


class Counting:
    """A judge that counts its CPU seconds and questions."""

    def __init__(self, judge: ClusterJudge) -> None:
        self._judge, self.version, self.since = judge, judge.version, judge.since
        self.questions, self.seconds = 0, 0.0
        self.asked: list[Any] = []
        self.seen: set[Any] = set()

    def new(self) -> int:
        """How many questions were asked for the first time since this was asked last."""
        before = len(self.seen)
        for tuples in self.asked:
            self.seen.update(tuples)
        self.asked.clear()
        return len(self.seen) - before

    def kinds(self, ends: Any) -> Any:
        began = cpu_seconds()
        found = self._judge.kinds(ends)
        self.seconds += cpu_seconds() - began
        return found

    def judge(self, tuples: Any, kinds: Any) -> Any:
        began = cpu_seconds()
        found = self._judge.judge(tuples, kinds)
        self.seconds += cpu_seconds() - began
        self.questions += len(tuples)
        self.asked.append(tuples)
        return found


class Way:
    """One way of ingest with a store of its own: what it cost here, and in the store's process, merges included."""

    def __init__(self, directory: Path, index: IdentityIndex, judge: Counting | None) -> None:
        self.embedded = EmbeddedStore(directory)
        self.embedded.start()
        self.store = self.embedded.store()
        migrate(self.store, at=DAY_START)
        self.pipeline = Pipeline(self.store, StoredLedger(self.store), lambda _: index, judges=lambda _: judge)
        self.here, self.began = 0.0, cpu_of(self.embedded.pid)

    @property
    def there(self) -> float:
        return cpu_of(self.embedded.pid) - self.began

    def settle(self, name: str, payload: bytes) -> None:
        began = cpu_seconds()
        self.pipeline.settle(Batch(name, CLUSTER, "hubble", payload, DAY_START), Hubble())
        self.here += cpu_seconds() - began

    def close(self) -> None:
        self.store.close()
        self.embedded.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--workloads", type=int, default=500)
    parser.add_argument("--policies", type=int, default=200)
    arguments = parser.parse_args()
    traffic = Traffic(workloads=arguments.workloads)
    cluster = cluster_of(traffic, arguments.policies)
    count = max(2, arguments.rows // ROWS)
    span = count * ROWS * SECOND // RATE
    payloads = [
        lines_of(traffic.batch(f"b{n}", ROWS, DAY_START + n * span // count, span // count)) for n in range(count)
    ]
    began = cpu_seconds()
    counting = Counting(ClusterJudge(cluster, None))
    print(
        f"a judge of {len(cluster.pods):,} pods, {arguments.policies:,} policies: {cpu_seconds() - began:.2f} CPU s, once a change of policies"
    )
    index = index_of(cluster)
    with tempfile.TemporaryDirectory() as directory:
        ways = {"plain": Way(Path(directory) / "p", index, None), "judged": Way(Path(directory) / "j", index, counting)}
        try:
            for turn in ("cold", "warm"):
                before = {name: (way.here, way.there) for name, way in ways.items()}
                asked, seconds = counting.questions, counting.seconds
                for at, payload in enumerate(payloads):
                    for name in ("plain", "judged") if at % 2 else ("judged", "plain"):
                        ways[name].settle(f"{turn}-{at}", payload)
                time.sleep(5)  # merges under way belong to what caused them
                cost = {name: (way.here - before[name][0], way.there - before[name][1]) for name, way in ways.items()}
                plain, judged = (sum(cost[name]) for name in ("plain", "judged"))
                rows = count * ROWS
                print(
                    f"{turn}: {rows:,} flows, {counting.questions - asked:,} distinct questions of batches, {counting.new():,} new\n"
                    f"  without verdicts {plain:6.2f} CPU s (here {cost['plain'][0]:.2f}, store {cost['plain'][1]:.2f})  {rows / plain:,.0f} rows a CPU s\n"
                    f"  with verdicts    {judged:6.2f} CPU s (here {cost['judged'][0]:.2f}, of that judging {counting.seconds - seconds:.2f}, store {cost['judged'][1]:.2f})  "
                    f"{judged / plain - 1:+.1%}"
                )
            plain_way = ways["plain"]
            here, there = cpu_seconds(), plain_way.there
            done = rejudge(plain_way.store, CLUSTER, counting)
            spent = cpu_seconds() - here + plain_way.there - there
            print(
                f"judged again: {done.rows:,} flows, {done.questions:,} questions, {done.hours} hours: {spent:.2f} CPU s"
            )
        finally:
            for way in ways.values():
                way.close()


if __name__ == "__main__":
    main()
