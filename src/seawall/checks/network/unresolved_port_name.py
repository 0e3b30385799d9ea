"""Named port that resolves nowhere.

What: a rule names a port by a name that none of its destinations declares with that protocol.
Why: the rule then matches nothing, silently.
Severity: medium, because what was meant to be allowed is denied.
Fix: declare the port in the containers, or name its number.
Limits: a pod may listen on a port that it does not declare, but a name is resolved by declarations alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.checks.network._policies import POLICIES, Policies
from seawall.policy.model import Direction
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("network/unresolved-port-name", on=POLICIES, severity=MEDIUM, since="0.1", maps=(NSA("network"), OWASP("K05")))
def unresolved_port_name(policy: Any, context: Context) -> Iterator[Hit]:
    policies = context.index(Policies)
    seen: set[tuple[str, str]] = set()
    for rule in policies.rules(policy):
        if not rule.traffic.named:
            continue
        targets = policies.meant(rule.subject if rule.direction is Direction.INGRESS else rule.peer)
        for port in rule.traffic.named:
            key = (rule.ref.path, port.name)
            if targets and key not in seen and not any(pod.resolve(port) for pod in targets):
                seen.add(key)
                yield Hit(rule.ref.path, f'no destination declares the port "{port.name}"', key=" ".join(key))
