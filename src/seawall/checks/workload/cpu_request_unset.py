"""No CPU request.

What: a container requests no CPU.
Why: the scheduler then places it as if it needed none, and it starves first when the node is busy.
Severity: low, because it costs availability, not secrecy.
Fix: set `resources.requests.cpu`.
Limits: a limit without a request counts as the request, so it is quiet; a LimitRange may set it on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/cpu-request-unset",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def cpu_request_unset(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.running_containers():
        if "cpu" not in container.container.resources.requests and "cpu" not in container.container.resources.limits:
            yield Hit(container.at("resources.requests.cpu"))
