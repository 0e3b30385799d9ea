"""Namespace that enforces nothing.

What: a namespace enforces the level `privileged`.
Why: whoever may create pods in it may create privileged ones.
Severity: medium, because node agents need such a namespace; others do not.
Fix: enforce `baseline`, or keep only node agents in it.
Automatic: unsafe, because pods that need more than `baseline` are refused when they are made anew.
Limits: system namespaces are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import SYSTEM_NAMESPACES
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.spi.check import MEDIUM, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "namespace/privileged-level",
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
def privileged_level(namespace: Namespace, context: Context) -> Iterator[Hit]:
    key = "pod-security.kubernetes.io/enforce"
    if namespace.labels.get(key) == "privileged" and namespace.name not in SYSTEM_NAMESPACES:
        yield Hit(f"metadata.labels.{key}", fix=Set("baseline"))
