"""Volumes: a name of their own each, and exactly one source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.admit.validation.refusal import Refusal, invalid, one_of, required, within
from seawall.model.cluster.names import label_problem
from seawall.model.cluster.pod import Volume
from seawall.model.cluster.workload import Workload
from seawall.model.cluster.workload_kinds import StatefulSet

_HOST_PATH_TYPES = frozenset(
    {"DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"}
)
_MOST_MODE = 0o777
_JUDGED_FIRST = (
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
)
"""In the order in which the API server looks: of several sources it takes the first and forbids the others."""


def _place(source: str) -> int:
    return _JUDGED_FIRST.index(source) if source in _JUDGED_FIRST else len(_JUDGED_FIRST)


class Volumes:
    """The volumes of a pod: `names` are those that stand, `refusals` is why the others do not. The claims of a StatefulSet become volumes of its pods."""

    def __init__(self, workload: Workload) -> None:
        self.names: set[str] = set()
        self.refusals: list[Refusal] = []
        for path, volume in workload.volumes():
            found = list(_of_source(volume, path))
            if volume.name:
                found.extend(invalid(f"{path}.name", label_problem(volume.name)))
            else:
                found.extend(required(f"{path}.name", volume.name))
            if volume.name in self.names:
                found.append(Refusal(f"{path}.name", "duplicate", f'two volumes are named "{volume.name}"'))
            if found:
                self.refusals.extend(found)
            else:
                self.names.add(volume.name)
        if isinstance(workload.object, StatefulSet):
            for claim in workload.object.spec.volume_claim_templates:
                metadata = claim.get("metadata")
                self.names.add(str(metadata.get("name", "")) if isinstance(metadata, dict) else "")


def _of_source(volume: Volume, at: str) -> Iterator[Refusal]:
    sources = volume.types
    if len(sources) > 1:
        sources = tuple(sorted(sources, key=_place))
    for name in sources[1:]:
        yield Refusal(f"{at}.{name}", "forbidden", f"stands beside {sources[0]}: a volume has one source")
    if len(sources) != 1:
        return  # without any it is an empty directory
    if volume.host_path is not None:
        path = f"{at}.hostPath"
        if not volume.host_path.path:
            yield Refusal(f"{path}.path", "required", "must be set")
            return
        if ".." in volume.host_path.path.split("/"):
            yield Refusal(f"{path}.path", "invalid", 'must not contain ".."')
        yield from one_of(f"{path}.type", volume.host_path.type, _HOST_PATH_TYPES)
    elif volume.secret is not None:
        yield from required(f"{at}.secret.secretName", volume.secret.secret_name)
        yield from within(f"{at}.secret.defaultMode", volume.secret.default_mode, 0, _MOST_MODE)
        yield from _items(volume.secret.items, f"{at}.secret.items")
    elif volume.config_map is not None:
        yield from required(f"{at}.configMap.name", volume.config_map.name)
        yield from within(f"{at}.configMap.defaultMode", volume.config_map.default_mode, 0, _MOST_MODE)
        yield from _items(volume.config_map.items, f"{at}.configMap.items")
    elif volume.persistent_volume_claim is not None:
        yield from required(f"{at}.persistentVolumeClaim.claimName", volume.persistent_volume_claim.claim_name)


def _items(items: tuple[dict[str, Any], ...], at: str) -> Iterator[Refusal]:
    """The keys that are written as files, each to a path inside the volume."""
    for index, item in enumerate(items):
        path = item.get("path") or ""
        yield from required(f"{at}[{index}].key", item.get("key"))
        yield from required(f"{at}[{index}].path", path)
        if path.startswith("/"):
            yield Refusal(f"{at}[{index}].path", "invalid", "must be a relative path")
        elif path.startswith("..") or ".." in path.split("/"):
            yield Refusal(f"{at}[{index}].path", "invalid", 'must not contain "..", nor begin with it')
        yield from within(f"{at}[{index}].mode", item.get("mode"), 0, _MOST_MODE)
