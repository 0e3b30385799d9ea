"""Port below 1024.

What: a container declares a port below 1024.
Why: to open it the program needs root or NET_BIND_SERVICE, which many teams then give more widely.
Severity: info, because it is a hint, and kernels since 4.11 can allow it without.
Fix: serve a high port and let the Service translate.
Limits: declared ports only.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/privileged-container-port",
    on=Workload,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1571"),
    ),
)
def privileged_container_port(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        for index, port in enumerate(container.container.ports):
            if 0 < port.container_port < 1024:
                yield Hit(
                    container.at(f"ports[{index}].containerPort"),
                    message=str(port.container_port),
                    key=str(port.container_port),
                )
