"""Probe of a port name that no container declares.

What: a probe names a port by a name that its container does not declare.
Why: the kubelet cannot resolve it, the probe never succeeds, and the container restarts or never becomes ready.
Severity: high, because it is an outage at the next rollout.
Fix: declare the port, or give its number.
Limits: numbers are not compared: a program may serve ports that it does not declare.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP

_FIELDS = {"liveness_probe": "livenessProbe", "readiness_probe": "readinessProbe", "startup_probe": "startupProbe"}


@check(
    "workload/probe-of-undeclared-port",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def probe_of_undeclared_port(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        declared = {port.name for port in container.container.ports}
        for field in ("liveness_probe", "readiness_probe", "startup_probe"):
            probe = getattr(container.container, field)
            action = probe and (probe.http_get or probe.tcp_socket)
            if action and isinstance(action.port, str) and not action.port.isdigit() and action.port not in declared:
                kind = "httpGet" if probe.http_get else "tcpSocket"
                yield Hit(container.at(f"{_FIELDS[field]}.{kind}.port"), message=f'no port is called "{action.port}"')
