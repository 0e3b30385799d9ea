"""Small recordings for tests, told the way a watch tells them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.redaction import redact
from seawall.sources.recording.format import RecordedCluster, Stream
from seawall.sources.recording.kept import Keeping
from seawall.sources.recording.writer import Recorder, RecordingFile

SECOND = 1_000_000_000
BEGAN = 1_790_000_000 * SECOND
"""2026-09-21T14:13:20Z."""
CLUSTER = RecordedCluster("11111111-2222-3333-4444-555555555555", "tested", "v1.36.3")
STREAMS = {"audit": Stream("audit"), "hubble": Stream("hubble", simulated=True, made_by="dice")}


class Told:
    """A recorder with the objects it was told of."""

    def __init__(self, path: Path, cluster: RecordedCluster = CLUSTER) -> None:
        self.file = RecordingFile(path, cluster, STREAMS)
        self._documents: dict[ObjectRef, dict[str, Any]] = {}
        keeping = Keeping(*{stream.source for stream in self.file.header.streams.values()})
        self.recorder = Recorder(self.file, raw=lambda thing: redact(self._documents[thing.ref]), keep=keeping)
        self._decoder = ObjectDecoder(None)

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *why: object) -> None:
        self.file.__exit__(*why)

    def thing(self, document: dict[str, Any]) -> Object:
        kind = kind_of(document["apiVersion"], document["kind"])
        assert kind is not None
        found = self._decoder.decode(json.dumps(document).encode(), kind)
        self._documents[found.ref] = document
        return found

    def listed(self, kind: str, documents: list[dict[str, Any]], at: int) -> None:
        self.recorder.listed(kind, [self.thing(one) for one in documents], at)

    def put(self, kind: str, document: dict[str, Any], at: int) -> None:
        self.recorder.put(kind, self.thing(document), at)


def text_of(at: int) -> str:
    """A time (ns) as the API server writes it in audit entries."""
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{at % SECOND // 1000:06d}Z"


def pod(
    name: str, address: str = "", *, namespace: str = "shop", version: int = 1, started: int = BEGAN, **spec: Any
) -> dict[str, Any]:
    stamp = text_of(started)[:19] + "Z"
    status: dict[str, Any] = {"phase": "Running", "startTime": stamp}
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "resourceVersion": str(version),
            "creationTimestamp": stamp,
            "managedFields": [{"manager": "kubelet", "time": stamp}],
        },
        "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "shop:1"}], **spec},
        "status": status,
    }


def audit_entry(number: int, at: int, **more: Any) -> bytes:
    entry: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"audit-{number}",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods",
        "verb": "list",
        "user": {"username": "alice", "groups": ["developers"]},
        "sourceIPs": ["10.20.0.11"],
        "userAgent": "kubectl",
        "objectRef": {"resource": "pods", "namespace": "shop", "apiVersion": "v1"},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": text_of(at - 1_000_000),
        "stageTimestamp": text_of(at),
    }
    return json.dumps(entry | more).encode()


def flow(at: int, source: str, destination: str, port: int = 80) -> bytes:
    return json.dumps(
        {
            "flow": {
                "time": text_of(at),
                "verdict": "FORWARDED",
                "IP": {"source": source, "destination": destination},
                "l4": {"TCP": {"source_port": 40000, "destination_port": port, "flags": {"SYN": True}}},
                "source": {"labels": ["reserved:unknown"]},
                "destination": {"labels": ["reserved:unknown"]},
                "traffic_direction": "INGRESS",
                "node_name": "n1",
            }
        }
    ).encode()
