"""Which admission policies are bound."""

from __future__ import annotations

from seawall.model.cluster.cluster_kinds import AdmissionPolicyBinding
from seawall.model.cluster.snapshot import Cluster


def bound_policies(cluster: Cluster) -> frozenset[str]:
    """Names of the policies that a binding names."""
    return frozenset(str(binding.spec.get("policyName", "")) for binding in cluster.of(AdmissionPolicyBinding))
