"""Host path mounted writable.

What: a container mounts a directory of its node without `readOnly: true`.
Why: it can plant files that the node or other pods read: logs that are links, programs, unit files.
Severity: high, because writing is what turns a mounted path into the node.
Fix: set `readOnly: true` on the mount, or use another kind of volume.
Automatic: unsafe, because a program that writes there fails.
Limits: submounts below the path may stay writable; the kernel of the node decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "workload/writable-host-path",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.11", "5.2.12"),
        CIS("1.12", "5.2.11"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def writable_host_path(workload: Workload, context: Context) -> Iterator[Hit]:
    hosts = {volume.name for _, volume in workload.volumes() if volume.host_path is not None}
    if not hosts:
        return
    for container in workload.containers():
        for index, mount in enumerate(container.container.volume_mounts):
            if mount.name in hosts and not mount.read_only:
                yield Hit(
                    container.at(f"volumeMounts[{index}].readOnly"),
                    message=mount.mount_path,
                    key=mount.mount_path,
                    fix=Set(True),
                )
