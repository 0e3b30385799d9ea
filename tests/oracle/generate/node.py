"""Worlds of scheduled pods and what they refer to, and the requests of kubelets in them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.oracle.generate.rbac import World

Json = dict[str, Any]

NODES = ["w1", "w2", "w3"]
NAMESPACES = ["a", "b"]
NAMES = ["x", "y", "z"]
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"]
RESOURCES = [
    ("", "secrets"), ("", "configmaps"), ("", "persistentvolumeclaims"), ("", "persistentvolumes"), ("", "serviceaccounts"), ("", "pods"), ("", "nodes"), ("", "services"),
    ("", "events"), ("coordination.k8s.io", "leases"), ("storage.k8s.io", "volumeattachments"), ("storage.k8s.io", "csinodes"), ("storage.k8s.io", "csidrivers"),
    ("resource.k8s.io", "resourceclaims"), ("resource.k8s.io", "resourceslices"), ("certificates.k8s.io", "certificatesigningrequests"),
    ("certificates.k8s.io", "podcertificaterequests"), ("authentication.k8s.io", "tokenreviews"), ("apps", "deployments"),
]  # fmt: skip
SUBRESOURCES = ["", "", "", "", "status", "token", "eviction", "log", "proxy"]


def worlds(seed: int, count: int, *, requests: int = 50) -> Iterator[World]:
    """Worlds of some ten objects."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        objects = [_pod(rng, index) for index in range(rng.randint(1, 6))]
        objects += [_volume(rng, name) for name in NAMES if rng.random() < 0.6]
        objects += [_attachment(rng, name) for name in NAMES if rng.random() < 0.5]
        objects += [_slice(rng, name) for name in NAMES if rng.random() < 0.5]
        yield World(objects, [request(rng) for _ in range(requests)])


def request(rng: Random) -> Json:
    """A request that is most often by a node, and most often for what a kubelet does ask for."""
    node = rng.choice(NODES)
    if rng.random() < 0.6:
        asked = _usual(rng, node)
    else:
        asked = {
            "user": rng.choice([f"system:node:{node}"] * 7 + ["system:node:", "alice", f"SYSTEM:NODE:{node}"]),
            "groups": rng.choice([["system:nodes", "system:authenticated"]] * 8 + [[], ["system:masters"]]),
            **_resource(*rng.choice(RESOURCES)),
            "verb": rng.choice(VERBS),
            "subresource": rng.choice(SUBRESOURCES),
            "name": rng.choice([*NAMES, *NAMES, node, "p0", "p1", "p0-v", "sa", ""]),
            "namespace": rng.choice([*NAMESPACES * 3, "kube-node-lease", ""]),
        }
    if rng.random() < 0.2:
        field = rng.choice(["spec.nodeName", "spec.nodeName", "metadata.name", "nodeName"])
        selectors = [f"{field}={node}", f"{field}={rng.choice(NODES)}", f"{field}!={node}", f"a=b,{field}={node}", "a"]
        asked["fieldSelector"] = rng.choice(selectors)
    return asked


def _usual(rng: Random, node: str) -> Json:
    """What the kubelet of a node does: it asks for what its pods refer to, and for its own objects."""
    asked: Json = {"user": f"system:node:{node}", "groups": ["system:nodes", "system:authenticated"], "verb": "get"}
    kind = rng.randint(0, 9)
    if kind <= 3:
        resource = rng.choice(["secrets", "secrets", "configmaps", "persistentvolumeclaims"])
        asked |= _resource("", resource) | {"name": rng.choice([*NAMES, "p0-v"]), "namespace": rng.choice(NAMESPACES)}
        if resource == "persistentvolumeclaims" and rng.random() < 0.3:
            asked |= {"verb": rng.choice(["update", "patch", "get"]), "subresource": "status"}
    elif kind == 4:
        claim = {"name": rng.choice(NAMES), "namespace": rng.choice(NAMESPACES)}
        asked |= _resource("resource.k8s.io", "resourceclaims") | claim
    elif kind == 5:
        wide = [
            ("", "persistentvolumes"),
            ("storage.k8s.io", "volumeattachments"),
            ("resource.k8s.io", "resourceslices"),
        ]
        asked |= _resource(*rng.choice(wide)) | {"name": rng.choice(NAMES)}
    elif kind == 6:
        asked |= _resource("", "serviceaccounts") | {
            "name": rng.choice(["sa", "default"]),
            "namespace": rng.choice(NAMESPACES),
        }
        if rng.random() < 0.8:
            asked |= {"verb": "create", "subresource": "token"}
    elif kind == 7:
        asked |= _resource("", "pods") | {"name": f"p{rng.randint(0, 4)}", "namespace": rng.choice(NAMESPACES)}
        asked |= rng.choice(
            [{}, {"verb": "patch", "subresource": "status"}, {"verb": "create", "subresource": "eviction"}]
        )
    elif kind == 8:
        own = rng.choice([("", "nodes"), ("storage.k8s.io", "csinodes"), ("coordination.k8s.io", "leases")])
        asked |= _resource(*own) | {"name": node, "verb": rng.choice(VERBS), "namespace": ""}
        if own[1] == "leases":
            asked["namespace"] = "kube-node-lease"
    else:
        listed = rng.choice([("", "pods"), ("resource.k8s.io", "resourceslices"), ("", "services"), ("", "nodes")])
        field = "nodeName" if listed[1] == "resourceslices" else rng.choice(["spec.nodeName", "metadata.name"])
        asked |= _resource(*listed) | {"verb": rng.choice(["list", "watch"]), "fieldSelector": f"{field}={node}"}
    return asked


def _resource(group: str, resource: str) -> Json:
    return {"group": group, "resource": resource}


def _pod(rng: Random, index: int) -> Json:
    spec: Json = {"containers": [{"name": "c", "env": [], "envFrom": []}], "volumes": []}
    if rng.random() < 0.9:
        spec["nodeName"] = rng.choice(NODES)
    if rng.random() < 0.7:
        spec["serviceAccountName"] = rng.choice(["sa", "default"])
    for _ in range(rng.randint(0, 5)):
        _refer(rng, spec)
    metadata: Json = {"name": f"p{index}", "namespace": rng.choice(NAMESPACES)}
    if rng.random() < 0.1:
        metadata["annotations"] = {"kubernetes.io/config.mirror": "x"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _refer(rng: Random, spec: Json) -> None:
    """Adds one reference to a secret, a config map, a claim or a resource claim, in one of the places that hold them."""
    name = rng.choice(NAMES)
    container = spec["containers"][0]
    kind = rng.randint(0, 11)
    if kind == 0:
        container["env"].append({"name": "E", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}})
    elif kind == 1:
        container["env"].append({"name": "E", "valueFrom": {"configMapKeyRef": {"name": name, "key": "k"}}})
    elif kind == 2:
        container["envFrom"].append({"secretRef": {"name": name}})
    elif kind == 3:
        container["envFrom"].append({"configMapRef": {"name": name}})
    elif kind == 4:
        spec.setdefault("imagePullSecrets", []).append({"name": name})
    elif kind == 5:
        spec.setdefault("initContainers", []).append({"name": "i", "envFrom": [{"secretRef": {"name": name}}]})
    elif kind == 6:
        spec.setdefault("resourceClaims", []).append({"name": "r", "resourceClaimName": name})
    else:
        spec["volumes"].append({"name": "v"} | _volume_source(rng, name))


def _volume_source(rng: Random, name: str) -> Json:
    if rng.random() < 0.3:
        return {"persistentVolumeClaim": {"claimName": name}}
    sources: list[Json] = [
        {"secret": {"secretName": name}},
        {"configMap": {"name": name}},
        {"ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
        {"projected": {"sources": [{"secret": {"name": name}}, {"configMap": {"name": name}}]}},
        {"csi": {"driver": "d", "nodePublishSecretRef": {"name": name}}},
        {"azureFile": {"secretName": name, "shareName": "s"}},
        {"cephfs": {"monitors": ["m"], "secretRef": {"name": name}}},
        {"flexVolume": {"driver": "d", "secretRef": {"name": name}}},
        {"iscsi": {"targetPortal": "t", "iqn": "i", "lun": 0, "secretRef": {"name": name}}},
        {"rbd": {"monitors": ["m"], "image": "i", "secretRef": {"name": name}}},
        {"scaleIO": {"gateway": "g", "system": "s", "secretRef": {"name": name}}},
        {"storageos": {"secretRef": {"name": name}}},
        {"cinder": {"volumeID": "v", "secretRef": {"name": name}}},
    ]
    return rng.choice(sources)


def _volume(rng: Random, name: str) -> Json:
    spec: Json = {}
    if rng.random() < 0.85:
        spec["claimRef"] = {"namespace": rng.choice(NAMESPACES), "name": rng.choice([*NAMES, "p0-v"])}
    secret = {"name": rng.choice(NAMES)} | ({"namespace": rng.choice(NAMESPACES)} if rng.random() < 0.7 else {})
    sources: list[Json] = [
        {"csi": {"driver": "d", "volumeHandle": "h", rng.choice(["nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef", "controllerPublishSecretRef", "controllerExpandSecretRef"]): secret}},
        {"rbd": {"monitors": ["m"], "image": "i", "secretRef": secret}},
        {"cephfs": {"monitors": ["m"], "secretRef": secret}},
        {"iscsi": {"targetPortal": "t", "iqn": "i", "lun": 0, "secretRef": secret}},
        {"flexVolume": {"driver": "d", "secretRef": secret}},
        {"azureFile": {"secretName": secret["name"], "shareName": "s"}},
        {"nfs": {"server": "s", "path": "/"}},
    ]  # fmt: skip
    spec |= rng.choice(sources)
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}


def _attachment(rng: Random, name: str) -> Json:
    spec = {
        "attacher": "d",
        "nodeName": rng.choice([*NODES, ""]),
        "source": {"persistentVolumeName": rng.choice(NAMES)},
    }
    return {"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": name}, "spec": spec}


def _slice(rng: Random, name: str) -> Json:
    spec: Json = {"driver": "d"} | rng.choice([{"nodeName": rng.choice(NODES)}, {"allNodes": True}])
    return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": name}, "spec": spec}
