"""Nodes, namespaces, storage, quotas, admission, autoscaling and custom resource definitions."""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.cluster.meta import Object, Struct
from seawall.model.cluster.pod import Condition


class Namespace(Object, frozen=True):
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}


class Taint(Struct, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""


class NodeSpec(Struct, frozen=True):
    pod_cidr: str = msgspec.field(default="", name="podCIDR")
    pod_cidrs: tuple[str, ...] = msgspec.field(default=(), name="podCIDRs")
    provider_id: str = msgspec.field(default="", name="providerID")
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeAddress(Struct, frozen=True):
    type: str = ""
    address: str = ""


class NodeInfo(Struct, frozen=True):
    kubelet_version: str = ""
    kube_proxy_version: str = ""
    container_runtime_version: str = ""
    kernel_version: str = ""
    os_image: str = ""
    operating_system: str = ""
    architecture: str = ""


class NodeStatus(Struct, frozen=True):
    addresses: tuple[NodeAddress, ...] = ()
    node_info: NodeInfo = NodeInfo()
    conditions: tuple[Condition, ...] = ()
    capacity: dict[str, int | float | str] = {}
    allocatable: dict[str, int | float | str] = {}


class Node(Object, frozen=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class ResourceQuota(Object, frozen=True):
    spec: dict[str, Any] = {}


class LimitRange(Object, frozen=True):
    spec: dict[str, Any] = {}


class PodDisruptionBudget(Object, frozen=True):
    spec: dict[str, Any] = {}


class HorizontalPodAutoscaler(Object, frozen=True):
    spec: dict[str, Any] = {}


class PriorityClass(Object, frozen=True):
    value: int = 0
    global_default: bool = False
    preemption_policy: str | None = None


class RuntimeClass(Object, frozen=True):
    handler: str = ""


class PersistentVolume(Object, frozen=True):
    spec: dict[str, Any] = {}


class PersistentVolumeClaim(Object, frozen=True):
    spec: dict[str, Any] = {}


class StorageClass(Object, frozen=True):
    provisioner: str = ""
    parameters: dict[str, str] = {}
    reclaim_policy: str | None = None
    volume_binding_mode: str | None = None
    allow_volume_expansion: bool | None = None
    mount_options: tuple[str, ...] = ()


class CSIDriver(Object, frozen=True):
    spec: dict[str, Any] = {}


class VolumeAttachment(Object, frozen=True):
    """A volume attached to a node."""

    spec: dict[str, Any] = {}


class ResourceSlice(Object, frozen=True):
    """Devices that a node, or several, can give."""

    spec: dict[str, Any] = {}


class WebhookConfiguration(Object, frozen=True):
    """ValidatingWebhookConfiguration and MutatingWebhookConfiguration; `kind` tells which."""

    webhooks: tuple[dict[str, Any], ...] = ()


class AdmissionPolicy(Object, frozen=True):
    """ValidatingAdmissionPolicy and MutatingAdmissionPolicy."""

    spec: dict[str, Any] = {}


class AdmissionPolicyBinding(Object, frozen=True):
    """ValidatingAdmissionPolicyBinding and MutatingAdmissionPolicyBinding."""

    spec: dict[str, Any] = {}


class PodSecurityPolicy(Object, frozen=True):
    spec: dict[str, Any] = {}


class APIService(Object, frozen=True):
    spec: dict[str, Any] = {}


class CustomResourceDefinition(Object, frozen=True):
    spec: dict[str, Any] = {}
