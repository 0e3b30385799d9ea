"""Policy that names a service's port.

What: a rule allows the port of a Service, where the pods behind it listen on another.
Why: a policy is judged after translation, so the traffic that was meant stays denied, and is then allowed by a wider rule in haste.
Severity: medium, because the policy does not do what it says.
Fix: name the target port of the Service.
Limits: looks at numeric ports of NetworkPolicy, and only where no pod of the other end declares the port.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.model import PROTOCOLS, Direction
from seawall.policy.world import PodEnd, World
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
    translated = context.index(translated_ports)
    for rule in policies.rules(policy):
        if rule.purpose != "rule" or not translated:
            continue
        targets = policies.meant(rule.subject if rule.direction is Direction.INGRESS else rule.peer)
        declared = {
            (PROTOCOLS.get(port.protocol or "TCP", 0), port.container_port)
            for pod in targets
            for container in (*pod.spec.containers, *pod.spec.init_containers)
            for port in container.ports
        }
        for low, high in rule.traffic.numbers:
            key = (low >> 16, low & 0xFFFF)
            if low != high or key in declared:
                continue
            name = next((translated[one] for pod in targets if (one := (id(pod.spec), *key)) in translated), None)
            if name is not None:
                message = f"{key[1]} is a port of {name}, whose pods listen elsewhere"
                yield Hit(f"{rule.ref.path}.ports", message, key=f"{rule.ref.path} {key[1]}")


def translated_ports(cluster: Cluster) -> dict[tuple[int, int, int], str]:
    """The Services that lead a port to another port: by the pod's spec, protocol and the Service's port."""
    world = World.of(cluster)
    found: dict[tuple[int, int, int], str] = {}
    for (namespace, name), service in world.services.items():
        for port in service.spec.ports:
            for backend in world.backends(service, port):
                if isinstance(backend.end, PodEnd) and backend.port not in (None, port.port):
                    key = (id(backend.end.spec), PROTOCOLS.get(port.protocol or "TCP", 0), port.port)
                    found[key] = f"{namespace}/{name} (Service)"
    return found
