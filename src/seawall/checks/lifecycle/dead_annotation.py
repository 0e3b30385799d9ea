"""Annotation that Kubernetes no longer reads.

What: an annotation of an alpha or beta feature is still written, and a field has taken its place.
Why: those that are dead have no effect (a seccomp profile asked for so is not applied); those that are deprecated will have none.
Severity: low, because a field says the same; medium where what the annotation asks for is protection that no longer comes.
Fix: write the field instead.
Limits: annotations of the project itself; those of controllers are theirs.
References: https://kubernetes.io/docs/reference/labels-annotations-taints/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seawall.checks.lifecycle._api_versions import meant_for
from seawall.model.cluster.cluster_kinds import PersistentVolume, PersistentVolumeClaim
from seawall.model.cluster.network_kinds import Ingress, Service
from seawall.model.cluster.version import Minor
from seawall.model.cluster.workload import Workload
from seawall.model.finding import Severity
from seawall.spi.check import LOW, MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


class _Annotation(NamedTuple):
    """`since` is the first minor where it is deprecated or dead, `instead` the field that says the same."""

    since: Minor
    dead: bool
    instead: str
    severity: Severity = LOW


_SECCOMP = _Annotation(Minor(1, 27), True, "securityContext.seccompProfile", MEDIUM)
_KNOWN = {
    "seccomp.security.alpha.kubernetes.io/pod": _SECCOMP,
    "scheduler.alpha.kubernetes.io/critical-pod": _Annotation(Minor(1, 16), True, "priorityClassName"),
    "scheduler.alpha.kubernetes.io/affinity": _Annotation(Minor(1, 8), True, "affinity"),
    "scheduler.alpha.kubernetes.io/tolerations": _Annotation(Minor(1, 8), True, "tolerations"),
    "pod.alpha.kubernetes.io/init-containers": _Annotation(Minor(1, 8), True, "initContainers"),
    "pod.beta.kubernetes.io/init-containers": _Annotation(Minor(1, 8), True, "initContainers"),
    "volume.beta.kubernetes.io/storage-class": _Annotation(Minor(1, 9), False, "spec.storageClassName"),
    "kubernetes.io/ingress.class": _Annotation(Minor(1, 18), False, "spec.ingressClassName"),
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": _Annotation(
        Minor(1, 24), True, "spec.publishNotReadyAddresses"
    ),
    "service.kubernetes.io/topology-aware-hints": _Annotation(Minor(1, 27), False, "spec.trafficDistribution"),
}
_PREFIXES = {
    "container.seccomp.security.alpha.kubernetes.io/": _SECCOMP,
    "container.apparmor.security.beta.kubernetes.io/": _Annotation(
        Minor(1, 30), False, "securityContext.appArmorProfile"
    ),
}


@check(
    "lifecycle/dead-annotation",
    on=(Workload, PersistentVolumeClaim, PersistentVolume, Ingress, Service),
    severity=LOW,
    since="0.1",
    maps=(NSA("upgrading"), OWASP("K07")),
)
def dead_annotation(
    thing: Workload | PersistentVolumeClaim | PersistentVolume | Ingress | Service, context: Context
) -> Iterator[Hit]:
    for key in thing.metadata.annotations:
        known = _KNOWN.get(key) or next((one for prefix, one in _PREFIXES.items() if key.startswith(prefix)), None)
        if known is not None and meant_for(context) >= known.since:
            path = f"metadata.annotations.{key}"
            if isinstance(thing, Workload):
                path = thing.at_metadata(f"annotations.{key}")
            said = "has had no effect" if known.dead else "is deprecated"
            yield Hit(path, f"{key} {said} since {known.since}: use {known.instead}", key=key, severity=known.severity)
