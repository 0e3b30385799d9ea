"""The RBAC that a contract asks for: for each team a role over the policies of its tiers in its namespaces, and bindings of its members.

Kubernetes knows no tiers. The kinds of the admin and baseline tiers are resources of their own, except that one ClusterNetworkPolicy may be in
either; a role can not tell those apart, and the contract's check must. Calico's API server authorizes a policy as `TIER.NAME` of the
resource `tier.networkpolicies` (https://docs.tigera.io/calico/latest/network-policy/policy-tiers/rbac-tiered-policies).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, get_args

from seawall.policy.contract import Contract, Team

Dialect = Literal["kubernetes", "cluster", "admin", "calico", "cilium"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
WRITE = ("create", "update", "patch", "delete")
_EVERY = ("get", "list", "watch", *WRITE)
_RBAC = "rbac.authorization.k8s.io"


class TierResource(NamedTuple):
    """A resource whose objects are policies of a tier."""

    group: str
    resource: str
    namespaced: bool
    names: tuple[str, ...] = ()


_BUILT_IN: dict[str, dict[Dialect, tuple[TierResource, ...]]] = {
    "admin": {
        "cluster": (TierResource("policy.networking.k8s.io", "clusternetworkpolicies", False),),
        "admin": (TierResource("policy.networking.k8s.io", "adminnetworkpolicies", False),),
    },
    "default": {
        "kubernetes": (TierResource("networking.k8s.io", "networkpolicies", True),),
        "cilium": (
            TierResource("cilium.io", "ciliumnetworkpolicies", True),
            TierResource("cilium.io", "ciliumclusterwidenetworkpolicies", False),
        ),
    },
    "baseline": {
        "cluster": (TierResource("policy.networking.k8s.io", "clusternetworkpolicies", False),),
        "admin": (TierResource("policy.networking.k8s.io", "baselineadminnetworkpolicies", False),),
    },
}


def resources_of(tier: str, dialects: Iterable[Dialect]) -> Iterator[TierResource]:
    """The resources whose objects are policies of `tier`, in these dialects."""
    for dialect in dialects:
        yield from _BUILT_IN.get(tier, {}).get(dialect, ())
        if dialect == "calico" and tier not in ("admin", "baseline"):
            for kind, namespaced in (("networkpolicies", True), ("globalnetworkpolicies", False)):
                for staged in ("", "staged"):
                    yield TierResource("projectcalico.org", f"tier.{staged}{kind}", namespaced, (f"{tier}.*",))


def team_roles(contract: Contract, namespaces: Sequence[str], dialects: Sequence[Dialect]) -> Iterator[dict[str, Any]]:
    """Roles and bindings for every team of the contract in those of `namespaces` that are its own; ClusterRoles where it may change what belongs to none."""
    for team in contract.teams:
        subjects = _subjects(team)
        if not subjects:
            continue
        name = f"seawall:policies:{team.name}"
        resources = [one for tier in team.tiers for one in resources_of(tier, dialects)]
        local = _rules([one for one in resources if one.namespaced])
        if local:
            for namespace in filter(team.owns, namespaces):
                yield _role("Role", name, namespace, local)
                yield _binding("RoleBinding", "Role", name, namespace, subjects)
        general = _rules([one for one in resources if not one.namespaced]) if team.cluster else []
        if "calico" in dialects:
            general += _calico_tiers(team)
        if general:
            yield _role("ClusterRole", name, "", general)
            yield _binding("ClusterRoleBinding", "ClusterRole", name, "", subjects)


def _rules(resources: Sequence[TierResource]) -> list[dict[str, Any]]:
    """One rule for each API group and set of names."""
    found: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
    for one in resources:
        found.setdefault((one.group, one.names), {})[one.resource] = None
    return [
        {"apiGroups": [group], "resources": list(named), "verbs": list(_EVERY)}
        | ({"resourceNames": list(names)} if names else {})
        for (group, names), named in found.items()
    ]


def _calico_tiers(team: Team) -> list[dict[str, Any]]:
    """Calico wants to see that whoever edits a policy may read its tier."""
    named = [tier for tier in team.tiers if tier not in ("admin", "baseline")]
    if not named:
        return []
    return [{"apiGroups": ["projectcalico.org"], "resources": ["tiers"], "resourceNames": named, "verbs": ["get"]}]


def _subjects(team: Team) -> list[dict[str, str]]:
    found = [{"kind": "Group", "name": name, "apiGroup": _RBAC} for name in team.groups]
    found += [{"kind": "User", "name": name, "apiGroup": _RBAC} for name in team.users]
    for account in team.service_accounts:
        namespace, _, name = account.partition("/")
        found.append({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    return found


def _metadata(name: str, namespace: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "seawall"}
    return {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels}


def _role(kind: str, name: str, namespace: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": _metadata(name, namespace), "rules": rules}


def _binding(kind: str, role: str, name: str, namespace: str, subjects: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": _metadata(name, namespace),
        "roleRef": {"apiGroup": _RBAC, "kind": role, "name": name},
        "subjects": subjects,
    }
