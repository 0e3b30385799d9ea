"""Isolated workload without DNS.

What: the workload's egress is isolated, and no rule lets it reach the cluster's DNS.
Why: every name lookup fails; under pressure the whole isolation is then removed.
Severity: medium, because the workload breaks or its protection is taken away.
Fix: allow UDP and TCP 53 to the DNS pods in kube-system.
Limits: takes DNS to be pods labelled k8s-app=kube-dns in kube-system, or those that the input has there; a workload that needs no names is a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import DNS_PORT, Policies, distinct
from seawall.model.cluster.workload import Workload
from seawall.policy.model import UDP, Direction, kind_of_traffic
from seawall.policy.reach import stranger
from seawall.policy.world import NAMESPACE_NAME, PodEnd
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP

_DNS_LABELS = {"k8s-app": "kube-dns"}


@check("network/missing-dns-egress", on=Workload, severity=MEDIUM, since="0.1", maps=(NSA("network"), OWASP("K05")))
def missing_dns_egress(workload: Workload, context: Context) -> Iterator[Hit]:
    if workload.namespace == "kube-system":
        return
    policies = context.index(Policies)
    for pod in distinct(policies.pods(workload)):
        if not policies.isolated(pod, Direction.EGRESS):
            continue
        if all(
            policies.between(pod, dns, Direction.EGRESS, kind_of_traffic(UDP, DNS_PORT)).allowed is False
            for dns in _dns(policies, pod)
        ):
            yield Hit(
                workload.at_metadata("labels"), "its egress is isolated and no rule allows UDP 53 to the cluster's DNS"
            )
            return


def _dns(policies: Policies, pod: PodEnd) -> list[PodEnd]:
    """The pods that serve DNS, as far as the input shows them."""
    found = [
        one for one in policies.world.by_namespace.get("kube-system", ()) if one.labels.get("k8s-app") == "kube-dns"
    ]
    labels = {**policies.world.namespaces.get("kube-system", {}), NAMESPACE_NAME: "kube-system"}
    return found or [stranger(pod, "kube-system", dict(_DNS_LABELS), labels)]
