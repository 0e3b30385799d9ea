"""Traffic to pods that are not ready.

What: a Service publishes pods that are not ready.
Why: clients reach pods that have not finished starting or that failed their checks.
Severity: low, because some databases need it to find their peers.
Fix: remove `publishNotReadyAddresses`, except for headless Services of such databases.
Automatic: unsafe, because members that find each other before they are ready can not do so any more.
Limits: headless Services are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Service
from seawall.spi.check import LOW, Context, Hit, Unset, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "service/unready-addresses",
    on=Service,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1499"),
    ),
)
def unready_addresses(service: Service, context: Context) -> Iterator[Hit]:
    if service.spec.publish_not_ready_addresses and service.spec.cluster_ip != "None":
        yield Hit("spec.publishNotReadyAddresses", fix=Unset())
