"""What several checks of roles ask."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.access_kinds import ClusterRole, PolicyRule, Role, RoleBinding
from seawall.model.cluster.snapshot import Cluster

BUILT_IN = "kubernetes.io/bootstrapping"
"""The label of what the API server itself makes and keeps."""


def rules_of(role: Role | ClusterRole) -> Iterator[tuple[int, PolicyRule]]:
    """The rules that somebody wrote, with their index: none of built-in roles, nor of those that are aggregated from others."""
    if BUILT_IN in role.labels or (isinstance(role, ClusterRole) and role.aggregation_rule is not None):
        return iter(())
    return enumerate(role.rules)


def grants(rule: PolicyRule, verbs: tuple[str, ...], group: str, resource: str) -> bool:
    """Whether `rule` grants any of `verbs` on all objects of a resource (`pods/exec` for a subresource).

    Rules with wildcards for verbs and resources are left to `access/wildcard-rule`, those that name objects are left out.
    """
    if rule.resource_names or ("*" in rule.verbs and "*" in rule.resources):
        return False
    if not (group in rule.api_groups or "*" in rule.api_groups):
        return False
    _, _, subresource = resource.partition("/")
    named = (
        resource in rule.resources or "*" in rule.resources or (subresource and f"*/{subresource}" in rule.resources)
    )
    return bool(named) and ("*" in rule.verbs or any(verb in rule.verbs for verb in verbs))


def roles_by_name(cluster: Cluster) -> frozenset[tuple[str, str, str]]:
    """(namespace, kind, name) of every role; the namespace is "" for cluster roles."""
    roles = {(role.namespace, "Role", role.name) for role in cluster.roles}
    return frozenset(roles | {("", "ClusterRole", role.name) for role in cluster.cluster_roles})


def bound_roles(cluster: Cluster) -> frozenset[tuple[str, str]]:
    """(namespace, name) of every Role that a binding names."""
    return frozenset(
        (binding.namespace, binding.role_ref.name)
        for binding in cluster.of(RoleBinding)
        if binding.role_ref.kind == "Role"
    )
