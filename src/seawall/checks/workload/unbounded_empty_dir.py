"""Unbounded scratch volume.

What: an `emptyDir` has no size limit.
Why: it fills the node's disk, or its memory where the medium is memory, and pods around it are evicted.
Severity: low, because one fault stops neighbours.
Fix: set `sizeLimit`.
Limits: an ephemeral-storage limit of the containers bounds disk too and is quiet.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/unbounded-empty-dir",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def unbounded_empty_dir(workload: Workload, context: Context) -> Iterator[Hit]:
    limited = all("ephemeral-storage" in view.container.resources.limits for view in workload.running_containers())
    for path, volume in workload.volumes():
        scratch = volume.empty_dir
        if scratch is not None and scratch.size_limit is None and not (limited and scratch.medium != "Memory"):
            yield Hit(f"{path}.emptyDir.sizeLimit", message="in memory" if scratch.medium == "Memory" else "")
