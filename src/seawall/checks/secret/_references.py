"""Who refers to which secret."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload


def secret_references(workload: Workload) -> Iterator[tuple[str, str, bool]]:
    """(path, name, optional) of every secret that the pod refers to: variables, volumes, projections, pull secrets, CSI."""
    for container in workload.containers():
        for index, variable in enumerate(container.container.env):
            source = variable.value_from
            if source is not None and source.secret_key_ref is not None:
                yield (
                    container.at(f"env[{index}].valueFrom.secretKeyRef"),
                    source.secret_key_ref.name,
                    bool(source.secret_key_ref.optional),
                )
        for index, bulk in enumerate(container.container.env_from):
            if bulk.secret_ref is not None:
                yield container.at(f"envFrom[{index}].secretRef"), bulk.secret_ref.name, bool(bulk.secret_ref.optional)
    for path, volume in workload.volumes():
        if volume.secret is not None:
            yield f"{path}.secret.secretName", volume.secret.secret_name, bool(volume.secret.optional)
        if volume.projected is not None:
            for index, projection in enumerate(volume.projected.sources):
                if projection.secret is not None:
                    yield (
                        f"{path}.projected.sources[{index}].secret",
                        projection.secret.name,
                        bool(projection.secret.optional),
                    )
        if volume.csi is not None and volume.csi.node_publish_secret_ref is not None:
            yield f"{path}.csi.nodePublishSecretRef", volume.csi.node_publish_secret_ref.name, False
    for index, reference in enumerate(workload.pod.image_pull_secrets):
        # A pull secret that is not there only matters where the image needs it.
        yield workload.at(f"imagePullSecrets[{index}]"), reference.name, True


def secret_names(cluster: Cluster) -> Mapping[str, frozenset[str]]:
    """Names of secrets by namespace."""
    found: dict[str, set[str]] = defaultdict(set)
    for secret in cluster.secrets:
        found[secret.namespace].add(secret.name)
    return {namespace: frozenset(names) for namespace, names in found.items()}


def referenced_secrets(cluster: Cluster) -> frozenset[tuple[str, str]]:
    """(namespace, name) of every secret that a workload, a service account, an ingress or a gateway refers to."""
    found = {
        (workload.namespace, name)
        for workload in (*cluster.workloads, *cluster.pod_workloads)
        for _, name, _ in secret_references(workload)
    }
    for account in cluster.service_accounts:
        found |= {(account.namespace, reference.name) for reference in (*account.secrets, *account.image_pull_secrets)}
    for ingress in cluster.ingresses:
        found |= {(ingress.namespace, entry.secret_name) for entry in ingress.spec.tls}
    return frozenset(found)
