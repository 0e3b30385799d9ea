"""hostPathVolumes: no volume is a piece of the node's file system."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.workload import Workload


def host_path_volumes(workload: Workload) -> list[Fault]:
    return [
        Fault(f"{path}.hostPath", f'must not be set (volume "{volume.name}" is {volume.host_path.path} of the node)')
        for path, volume in workload.volumes()
        if volume.host_path is not None
    ]


CHECK = Check("hostPathVolumes", Level.BASELINE, "host path volumes", (Revision(0, host_path_volumes),))
