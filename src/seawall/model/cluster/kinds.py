"""The kinds that a Cluster can hold: one row each, the only place that joins an API kind to its struct."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from seawall.model.cluster import access_kinds as access
from seawall.model.cluster import cluster_kinds as cluster
from seawall.model.cluster import config_kinds as config
from seawall.model.cluster import network_kinds as network
from seawall.model.cluster import workload_kinds as workload
from seawall.model.cluster.coverage import Gap, GapReason
from seawall.model.cluster.meta import Object
from seawall.model.cluster.pod import Pod


class Kind(NamedTuple):
    """`group` is "" for core; `versions` are newest first and the first is the one to list; `plural` is the resource's name in the API."""

    group: str
    versions: tuple[str, ...]
    kind: str
    plural: str
    namespaced: bool
    type: type[Object]
    optional: bool = False
    """A kind of a custom resource or of an old version: a cluster that does not serve it has none, which is no gap."""

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def key(self) -> str:
        """The kind's name, with its group where another group has a kind of that name (NetworkPolicy of Kubernetes and of Calico)."""
        return self.kind if _NAMES[self.kind] == 1 else str(self)

    def gap(self, reason: GapReason, what: str) -> Gap:
        """That objects of this kind could not be read."""
        return Gap(reason, what, kind=self.kind, group="" if _NAMES[self.kind] == 1 else self.group)


_V1 = ("v1",)
_ADMISSION = "admissionregistration.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_POLICY_API = "policy.networking.k8s.io"
_GATEWAY = "gateway.networking.k8s.io"
_CALICO = "projectcalico.org"
_SEAWALL = "seawall.dev"

KINDS: tuple[Kind, ...] = (
    Kind("", _V1, "Pod", "pods", True, Pod),
    Kind("apps", ("v1", "v1beta2", "v1beta1"), "Deployment", "deployments", True, workload.Deployment),
    Kind("apps", ("v1", "v1beta2"), "ReplicaSet", "replicasets", True, workload.ReplicaSet),
    Kind("apps", ("v1", "v1beta2", "v1beta1"), "StatefulSet", "statefulsets", True, workload.StatefulSet),
    Kind("apps", ("v1", "v1beta2"), "DaemonSet", "daemonsets", True, workload.DaemonSet),
    Kind("", _V1, "ReplicationController", "replicationcontrollers", True, workload.ReplicationController),
    Kind("batch", _V1, "Job", "jobs", True, workload.Job),
    Kind("batch", ("v1", "v1beta1", "v2alpha1"), "CronJob", "cronjobs", True, workload.CronJob),
    Kind("", _V1, "PodTemplate", "podtemplates", True, workload.PodTemplateObject),
    Kind("argoproj.io", ("v1alpha1",), "Rollout", "rollouts", True, workload.Rollout, True),
    Kind("apps.kruise.io", ("v1alpha1",), "CloneSet", "clonesets", True, workload.CloneSet, True),
    Kind("", _V1, "Namespace", "namespaces", False, cluster.Namespace),
    Kind("", _V1, "Node", "nodes", False, cluster.Node),
    Kind("", _V1, "Service", "services", True, network.Service),
    Kind("discovery.k8s.io", ("v1", "v1beta1"), "EndpointSlice", "endpointslices", True, network.EndpointSlice),
    Kind("networking.k8s.io", ("v1", "v1beta1"), "Ingress", "ingresses", True, network.Ingress),
    Kind("networking.k8s.io", ("v1", "v1beta1"), "IngressClass", "ingressclasses", False, network.IngressClass),
    Kind("networking.k8s.io", _V1, "NetworkPolicy", "networkpolicies", True, network.NetworkPolicy),
    Kind(_GATEWAY, ("v1", "v1beta1"), "Gateway", "gateways", True, network.Gateway, True),
    Kind(_GATEWAY, ("v1", "v1beta1"), "GatewayClass", "gatewayclasses", False, network.GatewayClass, True),
    Kind(_GATEWAY, ("v1", "v1beta1"), "HTTPRoute", "httproutes", True, network.Route, True),
    Kind(_GATEWAY, ("v1", "v1alpha2"), "GRPCRoute", "grpcroutes", True, network.Route, True),
    Kind(_GATEWAY, ("v1", "v1alpha3", "v1alpha2"), "TLSRoute", "tlsroutes", True, network.Route, True),
    Kind(_GATEWAY, ("v1alpha2",), "TCPRoute", "tcproutes", True, network.Route, True),
    Kind(_GATEWAY, ("v1alpha2",), "UDPRoute", "udproutes", True, network.Route, True),
    Kind(_GATEWAY, ("v1", "v1beta1"), "ReferenceGrant", "referencegrants", True, network.ReferenceGrant, True),
    Kind(
        _POLICY_API,
        ("v1alpha2",),
        "ClusterNetworkPolicy",
        "clusternetworkpolicies",
        False,
        network.ClusterNetworkPolicy,
        True,
    ),
    Kind(
        _POLICY_API,
        ("v1alpha1",),
        "AdminNetworkPolicy",
        "adminnetworkpolicies",
        False,
        network.AdminNetworkPolicy,
        True,
    ),
    Kind(
        _POLICY_API,
        ("v1alpha1",),
        "BaselineAdminNetworkPolicy",
        "baselineadminnetworkpolicies",
        False,
        network.BaselineAdminNetworkPolicy,
        True,
    ),
    Kind(_SEAWALL, ("v1alpha1",), "PolicyDraft", "policydrafts", True, network.PolicyDraft, True),
    Kind(_SEAWALL, ("v1alpha1",), "ClusterPolicyDraft", "clusterpolicydrafts", False, network.PolicyDraft, True),
    Kind(_CALICO, ("v3",), "NetworkPolicy", "networkpolicies", True, network.CalicoPolicy, True),
    Kind(_CALICO, ("v3",), "GlobalNetworkPolicy", "globalnetworkpolicies", False, network.CalicoPolicy, True),
    Kind(_CALICO, ("v3",), "StagedNetworkPolicy", "stagednetworkpolicies", True, network.CalicoPolicy, True),
    Kind(
        _CALICO, ("v3",), "StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies", False, network.CalicoPolicy, True
    ),
    Kind(
        _CALICO,
        ("v3",),
        "StagedKubernetesNetworkPolicy",
        "stagedkubernetesnetworkpolicies",
        True,
        network.CalicoPolicy,
        True,
    ),
    Kind(_CALICO, ("v3",), "Tier", "tiers", False, network.CalicoTier, True),
    Kind(_CALICO, ("v3",), "NetworkSet", "networksets", True, network.CalicoNetworkSet, True),
    Kind(_CALICO, ("v3",), "GlobalNetworkSet", "globalnetworksets", False, network.CalicoNetworkSet, True),
    Kind(_CALICO, ("v3",), "HostEndpoint", "hostendpoints", False, network.CalicoHostEndpoint, True),
    Kind("cilium.io", ("v2",), "CiliumNetworkPolicy", "ciliumnetworkpolicies", True, network.CiliumPolicy, True),
    Kind(
        "cilium.io",
        ("v2",),
        "CiliumClusterwideNetworkPolicy",
        "ciliumclusterwidenetworkpolicies",
        False,
        network.CiliumPolicy,
        True,
    ),
    Kind("cilium.io", ("v2", "v2alpha1"), "CiliumCIDRGroup", "ciliumcidrgroups", False, network.CiliumCIDRGroup, True),
    Kind(_RBAC, ("v1", "v1beta1"), "Role", "roles", True, access.Role),
    Kind(_RBAC, ("v1", "v1beta1"), "ClusterRole", "clusterroles", False, access.ClusterRole),
    Kind(_RBAC, ("v1", "v1beta1"), "RoleBinding", "rolebindings", True, access.RoleBinding),
    Kind(_RBAC, ("v1", "v1beta1"), "ClusterRoleBinding", "clusterrolebindings", False, access.ClusterRoleBinding),
    Kind("", _V1, "ServiceAccount", "serviceaccounts", True, access.ServiceAccount),
    Kind(
        "certificates.k8s.io",
        _V1,
        "CertificateSigningRequest",
        "certificatesigningrequests",
        False,
        access.CertificateSigningRequest,
    ),
    Kind("", _V1, "Secret", "secrets", True, config.Secret),
    Kind("", _V1, "ConfigMap", "configmaps", True, config.ConfigMap),
    Kind("", _V1, "ResourceQuota", "resourcequotas", True, cluster.ResourceQuota),
    Kind("", _V1, "LimitRange", "limitranges", True, cluster.LimitRange),
    Kind("policy", ("v1", "v1beta1"), "PodDisruptionBudget", "poddisruptionbudgets", True, cluster.PodDisruptionBudget),
    Kind("policy", ("v1beta1",), "PodSecurityPolicy", "podsecuritypolicies", False, cluster.PodSecurityPolicy, True),
    Kind(
        "autoscaling",
        ("v2", "v1", "v2beta2"),
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        True,
        cluster.HorizontalPodAutoscaler,
    ),
    Kind("scheduling.k8s.io", _V1, "PriorityClass", "priorityclasses", False, cluster.PriorityClass),
    Kind("node.k8s.io", ("v1", "v1beta1"), "RuntimeClass", "runtimeclasses", False, cluster.RuntimeClass),
    Kind("", _V1, "PersistentVolume", "persistentvolumes", False, cluster.PersistentVolume),
    Kind("", _V1, "PersistentVolumeClaim", "persistentvolumeclaims", True, cluster.PersistentVolumeClaim),
    Kind("storage.k8s.io", ("v1", "v1beta1"), "StorageClass", "storageclasses", False, cluster.StorageClass),
    Kind("storage.k8s.io", ("v1", "v1beta1"), "CSIDriver", "csidrivers", False, cluster.CSIDriver),
    Kind("storage.k8s.io", ("v1", "v1beta1"), "VolumeAttachment", "volumeattachments", False, cluster.VolumeAttachment),
    Kind(
        "resource.k8s.io",
        ("v1", "v1beta2", "v1beta1"),
        "ResourceSlice",
        "resourceslices",
        False,
        cluster.ResourceSlice,
        True,
    ),
    Kind(
        _ADMISSION,
        ("v1", "v1beta1"),
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        False,
        cluster.WebhookConfiguration,
    ),
    Kind(
        _ADMISSION,
        ("v1", "v1beta1"),
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        False,
        cluster.WebhookConfiguration,
    ),
    Kind(
        _ADMISSION,
        ("v1", "v1beta1", "v1alpha1"),
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        False,
        cluster.AdmissionPolicy,
    ),
    Kind(
        _ADMISSION,
        ("v1", "v1beta1", "v1alpha1"),
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        False,
        cluster.AdmissionPolicyBinding,
    ),
    Kind(
        _ADMISSION,
        ("v1", "v1beta1", "v1alpha1"),
        "MutatingAdmissionPolicy",
        "mutatingadmissionpolicies",
        False,
        cluster.AdmissionPolicy,
        True,
    ),
    Kind(
        _ADMISSION,
        ("v1", "v1beta1", "v1alpha1"),
        "MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
        False,
        cluster.AdmissionPolicyBinding,
        True,
    ),
    Kind("apiregistration.k8s.io", _V1, "APIService", "apiservices", False, cluster.APIService),
    Kind(
        "apiextensions.k8s.io",
        ("v1", "v1beta1"),
        "CustomResourceDefinition",
        "customresourcedefinitions",
        False,
        cluster.CustomResourceDefinition,
    ),
)

# Kinds that moved: the same objects under the group where they lived before.
_MOVED: dict[tuple[str, str], tuple[str, str]] = {
    ("extensions", "Deployment"): ("apps", "Deployment"),
    ("extensions", "ReplicaSet"): ("apps", "ReplicaSet"),
    ("extensions", "DaemonSet"): ("apps", "DaemonSet"),
    ("extensions", "Ingress"): ("networking.k8s.io", "Ingress"),
    ("extensions", "NetworkPolicy"): ("networking.k8s.io", "NetworkPolicy"),
    ("extensions", "PodSecurityPolicy"): ("policy", "PodSecurityPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"): (_CALICO, "NetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): (_CALICO, "GlobalNetworkPolicy"),
    ("crd.projectcalico.org", "StagedNetworkPolicy"): (_CALICO, "StagedNetworkPolicy"),
    ("crd.projectcalico.org", "StagedGlobalNetworkPolicy"): (_CALICO, "StagedGlobalNetworkPolicy"),
    ("crd.projectcalico.org", "StagedKubernetesNetworkPolicy"): (_CALICO, "StagedKubernetesNetworkPolicy"),
    ("crd.projectcalico.org", "Tier"): (_CALICO, "Tier"),
    ("crd.projectcalico.org", "NetworkSet"): (_CALICO, "NetworkSet"),
    ("crd.projectcalico.org", "GlobalNetworkSet"): (_CALICO, "GlobalNetworkSet"),
    ("crd.projectcalico.org", "HostEndpoint"): (_CALICO, "HostEndpoint"),
}

_BY_NAME: dict[tuple[str, str], Kind] = {(kind.group, kind.kind): kind for kind in KINDS}
_BY_NAME |= {old: _BY_NAME[new] for old, new in _MOVED.items()}
_NAMES = Counter(kind.kind for kind in KINDS)


def kind_of(api_version: str, kind: str) -> Kind | None:
    """The row of an object's `apiVersion` and `kind`; None for a kind that Seawall does not know."""
    group, slash, _ = api_version.rpartition("/")
    return _BY_NAME.get((group if slash else "", kind))
