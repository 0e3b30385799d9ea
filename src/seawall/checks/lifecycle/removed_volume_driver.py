"""Volume type that Kubernetes no longer mounts.

What: a pod mounts a volume of a type whose driver was deleted and that no CSI driver takes over by itself.
Why: the API server accepts it, and the pod never starts.
Severity: medium, because what should run does not.
Fix: claim a volume of a CSI driver of the same storage.
Limits: types that are redirected to a CSI driver (`awsElasticBlockStore`, `azureDisk`, …) still work where that driver is installed, and are not named.
References: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from seawall.checks.lifecycle._api_versions import meant_for
from seawall.model.cluster.version import Minor
from seawall.model.cluster.workload import Workload
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP

REMOVED = (
    ("scaleIO", attrgetter("scale_io"), Minor(1, 22)),
    ("flocker", attrgetter("flocker"), Minor(1, 25)),
    ("quobyte", attrgetter("quobyte"), Minor(1, 25)),
    ("storageos", attrgetter("storageos"), Minor(1, 25)),
    ("glusterfs", attrgetter("glusterfs"), Minor(1, 26)),
    ("cephfs", attrgetter("cephfs"), Minor(1, 31)),
    ("rbd", attrgetter("rbd"), Minor(1, 31)),
)
"""Type, how to see it in a volume, and the first minor without its driver, as the volumes page of kubernetes.io tells it."""


@check(
    "lifecycle/removed-volume-driver", on=Workload, severity=MEDIUM, since="0.1", maps=(NSA("upgrading"), OWASP("K07"))
)
def removed_volume_driver(workload: Workload, context: Context) -> Iterator[Hit]:
    for path, volume in workload.volumes():
        for name, source, since in REMOVED:
            if source(volume) is not None and meant_for(context) >= since:
                yield Hit(f"{path}.{name}", f"no driver of {name} since {since}")
