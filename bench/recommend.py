"""Recommended policies and previews: from columns of edges to documents and proof, and from a stored roll-up to the effect of a change.

    python bench/recommend.py [--edges 5000000] [--flows 50000000]

1. 500 workloads of 2,000 pods in 25 namespaces, and `--edges` distinct edges as the store answers them: each workload with some sixty others
   on the ports that those serve, the rest between workloads and networks outside. Printed: CPU seconds from columns to edges, and to policies
   with their proof; 300 edges are judged again one pod pair at a time by the tuple evaluator, which shares no code with the sets.
2. A roll-up of 30 days of `--flows` flows between 3,000 pairs (made with numpy; the flows themselves are not stored) and a change of one policy
   of 500: from the question to its answer, of recorded traffic and of all there could be.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import msgspec
import numpy as np
import pyarrow as pa

from seawall.app.preview import change_with, preview
from seawall.app.traffic import edges_of, traffic_of_store
from seawall.model.cluster.coverage import LIVE, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope
from seawall.policy.generate import objects_of
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel
from seawall.policy.matrix import ALLOWED
from seawall.policy.reach import Reaching
from seawall.policy.recommend.recommendation import Recommendation, recommend
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

WORKLOADS, PODS, NAMESPACES = 500, 4, 25
PEERS = 60
SECOND = 1_000_000_000
DAY_START = 1_799_971_200 * SECOND
DAYS = 30
CLUSTER = "bench"
PORTS = (80, 443, 5432, 6379, 8080, 9090, 9092, 50051)


def namespace_of(workload: int) -> str:
    return f"team-{workload % NAMESPACES:02d}"


def documents() -> Iterator[dict[str, Any]]:
    """The cluster: Deployments with their pods, DNS, two nodes."""
    for number in range(NAMESPACES):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{number:02d}"}}
    for workload in range(WORKLOADS):
        name, namespace = f"service-{workload:03d}", namespace_of(workload)
        labels = {"app.kubernetes.io/name": name, "tier": f"t{workload % 5}"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "app:1"}]}}
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "uid": name},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        for pod in range(PODS):
            owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": name, "controller": True}
            ip = f"10.{workload // 250}.{workload % 250}.{pod + 1}"
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{name}-{pod}",
                    "namespace": namespace,
                    "labels": {**labels, "pod-template-hash": "abc"},
                    "ownerReferences": [owner],
                },
                "spec": {"nodeName": f"node-{pod % 2}", "containers": [{"name": "main", "image": "app:1"}]},
                "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
            }


def cluster(more: tuple[dict[str, Any], ...] = ()) -> Cluster:
    decoder = ObjectDecoder()
    things = []
    for document in (*documents(), *more):
        kind = kind_of(document["apiVersion"], document["kind"])
        assert kind is not None
        things.append(decoder.decode(msgspec.json.encode(document), kind))
    return Cluster(things, name=CLUSTER, scope=LIVE, coverage=Coverage())


def columns(count: int, seed: int = 7) -> pa.Table:
    """`count` distinct edges with the keys of the roll-up."""
    made = np.random.default_rng(seed)
    client = np.repeat(np.arange(WORKLOADS), PEERS)
    server = (client + made.integers(1, WORKLOADS, len(client))) % WORKLOADS
    serves = made.choice(len(PORTS), (WORKLOADS, 4))
    inner = np.unique(
        np.stack(
            [
                np.repeat(client, 3),
                np.repeat(server, 3),
                serves[np.repeat(server, 3), made.integers(0, 4, 3 * len(client))],
            ]
        ),
        axis=1,
    )
    rest = count - inner.shape[1]
    networks = 60_000
    # Distinct triples of workload, network and port, by drawing numbers and writing them in that mixed base.
    drawn = made.choice(WORKLOADS // 2 * networks * 2, rest, replace=False)
    outer = np.stack(
        [drawn % (WORKLOADS // 2), drawn // (WORKLOADS // 2) % networks, drawn // (WORKLOADS // 2) // networks]
    )
    inward = outer[0] % 2 == 0
    spaces = pa.array([namespace_of(number) for number in range(WORKLOADS)] + [""])
    names = pa.array([f"service-{number:03d}" for number in range(WORKLOADS)] + [""])
    nets = pa.array([f"{20 + n // 65536 % 100}.{n // 256 % 256}.{n % 256}.0/24" for n in range(networks)] + [""])
    entities, kinds = pa.array(["pod", "external"]), pa.array(["Deployment", ""])
    ends = {
        "src": (np.concatenate([inner[0], np.where(inward, WORKLOADS, outer[0])]), np.concatenate([np.full(inner.shape[1], networks), np.where(inward, outer[1], networks)])),
        "dst": (np.concatenate([inner[1], np.where(inward, outer[0], WORKLOADS)]), np.concatenate([np.full(inner.shape[1], networks), np.where(inward, networks, outer[1])])),
    }  # fmt: skip
    found: dict[str, pa.Array] = {}
    for short, (workload, network) in ends.items():
        beyond = (workload == WORKLOADS).astype(np.int32)
        found |= {
            f"{short}_entity": entities.take(pa.array(beyond)),
            f"{short}_namespace": spaces.take(pa.array(workload)),
            f"{short}_workload": names.take(pa.array(workload)),
            f"{short}_workload_kind": kinds.take(pa.array(beyond)),
            f"{short}_peer": nets.take(pa.array(network)),
        }
    ports = np.array(PORTS, np.uint16)[np.concatenate([inner[2], outer[2] % 2])]
    found |= {
        "dst_service": pa.repeat("", count),
        "network_transport": pa.repeat("tcp", count),
        "dst_port": pa.array(ports),
        "allowed": pa.array(made.integers(5, 1_000, count)),
        "denied": pa.array(np.zeros(count, np.int64)),
        "unknown": pa.array(np.zeros(count, np.int64)),
        "first_time": pa.array(np.full(count, DAY_START)),
        "last_time": pa.array(np.full(count, DAY_START + 1)),
    }
    return pa.table(found)


@contextlib.contextmanager
def timed(words: str) -> Iterator[None]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"{words}: {time.process_time() - cpu:.2f} CPU s, {time.perf_counter() - wall:.2f} s")


def prove(count: int) -> None:
    table = columns(count)
    model = PolicyModel.of(cluster())
    with timed(f"{table.num_rows:,} edges from columns"):
        edges = edges_of(table, {})
    with timed(f"policies and proof for {WORKLOADS} workloads"):
        made = recommend(model, edges, "kubernetes")
    proof = made.proof
    kept = int((proof.flags[made.observed] == ALLOWED).sum())
    print(
        f"  {len(made.written.documents)} policies, {proof.items:,} rules, peers and ports, {len(made.unneeded)} needless;"
        f" {kept:,} of {int(made.observed.sum()):,} edges kept; surplus {proof.surplus_pairs:,}"
    )
    check(model, made)
    print(f"  peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def check(model: PolicyModel, made: Recommendation, samples: int = 300) -> None:
    """Some edges between workloads, one pair of pods each, by the tuple evaluator."""
    placed = made.placed
    rows = np.flatnonzero((placed.source >= 0) & (placed.destination >= 0))
    chosen = np.random.default_rng(1).choice(rows, samples)
    lowered = [model.lower(one) for one in objects_of(made.written.documents)]
    judge = Judge(PolicyModel(model.world, model.profile, lowered))
    for row in chosen.tolist():
        source, destination = placed.parties[placed.source[row]], placed.parties[placed.destination[row]]
        flow = Flow(source.pods[0], destination.pods[-1], int(placed.edges.traffic[row]), 4)
        assert (judge.judge(flow).allowed is True) == (made.proof.flags[row] == ALLOWED), row
    print(f"  {samples} edges judged again one by one: the same")


# ------------------------------------------------------------------------------------------------ preview


def rolled_up(flows: int) -> Iterator[pa.RecordBatch]:
    """What the roll-up by hour holds after `DAYS` days: a row for each hour, pair and reporter."""
    made = np.random.default_rng(7)
    pairs = 3_000
    client, server = made.integers(0, WORKLOADS, pairs), made.integers(0, WORKLOADS, pairs)
    port = made.choice(np.array(PORTS, np.uint16), pairs)
    weights = 1 / np.arange(1, pairs + 1) ** 0.8
    expected = weights / weights.sum() * flows / (24 * DAYS) / 2
    spaces = pa.array([namespace_of(number) for number in range(WORKLOADS)])
    names = pa.array([f"service-{number:03d}" for number in range(WORKLOADS)])
    for hour in range(24 * DAYS):
        events = made.poisson(np.repeat(expected, 2))
        some = np.flatnonzero(events)
        edge, reporter = some // 2, some % 2
        times = pa.array(np.full(len(some), DAY_START + hour * 3600 * SECOND), pa.timestamp("ns", tz="UTC"))
        found: dict[str, Any] = dict.fromkeys(("hour", "observed_time", "first_time", "last_time"), times)
        for short, number in (("src", client[edge]), ("dst", server[edge])):
            found[f"{short}_entity"] = pa.repeat("pod", len(some))
            found[f"{short}_namespace"] = spaces.take(pa.array(number))
            found[f"{short}_workload"] = names.take(pa.array(number))
            found[f"{short}_workload_kind"] = pa.repeat("Deployment", len(some))
        found |= {
            "cluster": pa.repeat(CLUSTER, len(some)),
            "dst_port": pa.array(port[edge]),
            "network_transport": pa.repeat("tcp", len(some)),
            "verdict": pa.repeat("allowed", len(some)),
            "reporter": pa.array(["source", "destination"]).take(pa.array(reporter)),
            "source": pa.repeat("hubble", len(some)),
            "simulated": pa.repeat(True, len(some)),
            "events": pa.array(events[some].astype(np.uint64)),
        }
        yield pa.RecordBatch.from_pydict(found)


def one_policy(port: int) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "bench", "namespace": namespace_of(7)},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "service-007"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": port}]}],
        },
    }


def month(flows: int) -> None:
    edges = edges_of(columns(100_000), {})
    made = recommend(PolicyModel.of(cluster()), edges, "kubernetes")
    before = Reaching(PolicyModel.of(cluster(made.written.documents)))
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore(Path(folder)) as embedded:
        store = embedded.store()
        migrate(store, at=DAY_START)
        where = store.address
        client = clickhouse_connect.get_client(
            host=where.host, port=where.port, username=where.user, password=where.password
        )
        began = time.perf_counter()
        held: list[pa.RecordBatch] = []
        for batch in rolled_up(flows):
            held.append(batch)
            if len(held) == 240:
                client.insert_arrow("seawall.edge_hour", pa.Table.from_batches(held))
                held.clear()
        if held:
            client.insert_arrow("seawall.edge_hour", pa.Table.from_batches(held))
        rows = store.execute("SELECT count() FROM seawall.edge_hour")
        seen = store.execute("SELECT sum(events) FROM seawall.edge_hour")
        print(f"rolled up {seen:,} flows of {DAYS} days in {rows:,} rows in {time.perf_counter() - began:.0f} s")
        everyone = ReadScope.everything()
        _ = before.relation.views[4].ingress, before.relation.views[4].egress  # as a server has them at hand
        for attempt in range(3):
            with timed(f"preview of one policy, attempt {attempt + 1}"):
                change = change_with(before, objects_of((one_policy(8080 + attempt),)))
                until = DAY_START + DAYS * 24 * 3600 * SECOND
                traffic = traffic_of_store(store, everyone, CLUSTER, DAY_START, until, change.namespaces)
                asked = time.perf_counter()
                found = preview(change, traffic)
                judged = time.perf_counter() - asked
            assert found.recorded is not None
            print(
                f"  {traffic.edges.size:,} edges of {traffic.records:,} flows; cut {found.recorded.cut}, {found.recorded.cut_events:,} events;"
                f" possible: {found.possible.cut} cut, {found.possible.opened} opened; judging alone {judged:.2f} s"
            )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--edges", type=int, default=5_000_000)
    arguments.add_argument("--flows", type=int, default=50_000_000)
    given = arguments.parse_args()
    if given.edges:
        prove(given.edges)
    if given.flows:
        month(given.flows)


if __name__ == "__main__":
    main()
