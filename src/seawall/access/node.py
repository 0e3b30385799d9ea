"""The Node authorizer: what a kubelet may do, decided by what runs on its node.

A user named `system:node:NAME` in the group `system:nodes` may read a secret, config map, claim or volume only if a pod of its node needs it. Everything
else is a fixed list. Default feature gates of Kubernetes 1.34 to 1.36 (node reads limited by field selector; kubelets read service accounts of
their pods; no pod certificates). Source: k8s.io/kubernetes `plugin/pkg/auth/authorizer/node`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from seawall.access.attributes import NODE_PREFIX, NODES, Attributes
from seawall.access.decision import Decision
from seawall.access.rules import allows
from seawall.model.cluster.access_kinds import PolicyRule
from seawall.model.cluster.cluster_kinds import PersistentVolume, ResourceSlice, VolumeAttachment
from seawall.model.cluster.coverage import NotCollected, OutOfScope
from seawall.model.cluster.meta import Object
from seawall.model.cluster.pod import Container, Pod, Volume
from seawall.model.cluster.snapshot import Cluster

_READ = ("get", "list", "watch")
_CORE = ("",)
_OTHER_RULES: Final = (
    PolicyRule(("create",), ("authentication.k8s.io",), ("tokenreviews",)),
    PolicyRule(("create",), ("authorization.k8s.io",), ("subjectaccessreviews", "localsubjectaccessreviews")),
    PolicyRule(_READ, _CORE, ("services",)),
    PolicyRule(("create", "update", "patch"), ("", "events.k8s.io"), ("events",)),
    PolicyRule(("get",), _CORE, ("endpoints",)),
    PolicyRule(("create", *_READ), ("certificates.k8s.io",), ("certificatesigningrequests",)),
    PolicyRule(_READ, ("storage.k8s.io",), ("csidrivers",)),
    PolicyRule(_READ, ("node.k8s.io",), ("runtimeclasses",)),
)
"""What every kubelet may do, as far as it does not depend on what its node runs."""

_MIRROR = "kubernetes.io/config.mirror"
_LEASE_NAMESPACE = "kube-node-lease"
_CHANGES = ("get", "create", "update", "patch", "delete")

Thing = tuple[str, str, str]
"""Resource, namespace and name of an object that nodes read for their pods."""

# What must have been read for "no pod of the node needs it" to be known.
_DECIDED_BY: dict[str, tuple[type[Object], ...]] = {
    "volumeattachments": (VolumeAttachment,),
    "resourceslices": (ResourceSlice,),
    "secrets": (Pod, PersistentVolume),
    "persistentvolumes": (Pod, PersistentVolume),
}
T = TypeVar("T", bound=Object)


def node_of(user: str, groups: Iterable[str]) -> str | None:
    """The name of the node that `user` is the kubelet of; "" where the user names none; None for others."""
    if not user.startswith(NODE_PREFIX) or NODES not in groups:
        return None
    return user.removeprefix(NODE_PREFIX)


class NodeAuthorizer:
    """Which node needs which object, from one Cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._needed_by: dict[Thing, set[str]] = defaultdict(set)
        """The nodes on which something needs it."""
        self._missing: dict[type[Object], str] = {}
        scheduled = (pod for pod in self._all(cluster, Pod) if pod.spec.node_name)
        for pod in {(pod.namespace, pod.name): pod for pod in scheduled}.values():
            self._add_pod(pod)
        for volume in {volume.name: volume for volume in self._all(cluster, PersistentVolume)}.values():
            self._add_volume(volume)
        for attachment in {one.name: one for one in self._all(cluster, VolumeAttachment)}.values():
            self._add("volumeattachments", "", attachment.name, attachment.spec.get("nodeName"))
        for devices in {one.name: one for one in self._all(cluster, ResourceSlice)}.values():
            self._add("resourceslices", "", devices.name, devices.spec.get("nodeName"))

    def _all(self, cluster: Cluster, kind: type[T]) -> tuple[T, ...]:
        try:
            return cluster.of(kind)
        except OutOfScope:
            return ()
        except NotCollected as gap:
            self._missing[kind] = str(gap)
            return cluster.known(kind)

    def _add(self, resource: str, namespace: str, name: Any, node: Any) -> None:
        if isinstance(name, str) and name and isinstance(node, str) and node:
            self._needed_by[resource, namespace, name].add(node)

    def _add_pod(self, pod: Pod) -> None:
        namespace, node = pod.namespace, pod.spec.node_name
        self._add("pods", namespace, pod.name, node)
        if _MIRROR in pod.metadata.annotations:
            return  # made by the kubelet itself, so it must not widen what the kubelet may read
        self._add("serviceaccounts", namespace, pod.spec.service_account_name, node)
        for reference in pod.spec.image_pull_secrets:
            self._add("secrets", namespace, reference.name, node)
        for container in (*pod.spec.containers, *pod.spec.init_containers, *pod.spec.ephemeral_containers):
            for resource, name in _read_by(container):
                self._add(resource, namespace, name, node)
        for volume in pod.spec.volumes:
            for name in _secrets_of(volume):
                self._add("secrets", namespace, name, node)
            for name in _config_maps_of(volume):
                self._add("configmaps", namespace, name, node)
            if volume.persistent_volume_claim is not None:
                self._add("persistentvolumeclaims", namespace, volume.persistent_volume_claim.claim_name, node)
            elif volume.ephemeral is not None:
                self._add("persistentvolumeclaims", namespace, f"{pod.name}-{volume.name}", node)
        for name in _claims_of(pod):
            self._add("resourceclaims", namespace, name, node)

    def _add_volume(self, volume: PersistentVolume) -> None:
        claim = _mapping(volume.spec, "claimRef")
        if claim is None:
            return
        claimed_in = _text(claim, "namespace")
        nodes = self._needed_by.get(("persistentvolumeclaims", claimed_in, _text(claim, "name")), ())
        for node in nodes:
            self._add("persistentvolumes", "", volume.name, node)
            for namespace, name in _volume_secrets(volume.spec, claimed_in):
                self._add("secrets", namespace, name, node)

    # ------------------------------------------------------------------------------------------------ deciding

    def decide(self, asked: Attributes) -> Decision:
        """What the Node authorizer says. Not allowed means that it has no opinion and another authorizer may allow."""
        node = node_of(asked.user, asked.groups)
        if node is None:
            return Decision(False, "Node: not a kubelet")
        if not node:
            return Decision(False, "Node: the user names no node")
        if asked.url is None:
            judge = _JUDGES.get((asked.group, asked.resource))
            if judge is not None:
                return judge(self, node, asked)
        if any(allows(rule, asked) for rule in _OTHER_RULES):
            return Decision(True, "Node: every kubelet may")
        return Decision(False, "Node: no kubelet may")

    def kubelets(self, asked: Attributes) -> str:
        """Which kubelets may do this, as a sentence; "" if none may. The user and groups of `asked` play no part."""
        somewhere = asked._replace(user=f"{NODE_PREFIX}n", groups=(NODES,), selected=(("spec.nodeName", "n"),))
        if asked.name and (nodes := self._needed_by.get((asked.resource, asked.namespace, asked.name))):
            if all(self.decide(somewhere._replace(user=NODE_PREFIX + node)).allowed for node in nodes):
                return f"kubelets of {', '.join(sorted(nodes))} may, something that runs there needs it"
        elif not asked.name and _EVERY_NODE.decide(somewhere._replace(name="n")).allowed:
            return "every kubelet may, as far as its node's own objects and what its pods need"
        return ""

    def _related(self, node: str, asked: Attributes, namespace: str) -> Decision:
        if not asked.name:
            return Decision(False, "Node: no object is named")
        if node in self._needed_by.get((asked.resource, namespace, asked.name), ()):
            return Decision(True, f"Node: something on node {node} needs it")
        for kind in _DECIDED_BY.get(asked.resource, (Pod,)):
            if (why := self._missing.get(kind)) is not None:
                return Decision(None, f"Node: nothing read on node {node} needs it, but {why}")
        return Decision(False, f"Node: nothing on node {node} needs it")

    def _read(self, node: str, asked: Attributes) -> Decision:
        """Secrets and config maps: read one by one, never written."""
        if asked.verb not in _READ or asked.subresource:
            return Decision(False, "Node: kubelets only read these")
        if not asked.namespace:
            return Decision(False, "Node: kubelets read these in a namespace only")
        return self._related(node, asked, asked.namespace)

    def _get(self, node: str, asked: Attributes) -> Decision:
        if asked.verb != "get" or asked.subresource:
            return Decision(False, "Node: kubelets only get these, one by one")
        return self._related(node, asked, asked.namespace)

    def _claim(self, node: str, asked: Attributes) -> Decision:
        if asked.subresource == "status":
            if asked.verb not in ("update", "patch"):
                return Decision(False, "Node: kubelets only update the status")
            return self._related(node, asked, asked.namespace)
        return self._get(node, asked)

    def _account(self, node: str, asked: Attributes) -> Decision:
        if asked.verb == "get" and not asked.subresource:
            return self._read(node, asked)
        if asked.verb != "create" or asked.subresource != "token" or not asked.name:
            return Decision(False, "Node: kubelets only make tokens of service accounts they run")
        return self._related(node, asked, asked.namespace)

    def _lease(self, node: str, asked: Attributes) -> Decision:
        if asked.namespace != _LEASE_NAMESPACE:
            return Decision(False, f"Node: kubelets have leases in {_LEASE_NAMESPACE} only")
        return _own(node, asked)

    def _storage_node(self, node: str, asked: Attributes) -> Decision:
        return Decision(False, "Node: no subresource") if asked.subresource else _own(node, asked)

    def _devices(self, node: str, asked: Attributes) -> Decision:
        if asked.subresource:
            return Decision(False, "Node: no subresource")
        if asked.verb == "create":
            return Decision(True, "Node: admission sees to it that the slice is the node's own")
        if asked.verb in ("get", "update", "patch", "delete"):
            return self._related(node, asked, asked.namespace)
        if asked.verb in ("list", "watch", "deletecollection"):
            return _selected(node, asked)
        return Decision(False, "Node: no kubelet may")

    def _node(self, node: str, asked: Attributes) -> Decision:
        if asked.subresource == "":
            if asked.verb in ("create", "update", "patch"):
                return Decision(True, "Node: admission sees to it that the node is its own")
            if asked.verb in _READ and asked.name == node:
                return Decision(True, "Node: a kubelet reads its own node")
        elif asked.subresource == "status" and asked.verb in ("update", "patch"):
            return Decision(True, "Node: admission sees to it that the node is its own")
        return Decision(False, "Node: kubelets read and write their own node only")

    def _pod(self, node: str, asked: Attributes) -> Decision:
        if asked.subresource == "":
            if asked.verb == "get":
                return self._related(node, asked, asked.namespace)
            if asked.verb in ("list", "watch"):
                selected = _selected(node, asked, "spec.nodeName")
                return selected if selected.allowed or not asked.name else self._related(node, asked, asked.namespace)
            if asked.verb in ("create", "delete"):
                return Decision(True, "Node: admission sees to it that the pod is a mirror of its own")
        elif (asked.subresource == "status" and asked.verb in ("update", "patch")) or (
            asked.subresource == "eviction" and asked.verb == "create"
        ):
            return Decision(True, "Node: admission sees to it that the pod runs on the node")
        return Decision(False, "Node: no kubelet may")

    def _certificate(self, node: str, asked: Attributes) -> Decision:
        return Decision(False, "Node: pod certificates are behind a feature gate that is off by default")


_Judge = Callable[[NodeAuthorizer, str, Attributes], Decision]
_JUDGES: dict[tuple[str, str], _Judge] = {
    ("", "secrets"): NodeAuthorizer._read,
    ("", "configmaps"): NodeAuthorizer._read,
    ("", "persistentvolumeclaims"): NodeAuthorizer._claim,
    ("", "persistentvolumes"): NodeAuthorizer._get,
    ("resource.k8s.io", "resourceclaims"): NodeAuthorizer._get,
    ("storage.k8s.io", "volumeattachments"): NodeAuthorizer._get,
    ("", "serviceaccounts"): NodeAuthorizer._account,
    ("coordination.k8s.io", "leases"): NodeAuthorizer._lease,
    ("storage.k8s.io", "csinodes"): NodeAuthorizer._storage_node,
    ("resource.k8s.io", "resourceslices"): NodeAuthorizer._devices,
    ("", "nodes"): NodeAuthorizer._node,
    ("", "pods"): NodeAuthorizer._pod,
    ("certificates.k8s.io", "podcertificaterequests"): NodeAuthorizer._certificate,
}


class _EveryNode(NodeAuthorizer):
    """A world in which every node needs everything, to ask what kubelets may at all."""

    def __init__(self) -> None:
        self._needed_by, self._missing = {}, {}

    def _related(self, node: str, asked: Attributes, namespace: str) -> Decision:
        return Decision(True, "Node: something needs it")


_EVERY_NODE = _EveryNode()


def _own(node: str, asked: Attributes) -> Decision:
    """Objects named like the node. On create the name is not known yet; admission checks it."""
    if asked.verb not in _CHANGES:
        return Decision(False, "Node: no kubelet may")
    if asked.verb != "create" and asked.name != node:
        return Decision(False, "Node: only the one named like the node")
    return Decision(True, "Node: it is the node's own")


def _selected(node: str, asked: Attributes, field: str = "spec.nodeName") -> Decision:
    if (field, node) in asked.selected:
        return Decision(True, "Node: the selector leaves only what is the node's own")
    return Decision(False, f"Node: only with a field selector {field}={node}")


# ------------------------------------------------------------------------------------------------ what a pod needs


def _read_by(container: Container) -> Iterator[tuple[str, str]]:
    for source in container.env_from:
        if source.secret_ref is not None:
            yield "secrets", source.secret_ref.name
        if source.config_map_ref is not None:
            yield "configmaps", source.config_map_ref.name
    for variable in container.env:
        if variable.value_from is None:
            continue
        if variable.value_from.secret_key_ref is not None:
            yield "secrets", variable.value_from.secret_key_ref.name
        if variable.value_from.config_map_key_ref is not None:
            yield "configmaps", variable.value_from.config_map_key_ref.name


def _secrets_of(volume: Volume) -> Iterator[str]:
    """Secrets that mounting the volume takes. The first source that is set counts, in upstream's order."""
    if volume.azure_file is not None:
        yield _text(volume.azure_file, "secretName")
        return
    for referring in (volume.cephfs, volume.cinder, volume.flex_volume):
        if referring is not None:
            yield _text(_mapping(referring, "secretRef"), "name")
            return
    if volume.projected is not None:
        yield from (source.secret.name for source in volume.projected.sources if source.secret is not None)
        return
    if volume.rbd is not None:
        yield _text(_mapping(volume.rbd, "secretRef"), "name")
        return
    if volume.secret is not None:
        yield volume.secret.secret_name
        return
    for referring in (volume.scale_io, volume.iscsi, volume.storageos):
        if referring is not None:
            yield _text(_mapping(referring, "secretRef"), "name")
            return
    if volume.csi is not None and volume.csi.node_publish_secret_ref is not None:
        yield volume.csi.node_publish_secret_ref.name


def _config_maps_of(volume: Volume) -> Iterator[str]:
    if volume.projected is not None:
        yield from (source.config_map.name for source in volume.projected.sources if source.config_map is not None)
    elif volume.config_map is not None:
        yield volume.config_map.name


def _claims_of(pod: Pod) -> Iterator[str]:
    """Device claims: named ones, and those that were made for the pod, which its status names."""
    made = {status.name: status.resource_claim_name for status in reversed(pod.status.resource_claim_statuses)}
    for claim in pod.spec.resource_claims:
        if claim.resource_claim_name is not None:
            yield claim.resource_claim_name
        elif claim.resource_claim_template_name is not None:
            yield made.get(claim.name) or ""
    if pod.status.extended_resource_claim_status is not None:
        yield pod.status.extended_resource_claim_status.resource_claim_name


def _volume_secrets(spec: Mapping[str, Any], claimed_in: str) -> Iterator[tuple[str, str]]:
    """Namespace and name of the secrets that the kubelet reads to mount a persistent volume. The first source that is set counts."""
    if (azure := _mapping(spec, "azureFile")) is not None:
        yield _text(azure, "secretNamespace") or claimed_in, _text(azure, "secretName")
        return
    for source, own_namespace_only in _REFERRING:
        if (referring := _mapping(spec, source)) is not None:
            reference = _mapping(referring, "secretRef")
            namespace = _text(reference, "namespace")
            yield namespace if own_namespace_only else namespace or claimed_in, _text(reference, "name")
            return
    if (driver := _mapping(spec, "csi")) is not None:
        for step in ("nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"):
            reference = _mapping(driver, step)
            yield _text(reference, "namespace"), _text(reference, "name")


_REFERRING = (
    ("cephfs", False),
    ("cinder", True),
    ("flexVolume", False),
    ("rbd", False),
    ("scaleIO", False),
    ("iscsi", False),
    ("storageos", True),
)
"""Volume sources with a `secretRef`, and whether the namespace in it is taken as it stands instead of the claim's by default."""


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = value.get(key)
    return found if isinstance(found, Mapping) else None


def _text(value: Mapping[str, Any] | None, key: str) -> str:
    found = value.get(key) if value is not None else None
    return found if isinstance(found, str) else ""
