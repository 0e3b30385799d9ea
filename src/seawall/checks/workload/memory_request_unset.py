"""No memory request.

What: a container requests no memory.
Why: the scheduler then places it as if it needed none, and it is among the first to be evicted.
Severity: low, because it costs availability, not secrecy.
Fix: set `resources.requests.memory` to what the program needs in ordinary life.
Limits: a limit without a request counts as the request, so it is quiet; a LimitRange may set it on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/memory-request-unset",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def memory_request_unset(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.running_containers():
        if (
            "memory" not in container.container.resources.requests
            and "memory" not in container.container.resources.limits
        ):
            yield Hit(container.at("resources.requests.memory"))
