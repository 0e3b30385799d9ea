"""Namespace without a quota.

What: a namespace that holds workloads has no ResourceQuota.
Why: one team, or one stolen credential, can use up the cluster.
Severity: info, because it costs availability and money.
Fix: add a ResourceQuota.
Limits: what a quota allows is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import SYSTEM_NAMESPACES, namespaces_with_quota, workloads_by_namespace
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "namespace/missing-quota",
    on=Namespace,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1496"),
    ),
)
def missing_quota(namespace: Namespace, context: Context) -> Iterator[Hit]:
    if namespace.name in SYSTEM_NAMESPACES or namespace.name not in context.index(workloads_by_namespace):
        return
    if namespace.name not in context.index(namespaces_with_quota):
        yield Hit("metadata.name")
