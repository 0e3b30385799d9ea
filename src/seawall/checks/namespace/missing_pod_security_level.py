"""Namespace without a Pod Security level.

What: a namespace that holds workloads enforces no level of the Pod Security Standards.
Why: whoever may create pods in it may create privileged ones.
Severity: medium, because admission of another kind may stand in its place.
Fix: label it `pod-security.kubernetes.io/enforce: baseline`; `seawall pss advise` says what it already meets.
Limits: the API server may have a default level; other admission is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import SYSTEM_NAMESPACES, workloads_by_namespace
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "namespace/missing-pod-security-level",
    on=Namespace,
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.2.1"),
        NSA("pod-security"),
        OWASP("K04"),
        ATTACK("T1610"),
    ),
)
def missing_pod_security_level(namespace: Namespace, context: Context) -> Iterator[Hit]:
    if namespace.name in SYSTEM_NAMESPACES or namespace.name not in context.index(workloads_by_namespace):
        return
    if "pod-security.kubernetes.io/enforce" not in namespace.labels:
        yield Hit("metadata.labels", message="no enforce label")
