"""Workload that escapes its policy by the node's network.

What: a policy selects the workload's pods, which run in their node's network, where dataplanes do not apply it.
Why: the policy seems to isolate the pods and does not.
Severity: medium, because the traffic of the pods is neither limited nor told apart from the node's.
Fix: leave the node's network, or protect the node with a host policy.
Limits: some dataplanes apply policies to such pods; most do not, and the API leaves it open.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies
from seawall.model.cluster.workload import Workload
from seawall.policy.labels import holds
from seawall.policy.lower import namespaces_of
from seawall.policy.model import Selected
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "network/host-network-escape",
    on=Workload,
    severity=MEDIUM,
    since="0.1",
    maps=(NSA("network"), OWASP("K05"), ATTACK("T1611")),
)
def host_network_escape(workload: Workload, context: Context) -> Iterator[Hit]:
    if not workload.pod.host_network or workload.owner != workload.ref:
        return
    policies = context.index(Policies)
    for pod in policies.world.by_workload.get(workload.ref, ())[:1]:
        for rule in policies.model.enforced.rules:
            subject = rule.subject
            if (
                isinstance(subject, Selected)
                and namespaces_of(subject) == (pod.namespace,)
                and holds(subject.where, pod.attribute)
            ):
                yield Hit(workload.at("hostNetwork"), f"{rule.ref.policy} selects it without effect")
                return
