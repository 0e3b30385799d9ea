"""restrictedVolumes: only volumes that come from the API, a claim, a CSI driver or an image."""

from __future__ import annotations

from seawall.admit.pss.check import Check, Fault, Revision
from seawall.admit.pss.level import Level
from seawall.model.cluster.pod import Volume
from seawall.model.cluster.workload import Workload

_ALLOWED = "configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected, secret"

# In the order in which upstream names one where several are set.
_REFUSED = (
    ("hostPath", "host_path"),
    ("gcePersistentDisk", "gce_persistent_disk"),
    ("awsElasticBlockStore", "aws_elastic_block_store"),
    ("gitRepo", "git_repo"),
    ("nfs", "nfs"),
    ("iscsi", "iscsi"),
    ("glusterfs", "glusterfs"),
    ("rbd", "rbd"),
    ("flexVolume", "flex_volume"),
    ("cinder", "cinder"),
    ("cephfs", "cephfs"),
    ("flocker", "flocker"),
    ("fc", "fc"),
    ("azureFile", "azure_file"),
    ("vsphereVolume", "vsphere_volume"),
    ("quobyte", "quobyte"),
    ("azureDisk", "azure_disk"),
    ("photonPersistentDisk", "photon_persistent_disk"),
    ("portworxVolume", "portworx_volume"),
    ("scaleIO", "scale_io"),
    ("storageos", "storageos"),
)


def restricted_volumes(workload: Workload) -> list[Fault]:
    faults: list[Fault] = []
    for path, volume in workload.volumes():
        if not _allowed(volume):
            source = next((name for name, attribute in _REFUSED if getattr(volume, attribute) is not None), "")
            field = f"{path}.{source}" if source else path
            what = source or "of no known type"
            faults.append(Fault(field, f'must be one of {_ALLOWED}; volume "{volume.name}" is {what}'))
    return faults


def _allowed(volume: Volume) -> bool:
    """Whether one of the allowed sources is set; as upstream, that one decides where two are."""
    return (
        volume.config_map is not None
        or volume.secret is not None
        or volume.empty_dir is not None
        or volume.projected is not None
        or volume.persistent_volume_claim is not None
        or volume.downward_api is not None
        or volume.csi is not None
        or volume.ephemeral is not None
        or volume.image is not None
    )


CHECK = Check(
    "restrictedVolumes",
    Level.RESTRICTED,
    "volume types",
    (Revision(0, restricted_volumes, overrides=("hostPathVolumes",)),),
)
