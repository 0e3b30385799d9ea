"""Who refers to which config map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload


def config_map_references(workload: Workload) -> Iterator[tuple[str, str, bool]]:
    """(path, name, optional) of every config map that the pod refers to."""
    for container in workload.containers():
        for index, variable in enumerate(container.container.env):
            source = variable.value_from
            if source is not None and source.config_map_key_ref is not None:
                yield (
                    container.at(f"env[{index}].valueFrom.configMapKeyRef"),
                    source.config_map_key_ref.name,
                    bool(source.config_map_key_ref.optional),
                )
        for index, bulk in enumerate(container.container.env_from):
            if bulk.config_map_ref is not None:
                yield (
                    container.at(f"envFrom[{index}].configMapRef"),
                    bulk.config_map_ref.name,
                    bool(bulk.config_map_ref.optional),
                )
    for path, volume in workload.volumes():
        if volume.config_map is not None:
            yield f"{path}.configMap.name", volume.config_map.name, bool(volume.config_map.optional)
        if volume.projected is not None:
            for index, projection in enumerate(volume.projected.sources):
                if projection.config_map is not None:
                    yield (
                        f"{path}.projected.sources[{index}].configMap",
                        projection.config_map.name,
                        bool(projection.config_map.optional),
                    )


def config_map_names(cluster: Cluster) -> Mapping[str, frozenset[str]]:
    """Names of config maps by namespace; the one that every namespace has is among them."""
    found: dict[str, set[str]] = defaultdict(set)
    for config_map in cluster.config_maps:
        found[config_map.namespace].update((config_map.name, "kube-root-ca.crt"))
    return {namespace: frozenset(names) for namespace, names in found.items()}
