"""Policies that a reader may not see, in rows that they may: the verdict is theirs to know, whose policy gave it is not."""

from __future__ import annotations

from typing import Any

from seawall.app.principals import sees, sees_cluster
from seawall.model.event.read_scope import ReadScope

HIDDEN = "a policy that you may not see"
_DECIDERS = {
    "model_policy": "model_rule",
    "egress_policy": "egress_rule",
    "ingress_policy": "ingress_rule",
    "staged_policy": "",
}
"""Fields that name a policy, as `Kind namespace/name`, and the field of its rule."""
POLICY_FIELDS = frozenset(_DECIDERS)


def may_see(scope: ReadScope, cluster: str, policy: str) -> bool:
    """Whether a policy of that name (`Kind namespace/name`, `Kind name` for one of no namespace) may be shown."""
    namespace, slash, _ = policy.partition(" ")[2].partition("/")
    return sees(scope, cluster, namespace if slash else "")


def may_see_somewhere(scope: ReadScope, policy: str) -> bool:
    """Whether a policy's name may be shown where the cluster is not said: of any that the reader sees a part of."""
    return scope.all_clusters or any(
        may_see(scope, cluster, policy) for cluster in {*scope.clusters, *(one for one, _ in scope.namespaces)}
    )


def veiled(row: dict[str, Any], scope: ReadScope) -> dict[str, Any]:
    """The row (with its `cluster`) as the reader may see it. Why a verdict is unknown names policies in words, so it goes with them."""
    cluster = row["cluster"]
    if sees_cluster(scope, cluster):
        return row
    shown = dict(row)
    for policy, rule in _DECIDERS.items():
        if shown.get(policy) and not may_see(scope, cluster, shown[policy]):
            shown[policy] = HIDDEN
            if rule in shown:
                shown[rule] = ""
    if shown.get("model_reason"):
        shown["model_reason"] = HIDDEN
    return shown
