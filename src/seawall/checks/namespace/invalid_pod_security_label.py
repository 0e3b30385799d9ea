"""Pod Security label that is none.

What: a Pod Security label of a namespace has a value that the API server does not know.
Why: the API server then takes the strictest level for a level and the newest version for a version, with a warning that nobody reads; the intent is lost.
Severity: high, because what is enforced is not what was written.
Fix: write `privileged`, `baseline` or `restricted`, and `latest` or `v1.x`.
Limits: none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import Namespace
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP

_VERSION = re.compile(r"latest|v1\.(0|[1-9]\d*)")


@check(
    "namespace/invalid-pod-security-label",
    on=Namespace,
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.2.1"),
        NSA("pod-security"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def invalid_pod_security_label(namespace: Namespace, context: Context) -> Iterator[Hit]:
    for mode in ("enforce", "audit", "warn"):
        key = f"pod-security.kubernetes.io/{mode}"
        level, version = namespace.labels.get(key), namespace.labels.get(f"{key}-version")
        if level is not None and level not in ("privileged", "baseline", "restricted"):
            yield Hit(f"metadata.labels.{key}", message=level)
        if version is not None and not _VERSION.fullmatch(version):
            yield Hit(f"metadata.labels.{key}-version", message=version)
