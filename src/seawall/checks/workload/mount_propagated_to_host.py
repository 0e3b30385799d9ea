"""Mounts propagated to the node.

What: a container mounts a volume with bidirectional propagation.
Why: what it mounts appears on the node and in other pods.
Severity: high, because it changes what the node and its pods see as files.
Fix: remove `mountPropagation: Bidirectional`; storage drivers that need it belong into a namespace of their own.
Automatic: unsafe, because what the container mounts is not seen by others any more, which is what storage drivers are for.
Limits: the API server accepts it for privileged containers alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, Unset, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "workload/mount-propagated-to-host",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def mount_propagated_to_host(workload: Workload, context: Context) -> Iterator[Hit]:
    for container in workload.containers():
        for index, mount in enumerate(container.container.volume_mounts):
            if mount.mount_propagation == "Bidirectional":
                yield Hit(container.at(f"volumeMounts[{index}].mountPropagation"), key=mount.mount_path, fix=Unset())
