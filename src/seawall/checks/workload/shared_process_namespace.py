"""Processes shared between containers.

What: the containers of the pod share one process namespace.
Why: each sees the others' command lines and, as the same user, their environment and files.
Severity: low, because the wall between containers of one pod is thin anyway.
Fix: remove `shareProcessNamespace` where nobody debugs with it.
Automatic: unsafe, because a sidecar that signals or inspects its neighbours can not do so any more.
Limits: which user runs where is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, Unset, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/shared-process-namespace",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1057"),
    ),
)
def shared_process_namespace(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.pod.share_process_namespace:
        yield Hit(workload.at("shareProcessNamespace"), fix=Unset())
