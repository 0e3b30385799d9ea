"""Clusters for tests, from YAML or from plain objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import yaml

from seawall.model.cluster.coverage import FILES, LIVE, Coverage
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, Origin, place
from seawall.model.cluster.snapshot import Cluster

_DECODER = ObjectDecoder()


def decoded(document: dict[str, Any], index: int = 0, source: str = "world.yaml") -> Object:
    kind = kind_of(document["apiVersion"], document["kind"])
    assert kind is not None, (document["apiVersion"], document["kind"])
    found = _DECODER.decode(msgspec.json.encode(document), kind)
    place(found, Origin(source, index + 1, index))
    return found


def cluster(documents: Iterable[dict[str, Any]], live: bool = False, coverage: Coverage | None = None) -> Cluster:
    objects = [decoded(document, index) for index, document in enumerate(documents)]
    return Cluster(objects, name="test", scope=LIVE if live else FILES, coverage=coverage or Coverage())


def of_objects(objects: Iterable[Object]) -> Cluster:
    return Cluster(objects, name="test", scope=FILES, coverage=Coverage())


def from_yaml(text: str, live: bool = False) -> Cluster:
    return cluster([document for document in yaml.safe_load_all(text) if document], live)


def pod(
    name: str,
    namespace: str = "default",
    labels: dict[str, str] | None = None,
    ip: str | tuple[str, ...] = (),
    ports: Iterable[tuple[str, int, str]] = (),
    node: str = "",
    host_network: bool = False,
    account: str = "",
    phase: str = "Running",
) -> dict[str, Any]:
    ips = (ip,) if isinstance(ip, str) else ip
    spec: dict[str, Any] = {
        "containers": [
            {
                "name": "main",
                "image": "app:1",
                "ports": [
                    {"name": port, "containerPort": number, "protocol": protocol} for port, number, protocol in ports
                ],
            }
        ]
    }
    if node:
        spec["nodeName"] = node
    if host_network:
        spec["hostNetwork"] = True
    if account:
        spec["serviceAccountName"] = account
    status: dict[str, Any] = {"phase": phase}
    if ips:
        status |= {"podIP": ips[0], "podIPs": [{"ip": one} for one in ips]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": spec,
        "status": status,
    }


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def node(name: str, *addresses: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels or {}},
        "status": {"addresses": [{"type": "InternalIP", "address": one} for one in addresses]},
    }


def policy(name: str, spec: dict[str, Any], namespace: str = "default") -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def cluster_policy(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def calico(kind: str, name: str, spec: dict[str, Any], namespace: str = "", **labels: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": labels}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec}


def cilium(name: str, spec: dict[str, Any], namespace: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    kind = "CiliumClusterwideNetworkPolicy"
    if namespace:
        metadata["namespace"], kind = namespace, "CiliumNetworkPolicy"
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata, "spec": spec}


def service(
    name: str, namespace: str, selector: dict[str, str] | None, ports: list[dict[str, Any]], **spec: Any
) -> dict[str, Any]:
    found: dict[str, Any] = {"ports": ports, **spec}
    if selector:
        found["selector"] = selector
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": found}
