"""Policy that names a service's port.

What: a rule allows the port of a Service, where the pods behind it listen on another.
Why: a policy is judged after translation, so the traffic that was meant stays denied, and is then allowed by a wider rule in haste.
Severity: medium, because the policy does not do what it says.
Fix: name the target port of the Service.
Limits: looks at numeric ports of NetworkPolicy, and only where no pod of the other end declares the port.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from seawall.checks.network._policies import Policies
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.policy.judge import YES, matches
from seawall.policy.model import PROTOCOLS, Direction, Rule
from seawall.policy.world import PodEnd
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check(
    "network/service-port-in-policy",
    on=NetworkPolicy,
    severity=MEDIUM,
    since="0.1",
    maps=(NSA("network"), OWASP("K05")),
)
def service_port_in_policy(policy: NetworkPolicy, context: Context) -> Iterator[Hit]:
    policies = context.index(Policies)
    lowered = next((one for one in policies.model.lowered if one.policy == policy.ref), None)
    for rule in lowered.rules if lowered is not None else ():
        if rule.purpose != "rule":
            continue
        targets = list(_targets(rule, policies))
        declared = {(protocol, number) for pod in targets for _, protocol, number in pod.ports()} | {
            (PROTOCOLS.get(port.protocol or "TCP", 0), port.container_port)
            for pod in targets
            for container in pod.spec.containers
            for port in container.ports
        }
        translated = _translated(policies, targets)
        for low, high in rule.traffic.numbers:
            key = (low >> 16, low & 0xFFFF)
            if low == high and key not in declared and key in translated:
                yield Hit(
                    f"{rule.ref.path}.ports",
                    f"{key[1]} is a port of {translated[key]}, whose pods listen elsewhere",
                    key=f"{rule.ref.path} {key[1]}",
                )


def _targets(rule: Rule, policies: Policies) -> Iterator[PodEnd]:
    peer = rule.subject if rule.direction is Direction.INGRESS else rule.peer
    for pod in policies.world.pods:
        if matches(peer, pod, pod, min(policies.model.families), []) == YES:
            yield pod


def _translated(policies: Policies, targets: list[PodEnd]) -> dict[tuple[int, int], str]:
    """The ports of the Services before the pods that lead to another port, by (protocol, number)."""
    wanted = {id(pod) for pod in targets}
    found: dict[tuple[int, int], str] = defaultdict(str)
    for (namespace, name), service in policies.world.services.items():
        for port in service.spec.ports:
            backends = policies.world.backends(service, port)
            if any(id(one.end) in wanted and one.port not in (None, port.port) for one in backends):
                found[PROTOCOLS.get(port.protocol or "TCP", 0), port.port] = f"{namespace}/{name} (Service)"
    return found
