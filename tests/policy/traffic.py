"""Generated clusters with workloads, nodes and services, and traffic among them, as edges."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from tests.policy import worlds

from seawall.model.cluster.snapshot import Cluster
from seawall.policy.model import TCP, UDP, kind_of_traffic
from seawall.policy.observed import Edges, EndName

NAMESPACES = ("shop", "pay")
DNS = [
    worlds.namespace("kube-system"),
    worlds.pod("coredns-1", "kube-system", {"k8s-app": "kube-dns"}, "10.1.0.250", node="n1"),
    worlds.service(
        "kube-dns",
        "kube-system",
        {"k8s-app": "kube-dns"},
        [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}],
    ),
]


def deployment(name: str, namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "uid": f"{namespace}-{name}"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "app:1"}]}},
        },
    }


def pods_of(
    name: str, namespace: str, labels: dict[str, str], addresses: list[str], node: str = "n1"
) -> list[dict[str, Any]]:
    found = []
    for at, address in enumerate(addresses):
        pod = worlds.pod(f"{name}-{at}", namespace, {**labels, "pod-template-hash": f"{name}{at}"}, address, node=node)
        pod["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": name,
                "uid": f"{namespace}-{name}",
                "controller": True,
            }
        ]
        found.append(pod)
    return found


class Traffic:
    """A seeded cluster and edges over it."""

    def __init__(self, seed: int) -> None:
        self.random = chance = random.Random(seed)
        self.workloads: list[tuple[str, str]] = []
        documents = [worlds.namespace(name) for name in NAMESPACES] + list(DNS)
        documents += [worlds.node("n1", "192.168.0.1"), worlds.node("n2", "192.168.0.2")]
        for at in range(chance.randint(3, 6)):
            namespace = chance.choice(NAMESPACES)
            name = f"w{at}"
            labels = chance.choice(
                (
                    {"app": f"w{at}"},
                    {"app": "shared", "part": f"w{at}"},
                    {"app": "shared"},
                    {"app.kubernetes.io/name": f"w{at}", "version": "1"},
                    {},
                )
            )
            documents.append(deployment(name, namespace, labels))
            documents += pods_of(
                name, namespace, labels, [f"10.1.{at}.{one + 1}" for one in range(2)], chance.choice(("n1", "n2"))
            )
            self.workloads.append((namespace, name))
        self.documents = documents

    def cluster(self, *more: dict[str, Any]) -> Cluster:
        return worlds.cluster([*self.documents, *more], live=True)

    def end(self) -> EndName:
        chance = self.random
        kind = chance.random()
        if kind < 0.7:
            namespace, name = chance.choice(self.workloads)
            return EndName("pod", namespace, name, "Deployment")
        if kind < 0.78:
            return EndName("node", peer=chance.choice(("n1", "n2")))
        if kind < 0.95:
            return EndName("external", peer=f"{chance.choice(('203.0.113', '198.51.100', '10.99.3'))}.0/24")
        return EndName("pod", "shop", "gone", "Deployment")

    def edges(self, most: int = 12) -> Edges:
        chance = self.random
        rows: dict[tuple[EndName, EndName, int], str] = {}
        for _ in range(chance.randint(1, most)):
            source, destination = self.end(), self.end()
            if source.entity != "pod" and destination.entity != "pod":
                continue
            traffic = chance.choice(
                (
                    kind_of_traffic(TCP, 80),
                    kind_of_traffic(TCP, 8080),
                    kind_of_traffic(UDP, 53),
                    kind_of_traffic(TCP, chance.randint(40_000, 40_040)),
                )
            )
            rows[source, destination, traffic] = chance.choice(("allowed",) * 5 + ("denied", "unknown"))
        return edges_of([(*key, verdict) for key, verdict in rows.items()])


def edges_of(
    rows: list[tuple[EndName, EndName, int, str]], networks: dict[str, tuple[str, ...]] | None = None
) -> Edges:
    ends = list(dict.fromkeys(end for source, destination, _, _ in rows for end in (source, destination)))
    index = {end: at for at, end in enumerate(ends)}

    def column(values: list[int]) -> Any:
        return np.array(values, np.int64)

    return Edges(
        tuple(ends),
        column([index[row[0]] for row in rows]),
        column([index[row[1]] for row in rows]),
        column([row[2] for row in rows]),
        *(column([int(row[3] == verdict) for row in rows]) for verdict in ("allowed", "denied", "unknown")),
        column([0 for _ in rows]),
        column([0 for _ in rows]),
        networks or {},
    )
