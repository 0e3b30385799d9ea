"""Remote shell port.

What: a container declares port 22 or 3389.
Why: a login service inside a container is a second way in, with its own passwords, past Kubernetes and its audit log.
Severity: medium, because it is an entry that nobody watches.
Fix: remove the service; `kubectl exec` and debug containers are authorised and logged.
Limits: a shell on another port is not known by its number.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


@check(
    "workload/remote-shell-port",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K06"),
        ATTACK("T1021.004"),
        MATRIX("MS-TA9009"),
    ),
)
def remote_shell_port(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        for index, port in enumerate(container.container.ports):
            if port.container_port in (22, 3389):
                yield Hit(
                    container.at(f"ports[{index}].containerPort"),
                    message=str(port.container_port),
                    key=str(port.container_port),
                )
