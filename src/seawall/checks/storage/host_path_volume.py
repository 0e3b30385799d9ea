"""Persistent volume on a host path.

What: a PersistentVolume is a directory of a node.
Why: a claim bound to it gives a pod the node's disk, past Pod Security.
Severity: high, because most paths lead to the node sooner or later.
Fix: use a volume type made for it, `local` at least.
Limits: what the path holds is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import PersistentVolume
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "storage/host-path-volume",
    on=PersistentVolume,
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("pod-security"),
        OWASP("K01"),
        ATTACK("T1611"),
    ),
)
def host_path_volume(volume: PersistentVolume, context: Context) -> Iterator[Hit]:
    host = volume.spec.get("hostPath")
    if isinstance(host, dict):
        yield Hit("spec.hostPath", message=str(host.get("path", "")))
