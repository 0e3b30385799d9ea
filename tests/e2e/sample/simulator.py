"""The traffic of the shop, made up: what a sensor on its nodes would have seen, as Hubble writes it.

Nothing here was measured. The pods are those of a real recording with the addresses and the times that they had; who speaks to whom is what the
manifests say; whether it is let through is what Seawall's own policy model says of the recorded policies, for nothing enforced them. The dice are seeded.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from tests.e2e.cluster import network

from seawall.model.cluster.coverage import Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.connections import Connection, EndName, Evaluator
from seawall.policy.lower import PolicyModel
from seawall.sources.recording.format import RECORDED, AnyLine, Gone, List, Put

SECOND = 1_000_000_000
MADE_BY = "flows and DNS come from a seeded simulator of the same workloads, no sensor measured them"

CUSTOMERS = 1.2
"""Requests a second that come in from outside."""
EDGES = ("192.0.2.10", "192.0.2.11", "192.0.2.12")
"""The proxies at the edge through which customers come."""
PROVIDER, PROVIDER_NAME = "198.51.100.80", "psp.example"
"""The payment provider. Addresses of RFC 5737: no such machines."""
DNS_PORT = 53


@dataclass(frozen=True)
class Pod:
    """A pod while it had an address, from `since` (included) to `until` (excluded), ns."""

    namespace: str
    name: str
    address: str
    node: str
    app: str
    ports: tuple[int, ...]
    labels: tuple[str, ...]
    since: int
    until: int


@dataclass(frozen=True)
class Outside:
    """Somebody outside the cluster. `name` is what the address was looked up as."""

    address: str
    name: str = ""


@dataclass
class Traffic:
    """The traffic of one take. `records` are (time in ns, Hubble line)."""

    pods: list[Pod]
    judge: Evaluator
    random: random.Random
    records: list[tuple[int, bytes]] = field(default_factory=list)
    _verdicts: dict[tuple[str, str, int], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[AnyLine], seed: int) -> Traffic:
        """Of the pods and policies in the lines of a take."""
        seen = _Seen()
        for line in lines:
            seen.take(line)
        return cls(list(seen.pods()), Evaluator(PolicyModel.of(seen.cluster())), random.Random(seed))

    # -- who is there

    def pods_at(self, at: int) -> list[Pod]:
        return [pod for pod in self.pods if pod.since <= at < pod.until]

    def pod(self, namespace: str, name: str, at: int) -> Pod | None:
        return next((pod for pod in self.pods_at(at) if (pod.namespace, pod.name) == (namespace, name)), None)

    def some(self, namespace: str, app: str, at: int) -> Pod | None:
        """One of the pods of an app; None while it has none."""
        found = [pod for pod in self.pods_at(at) if (pod.namespace, pod.app) == (namespace, app)]
        return self.random.choice(found) if found else None

    def pod_of(self, namespace: str, app: str, at: int) -> Pod:
        """The oldest pod of an app."""
        return next(pod for pod in self.pods_at(at) if (pod.namespace, pod.app) == (namespace, app))

    def outside(self, address: str, name: str = "") -> Outside:
        return Outside(address, name)

    # -- what happens

    def connect(self, at: int, source: Pod | Outside, destination: Pod | Outside, port: int, service: str = "") -> bool:
        """A connection is tried: each end's node reports it. Says whether it is let through. `service` is `namespace/name`."""
        allowed = self._allowed(source, destination, port)
        base: dict[str, Any] = {
            "IP": {"source": source.address, "destination": destination.address, "ipVersion": "IPv4"},
            "l4": {
                "TCP": {
                    "source_port": self.random.randint(32768, 60999),
                    "destination_port": port,
                    "flags": {"SYN": True},
                }
            },
            "source": _endpoint(source),
            "destination": _endpoint(destination),
            "is_reply": False,
            "Type": "L3_L4",
        }
        if isinstance(destination, Outside) and destination.name:
            base["destination_names"] = [destination.name]
        if service:
            namespace, _, name = service.partition("/")
            base["destination_service"] = {"name": name, "namespace": namespace}
        if isinstance(source, Pod):
            seen = {"verdict": "FORWARDED", "traffic_direction": "EGRESS", "node_name": source.node}
            self._record(at, base | seen)
        if isinstance(destination, Pod):
            seen = {"verdict": "FORWARDED", "traffic_direction": "INGRESS", "node_name": destination.node}
            if not allowed:
                seen |= {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED"}
            self._record(at + self.random.randint(60_000, 400_000), base | seen)
        return allowed

    def ask(
        self, at: int, source: Pod, name: str, question: str = "A", answers: Iterable[str] = (), code: int = 0
    ) -> None:
        """A name is asked for, and the cluster's DNS answers."""
        server = self.some("kube-system", "coredns", at) or Outside(network.DNS_SERVICE)
        took = self.random.randint(200_000, 3_000_000)
        port = self.random.randint(32768, 60999)
        asked = {"query": f"{name}.", "qtypes": [question]}
        self._record(
            at,
            {
                "verdict": "FORWARDED",
                "traffic_direction": "EGRESS",
                "node_name": source.node,
                "IP": {"source": source.address, "destination": server.address, "ipVersion": "IPv4"},
                "l4": {"UDP": {"source_port": port, "destination_port": DNS_PORT}},
                "source": _endpoint(source),
                "destination": _endpoint(server),
                "is_reply": False,
                "Type": "L7",
                "l7": {"type": "REQUEST", "dns": asked},
            },
        )
        answer = {**asked, "rcode": code, "ips": list(answers), "ttl": 30} if not code else {**asked, "rcode": code}
        self._record(
            at + took,
            {
                "verdict": "FORWARDED",
                "traffic_direction": "INGRESS",
                "node_name": source.node,
                "IP": {"source": server.address, "destination": source.address, "ipVersion": "IPv4"},
                "l4": {"UDP": {"source_port": DNS_PORT, "destination_port": port}},
                "source": _endpoint(server),
                "destination": _endpoint(source),
                "is_reply": True,
                "Type": "L7",
                "l7": {"type": "RESPONSE", "latency_ns": took, "dns": answer},
            },
        )

    # -- ordinary life

    def live(self, began: int, ended: int) -> None:
        """What the shop does by itself between two times."""
        for at in self._now_and_then(began, ended, CUSTOMERS):
            self._purchase(at)
        for at in self._every(began, ended, 5.0):
            self._call(at, ("shop", "worker"), ("shop", "cart-cache"), 6379)
            self._call(at, ("shop", "worker"), ("data", "orders-db"), 5432)
        for at in self._every(began, ended, 15.0):
            self._charge(at)
        for pod in self.pods:
            if pod.app == "nightly-report" and began <= pod.since < ended:
                self._call(pod.since + SECOND, ("data", "nightly-report"), ("data", "orders-db"), 5432)

    def _purchase(self, at: int) -> None:
        web = self.some("shop", "web", at)
        if web is None:
            return
        self.connect(at, Outside(self.random.choice(EDGES)), web, 8080, "shop/web")
        at += self.random.randint(1, 20) * SECOND // 1000
        if not self._call(at, ("shop", "web"), ("shop", "api"), 8080):
            return
        at += self.random.randint(1, 10) * SECOND // 1000
        self._call(at, ("shop", "api"), ("shop", "cart-cache"), 6379)
        if self.random.random() < 0.4:
            self._call(at, ("shop", "api"), ("data", "orders-db"), 5432)
        if self.random.random() < 0.12:
            self._call(at, ("shop", "api"), ("pay", "payments"), 8080)
            self._charge(at + SECOND // 50)

    def _charge(self, at: int) -> None:
        payments = self.some("pay", "payments", at)
        if payments is not None:
            if self.random.random() < 0.5:
                self.ask(at, payments, PROVIDER_NAME, "A", [PROVIDER])
            self.connect(at + SECOND // 100, payments, Outside(PROVIDER, PROVIDER_NAME), 443)
            self._call(at, ("pay", "payments"), ("data", "orders-db"), 5432)

    def _call(self, at: int, who: tuple[str, str], whom: tuple[str, str], port: int) -> bool:
        """One app calls another by its service's name, which is looked up now and then."""
        source, destination = self.some(*who, at), self.some(*whom, at)
        if source is None or destination is None:
            return False
        if self.random.random() < 0.15:
            self.ask(at - SECOND // 200, source, f"{whom[1]}.{whom[0]}.svc.cluster.local", "A", [destination.address])
        if self.random.random() < 0.02:
            self.ask(at - SECOND // 150, source, f"{whom[1]}.{whom[0]}.{who[0]}.svc.cluster.local", "A", code=3)
        return self.connect(at, source, destination, port, f"{whom[0]}/{whom[1]}")

    def _now_and_then(self, began: int, ended: int, rate: float) -> Iterator[int]:
        at = began + int(self.random.expovariate(rate) * SECOND)
        while at < ended:
            yield at
            at += int(self.random.expovariate(rate) * SECOND)

    def _every(self, began: int, ended: int, seconds: float) -> Iterator[int]:
        at = began + int(self.random.uniform(0, seconds) * SECOND)
        while at < ended:
            yield at
            at += int(self.random.gauss(seconds, seconds / 50) * SECOND)

    # -- inside

    def _allowed(self, source: Pod | Outside, destination: Pod | Outside, port: int) -> bool:
        if isinstance(source, Outside) and isinstance(destination, Outside):
            raise ValueError("neither end is in the cluster")
        key = (_name(source), _name(destination), port)
        if key not in self._verdicts:
            asked = Connection(_named(source), _named(destination), "TCP", port)
            self._verdicts[key] = self.judge.answer(asked).allowed is not False
        return self._verdicts[key]

    def _record(self, at: int, flow: dict[str, Any]) -> None:
        self.records.append(
            (
                at,
                msgspec.json.encode(
                    {"flow": {"time": _text(at), **flow}, "node_name": flow["node_name"], "time": _text(at)}
                ),
            )
        )


class _Seen:
    """The objects of a take: pods with their time, and the last state of everything."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._open: dict[tuple[str, str], Pod] = {}
        self._closed: list[Pod] = []
        self._decoder = ObjectDecoder(None)

    def take(self, line: AnyLine) -> None:
        if isinstance(line, List):
            for raw in line.objects:
                self._put(bytes(raw), line.at)
        elif isinstance(line, Put):
            self._put(bytes(line.object), line.at)
        elif isinstance(line, Gone) and line.ref[0] == "Pod":
            self._close((line.ref[1], line.ref[2]), line.at)

    def pods(self) -> Iterator[Pod]:
        yield from sorted([*self._closed, *self._open.values()], key=lambda pod: (pod.since, pod.namespace, pod.name))

    def cluster(self) -> Cluster:
        """Everything that was there at any time: a pod that is gone is still asked about."""
        return Cluster(self._objects.values(), name="take", scope=RECORDED, coverage=Coverage())

    def _put(self, raw: bytes, at: int) -> None:
        document = msgspec.json.decode(raw)
        kind = kind_of(document["apiVersion"], document["kind"])
        if kind is None:
            return
        thing = self._decoder.decode(raw, kind)
        if kind.kind != "Pod":
            self._objects[str(kind), thing.namespace, thing.name] = thing
            return
        status, spec = document.get("status", {}), document["spec"]
        key = (thing.namespace, thing.name)
        if status.get("phase") in ("Succeeded", "Failed"):
            self._close(key, at)
        elif status.get("podIP") and not spec.get("hostNetwork"):
            self._objects[str(kind), *key] = thing
            if key not in self._open:
                self._open[key] = _pod(document, at)

    def _close(self, key: tuple[str, str], at: int) -> None:
        pod = self._open.pop(key, None)
        if pod is not None:
            self._closed.append(Pod(**{**pod.__dict__, "until": at}))


def _pod(document: dict[str, Any], at: int) -> Pod:
    labels, spec = document["metadata"].get("labels", {}), document["spec"]
    namespace = document["metadata"]["namespace"]
    account = spec.get("serviceAccountName", "default")
    shown = [f"k8s:{key}={value}" for key, value in labels.items() if key in ("app", "team", "k8s-app")]
    own = [f"k8s:io.kubernetes.pod.namespace={namespace}", f"k8s:io.cilium.k8s.policy.serviceaccount={account}"]
    app = labels.get("app") or ("coredns" if labels.get("k8s-app") == "kube-dns" else document["metadata"]["name"])
    ports = tuple(port["containerPort"] for one in spec["containers"] for port in one.get("ports", ()))
    return Pod(
        namespace, document["metadata"]["name"], document["status"]["podIP"], spec.get("nodeName", ""), app, ports, tuple(shown + own), at, 1 << 62
    )  # fmt: skip


def _endpoint(end: Pod | Outside) -> dict[str, Any]:
    if isinstance(end, Outside):
        return {"identity": 2, "labels": ["reserved:world"]}
    return {"namespace": end.namespace, "pod_name": end.name, "labels": list(end.labels)}


def _name(end: Pod | Outside) -> str:
    return f"{end.namespace}/{end.name}" if isinstance(end, Pod) else "outside"


def _named(end: Pod | Outside) -> EndName:
    return EndName(pod=_name(end)) if isinstance(end, Pod) else EndName(ip=end.address)


def _text(at: int) -> str:
    whole, fraction = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def merged(lines: list[AnyLine], events: list[AnyLine]) -> Iterator[AnyLine]:
    """Both in order of time; where times are equal, the recorded line first."""
    begins = [line.at for line in lines]
    placed = sorted(events, key=lambda event: event.at)
    position = 0
    for event in placed:
        until = bisect_right(begins, event.at)
        yield from lines[position:until]
        position = max(position, until)
        yield event
    yield from lines[position:]
