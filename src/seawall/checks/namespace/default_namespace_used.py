"""Workload in the default namespace.

What: a workload lives in the namespace `default`.
Why: rights, policies and quotas of a team cannot be kept apart there, and what is applied by mistake lands there too.
Severity: low, because it is a habit more than a hole.
Fix: give each application a namespace.
Limits: objects without a namespace land in whatever the context says, `default` mostly; in files they are not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "namespace/default-namespace-used",
    on=Workload,
    severity=LOW,
    since="0.1",
    maps=(
        CIS("1.8..1.10", "5.7.4"),
        CIS("1.11..1.12", "5.6.4"),
        NSA("network"),
        OWASP("K04"),
        ATTACK("T1610"),
    ),
)
def default_namespace_used(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.namespace == "default":
        yield Hit("metadata.namespace", message="default")
