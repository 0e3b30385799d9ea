"""Which versions of Kubernetes' own APIs are alpha or beta."""

from __future__ import annotations

import re
from functools import cache

BUILT_IN = frozenset(
    (
        "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io", "authorization.k8s.io",
        "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions",
        "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io",
        "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
    )
)  # fmt: skip
"""Groups that the API server itself serves; the versions of others are their owners' affair."""

_UNSTABLE = re.compile(r"v\d+(alpha|beta)\d+")


@cache
def stability(api_version: str) -> str:
    """`alpha` or `beta` for a version of a built-in group that is (`batch/v1beta1`); "" for all others."""
    group, _, version = api_version.rpartition("/")
    match = _UNSTABLE.fullmatch(version)
    return match[1] if match is not None and group in BUILT_IN else ""
