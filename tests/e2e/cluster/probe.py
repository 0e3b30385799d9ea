"""Which pods reach which: asked with packets, from real pods, all targets of a pod in one go."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.cluster import images, prober
from tests.e2e.cluster.control_plane import ControlPlane

PROGRAM = Path(prober.__file__).read_text()
SECONDS = 2.0
"""How long a probe waits for an answer. Between pods an answer takes a few milliseconds."""
ASKING_AT_ONCE = 4


class Port(NamedTuple):
    number: int
    protocol: str = "TCP"
    """`TCP` or `UDP`."""
    name: str | None = None


@dataclass(frozen=True)
class ProbePod:
    """A pod that answers on its ports and can be told to try those of others."""

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = (Port(80), Port(81), Port(80, "UDP"))
    node: str | None = None
    """Where it must run; None leaves it to the scheduler."""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    def manifest(self) -> dict[str, Any]:
        served = [f"{port.protocol}/{port.number}" for port in self.ports]
        container = {
            "name": "probe",
            "image": images.PYTHON,
            "command": ["python3", "-c", PROGRAM, "serve", *served],
            "ports": [
                {"containerPort": port.number, "protocol": port.protocol, **({"name": port.name} if port.name else {})}
                for port in self.ports
            ],
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": self.namespace, "name": self.name, "labels": dict(self.labels)},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "automountServiceAccountToken": False,
                "containers": [container],
                **({"nodeName": self.node} if self.node else {}),
            },
        }


class Connection(NamedTuple):
    source: str
    """`namespace/name` of a pod."""
    destination: str
    protocol: str
    port: int


def start(control_plane: ControlPlane, pods: Sequence[ProbePod], namespaces: Mapping[str, Mapping[str, str]]) -> None:
    """Create the namespaces (name -> labels) and the pods in them, if need be; returns when every pod serves."""
    control_plane.apply(
        *(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}
            for name, labels in namespaces.items()
        )
    )
    for name in namespaces:
        control_plane.kubectl("wait", "-n", name, "--for=create", "serviceaccount/default", "--timeout=30s")
    control_plane.apply(*(pod.manifest() for pod in pods))
    for pod in pods:
        control_plane.kubectl("wait", "-n", pod.namespace, "--for=condition=Ready", f"pod/{pod.name}", "--timeout=90s")


def probe_matrix(
    control_plane: ControlPlane, pods: Sequence[ProbePod], ports: Sequence[Port] | None = None
) -> dict[Connection, bool]:
    """Try every pod from every other one, on `ports` or on all that the destination serves: true if it answered.

    Pods are not asked to reach themselves: no policy decides that.
    """
    return ask(
        control_plane,
        [
            Connection(str(source), str(destination), port.protocol, port.number)
            for source, destination in itertools.permutations(pods, 2)
            for port in (ports if ports is not None else destination.ports)
        ],
    )


def ask(control_plane: ControlPlane, connections: Iterable[Connection]) -> dict[Connection, bool]:
    """Try these connections between running probe pods; one `exec` for each source, a few at a time."""
    addresses = {
        f"{item['metadata']['namespace']}/{item['metadata']['name']}": item["status"]["podIP"]
        for item in control_plane.get("pods", "--all-namespaces")["items"]
        if "podIP" in item["status"]
    }
    by_source: dict[str, list[Connection]] = {}
    for connection in connections:
        by_source.setdefault(connection.source, []).append(connection)

    def from_one(source: str) -> Iterator[tuple[Connection, bool]]:
        targets = [(addresses[one.destination], one.protocol, one.port) for one in by_source[source]]
        namespace, name = source.split("/")
        answers = control_plane.kubectl(
            *["exec", "-i", "-n", namespace, name, "--", "python3", "-c", PROGRAM, "ask", str(SECONDS)],
            stdin=json.dumps(targets),
        )
        return zip(by_source[source], json.loads(answers), strict=True)

    with ThreadPoolExecutor(ASKING_AT_ONCE) as pool:
        return dict(itertools.chain.from_iterable(pool.map(from_one, by_source)))
