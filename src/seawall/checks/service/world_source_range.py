"""Load balancer range of the whole internet.

What: `loadBalancerSourceRanges` holds every address.
Why: it looks like a filter and is none.
Severity: medium, because what it serves may be meant for everybody.
Fix: name the networks that need it.
Limits: two halves of the internet are as wide and are not added up.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "service/world-source-range",
    on=Service,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K06"),
        ATTACK("T1133"),
    ),
)
def world_source_range(service: Service, context: Context) -> Iterator[Hit]:
    for index, network in enumerate(service.spec.load_balancer_source_ranges):
        if network.strip() in ("0.0.0.0/0", "::/0"):
            yield Hit(f"spec.loadBalancerSourceRanges[{index}]", message=network, key=network)
