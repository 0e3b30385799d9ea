"""Container runtime socket mounted.

What: the pod mounts the socket of the container runtime, or a directory that holds it.
Why: whoever can write to it starts a privileged container on the node: it is root there, without a log in Kubernetes.
Severity: critical, because it is a shell on the node with no step between.
Fix: remove the mount; build images with tools that need no runtime, read container state from the API.
Limits: a runtime that listens elsewhere is not known by its path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP

_SOCKET = re.compile(
    r"(/var)?/run(/(docker|containerd|crio)(/.*)?|/docker\.sock|/containerd\.sock|/crio\.sock|/cri-dockerd\.sock|/podman(/.*)?)?$"
)


@check(
    "workload/runtime-socket-mounted",
    on=Workload,
    severity=CRITICAL,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1610"),
        MATRIX("MS-TA9013"),
    ),
)
def runtime_socket_mounted(workload: Workload, context: Context) -> Iterator[Hit]:
    for path, volume in workload.volumes():
        host = volume.host_path
        if host is not None and _SOCKET.match(host.path.rstrip("/") or "/"):
            yield Hit(f"{path}.hostPath.path", message=host.path)
