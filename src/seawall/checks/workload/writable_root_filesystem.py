"""Writable root filesystem.

What: a container does not set `readOnlyRootFilesystem: true`.
Why: an intruder can drop tools and change programs inside the container, and the change survives until the container ends.
Severity: low, because it eases a later step of an attack and opens none by itself.
Fix: set `readOnlyRootFilesystem: true` and mount an `emptyDir` where the program must write.
Automatic: unsafe, because a program that writes outside its volumes fails.
Limits: cannot know whether the program writes outside its volumes; try the fix before applying it everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/writable-root-filesystem",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1609"),
    ),
)
def writable_root_filesystem(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        if not container.security.read_only_root_filesystem:
            yield Hit(container.at("securityContext.readOnlyRootFilesystem"), fix=Set(True))
