"""Indexes over a Cluster that several checks ask; `context.index` builds each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from seawall.model.cluster.access_kinds import ServiceAccount
from seawall.model.cluster.cluster_kinds import (
    HorizontalPodAutoscaler,
    PersistentVolumeClaim,
    PodDisruptionBudget,
    ResourceQuota,
)
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.selector import LabelSelector, Requirement
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload


def accounts_by_name(cluster: Cluster) -> Mapping[tuple[str, str], ServiceAccount]:
    """Service accounts by (namespace, name)."""
    return {(account.namespace, account.name): account for account in cluster.service_accounts}


def autoscaled(cluster: Cluster) -> frozenset[tuple[str, str, str]]:
    """(namespace, kind, name) of what an autoscaler scales."""
    targets = ((one.namespace, one.spec.get("scaleTargetRef") or {}) for one in cluster.of(HorizontalPodAutoscaler))
    return frozenset(
        (namespace, str(target.get("kind", "")), str(target.get("name", ""))) for namespace, target in targets
    )


def budgets(cluster: Cluster) -> Mapping[str, list[LabelSelector]]:
    """Selectors of disruption budgets by namespace; those that the API server refuses select nothing."""
    found: dict[str, list[LabelSelector]] = defaultdict(list)
    for budget in cluster.of(PodDisruptionBudget):
        selector = selector_of(budget.spec.get("selector"))
        if selector is not None:
            found[budget.namespace].append(selector)
    return found


def selector_of(raw: object) -> LabelSelector | None:
    """A selector that stands in an object kept as JSON; None where there is none or the API server would refuse it."""
    if not isinstance(raw, dict):
        return None
    labels = raw.get("matchLabels") or {}
    expressions = raw.get("matchExpressions") or []
    if not isinstance(labels, dict) or not isinstance(expressions, list):
        return None
    requirements = tuple(
        Requirement(
            str(one.get("key", "")),
            str(one.get("operator", "")),
            tuple(str(value) for value in one.get("values") or ()),
        )
        for one in expressions
        if isinstance(one, dict)
    )
    selector = LabelSelector({str(key): str(value) for key, value in labels.items()}, requirements)
    return None if selector.problem() else selector


def workloads_by_namespace(cluster: Cluster) -> Mapping[str, list[Workload]]:
    """Workloads by namespace."""
    found: dict[str, list[Workload]] = defaultdict(list)
    for workload in cluster.workloads:
        found[workload.namespace].append(workload)
    return found


class Labelled:
    """Workloads by namespace and label, so that those a selector picks are found without looking at all."""

    def __init__(self, cluster: Cluster) -> None:
        self._by_label: dict[tuple[str, str, str], list[Workload]] = defaultdict(list)
        self._by_namespace = workloads_by_namespace(cluster)
        for workload in cluster.workloads:
            for key, value in workload.labels.items():
                self._by_label[workload.namespace, key, value].append(workload)

    def picked(self, namespace: str, selector: LabelSelector) -> list[Workload]:
        """The workloads of `namespace` that `selector` matches, in order."""
        wanted = next(iter(selector.match_labels.items()), None)
        near = self._by_namespace.get(namespace, []) if wanted is None else self._by_label.get((namespace, *wanted), [])
        return [workload for workload in near if selector.matches(workload.labels)]


def services_by_namespace(cluster: Cluster) -> Mapping[str, list[Service]]:
    """Services by namespace."""
    found: dict[str, list[Service]] = defaultdict(list)
    for service in cluster.services:
        found[service.namespace].append(service)
    return found


SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""What the control plane itself makes."""


def namespaces_with_quota(cluster: Cluster) -> frozenset[str]:
    """Namespaces that hold a ResourceQuota."""
    return frozenset(quota.namespace for quota in cluster.of(ResourceQuota))


def claims_by_namespace(cluster: Cluster) -> Mapping[str, frozenset[str]]:
    """Names of persistent volume claims by namespace."""
    found: dict[str, set[str]] = defaultdict(set)
    for claim in cluster.of(PersistentVolumeClaim):
        found[claim.namespace].add(claim.name)
    return {namespace: frozenset(names) for namespace, names in found.items()}
