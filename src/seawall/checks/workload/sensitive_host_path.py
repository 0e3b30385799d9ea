"""Sensitive host path mounted.

What: the pod mounts a directory of the node that holds credentials or lets it take the node over.
Why: `/`, `/etc`, `/root`, `/proc`, `/var/lib/kubelet` and their like hold the kubelet's key, other pods' secrets and the means to start programs at boot.
Severity: critical, because it is the node, with at most one step between.
Fix: remove the mount or narrow it to the one file that is needed, read-only.
Limits: a path that is a link to one of these is not resolved.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, MATRIX, NSA, OWASP

_WHOLE = frozenset(
    {
        "/",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib/modules",
        "/proc",
        "/root",
        "/sys",
        "/usr",
        "/usr/bin",
        "/usr/sbin",
        "/var",
        "/var/lib",
        "/var/log",
    }
)
_UNDER = (
    "/etc/",
    "/root/",
    "/proc/",
    "/var/lib/kubelet",
    "/var/lib/etcd",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/home/",
)


@check(
    "workload/sensitive-host-path",
    on=Workload,
    severity=CRITICAL,
    since="0.1",
    maps=(
        CIS("1.8..1.11", "5.2.12"),
        CIS("1.12", "5.2.11"),
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
        MATRIX("MS-TA9013"),
    ),
)
def sensitive_host_path(workload: Workload, context: Context) -> Iterator[Hit]:
    for path, volume in workload.volumes():
        host = volume.host_path
        if host is not None:
            place = posixpath.normpath(host.path) if host.path else ""
            if place in _WHOLE or place.startswith(_UNDER):
                yield Hit(f"{path}.hostPath.path", message=host.path)
