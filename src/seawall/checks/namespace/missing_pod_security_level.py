"""Namespace without a Pod Security level.

What: a namespace that holds workloads enforces no level of the Pod Security Standards.
Why: whoever may create pods in it may create privileged ones.
Severity: medium, because admission of another kind may stand in its place.
Fix: label it `pod-security.kubernetes.io/enforce: baseline`; `seawall pss advise` says what it already meets.
Automatic: safe, because the level is one that all workloads read in the namespace meet; there is none where they meet none. What others put there was not read.
Limits: the API server may have a default level; other admission is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.admit.pss import LATEST, Level, measure
from seawall.checks._indexes import SYSTEM_NAMESPACES, workloads_by_namespace
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.spi.check import MEDIUM, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP

_ENFORCE = "pod-security.kubernetes.io/enforce"


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
    workloads = context.index(workloads_by_namespace).get(namespace.name)
    if namespace.name in SYSTEM_NAMESPACES or not workloads or _ENFORCE in namespace.labels:
        return
    level, _ = measure(workloads, LATEST)
    fix = None if level is Level.PRIVILEGED else Set(level.value, safe=True)
    yield Hit("metadata.labels", message="no enforce label", fix=fix, fix_path=f"metadata.labels.{_ENFORCE}")
