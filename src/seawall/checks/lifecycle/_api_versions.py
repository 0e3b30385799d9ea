"""From when to when Kubernetes serves a version of a kind.

Facts: the lifecycle that `k8s.io/api`, `k8s.io/kube-aggregator` and `k8s.io/apiextensions-apiserver` declare for each type (v0.29.2 for what was deleted since, v0.36.3 for all others), and the
deprecated API migration guide of kubernetes.io for what replaces it and whether its fields stayed the same ("no notable changes"). PodSecurityPolicy is left to `admission/pod-security-policy`.
"""

from __future__ import annotations

from typing import NamedTuple

from seawall.model.cluster.version import Minor, parse_version
from seawall.spi.check import Context


class Lifecycle(NamedTuple):
    """`replacement` is the version that took over ("" where none did), `same` says that the same fields mean the same there."""

    deprecated: Minor
    removed: Minor
    replacement: str
    same: bool


NEWEST = Minor(1, 37)
"""The newest minor that these facts are about; what is meant for no version in particular is judged by it."""

# apiVersion, kinds, deprecated, removed, replacement (a leading = where the fields stayed the same).
_TABLE = """
extensions/v1beta1 DaemonSet,Deployment,ReplicaSet 1.8 1.16 apps/v1
extensions/v1beta1 NetworkPolicy 1.9 1.16 =networking.k8s.io/v1
extensions/v1beta1 Ingress 1.14 1.22 networking.k8s.io/v1
apps/v1beta1 Deployment,StatefulSet 1.8 1.16 apps/v1
apps/v1beta2 DaemonSet,Deployment,ReplicaSet,StatefulSet 1.9 1.16 apps/v1
networking.k8s.io/v1beta1 Ingress 1.19 1.22 networking.k8s.io/v1
networking.k8s.io/v1beta1 IngressClass 1.19 1.22 =networking.k8s.io/v1
admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration,ValidatingWebhookConfiguration 1.16 1.22 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicy,ValidatingAdmissionPolicyBinding 1.29 1.32 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicy,ValidatingAdmissionPolicyBinding 1.31 1.34 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicy,MutatingAdmissionPolicyBinding 1.35 1.38 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicy,MutatingAdmissionPolicyBinding 1.37 1.40 admissionregistration.k8s.io/v1
apiextensions.k8s.io/v1beta1 CustomResourceDefinition 1.16 1.22 apiextensions.k8s.io/v1
apiregistration.k8s.io/v1beta1 APIService 1.19 1.22 =apiregistration.k8s.io/v1
certificates.k8s.io/v1beta1 CertificateSigningRequest 1.19 1.22 certificates.k8s.io/v1
rbac.authorization.k8s.io/v1beta1 ClusterRole,ClusterRoleBinding,Role,RoleBinding 1.17 1.22 =rbac.authorization.k8s.io/v1
scheduling.k8s.io/v1beta1 PriorityClass 1.14 1.22 =scheduling.k8s.io/v1
storage.k8s.io/v1beta1 CSIDriver,StorageClass,VolumeAttachment 1.19 1.22 =storage.k8s.io/v1
batch/v1beta1 CronJob 1.21 1.25 =batch/v1
discovery.k8s.io/v1beta1 EndpointSlice 1.21 1.25 discovery.k8s.io/v1
policy/v1beta1 PodDisruptionBudget 1.21 1.25 policy/v1
node.k8s.io/v1beta1 RuntimeClass 1.22 1.25 =node.k8s.io/v1
autoscaling/v2beta1 HorizontalPodAutoscaler 1.22 1.25 autoscaling/v2
autoscaling/v2beta2 HorizontalPodAutoscaler 1.23 1.26 =autoscaling/v2
resource.k8s.io/v1beta1 ResourceSlice 1.35 1.38 resource.k8s.io/v1
resource.k8s.io/v1beta2 ResourceSlice 1.36 1.39 resource.k8s.io/v1
"""


def _read() -> dict[tuple[str, str], Lifecycle]:
    found: dict[tuple[str, str], Lifecycle] = {}
    for line in filter(None, _TABLE.splitlines()):
        version, kinds, deprecated, removed, replacement = line.split()
        lifecycle = Lifecycle(_minor(deprecated), _minor(removed), replacement.lstrip("="), replacement.startswith("="))
        for kind in kinds.split(","):
            found[version, kind] = lifecycle
    return found


def _minor(text: str) -> Minor:
    version = parse_version(text)
    assert version is not None
    return version.minor


LIFECYCLES = _read()
"""By `apiVersion` and kind; a version that is not here is neither deprecated nor removed."""


def meant_for(context: Context) -> Minor:
    """The minor that the objects must work with: the one that was asked for, the cluster's own, or the newest that is known."""
    version = parse_version(context.kubernetes)
    return version.minor if version is not None else NEWEST
