"""Gateway listener without TLS.

What: a Gateway listens for HTTP.
Why: passwords and cookies cross the network in the clear, and anybody on the way can change the page.
Severity: medium, because it may only redirect to HTTPS.
Fix: listen for HTTPS, and redirect.
Limits: what routes do with the requests is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.gateway._listeners import listeners
from seawall.model.cluster.network_kinds import Gateway
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "gateway/plain-listener",
    on=Gateway,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def plain_listener(gateway: Gateway, context: Context) -> Iterator[Hit]:
    for index, listener in enumerate(listeners(gateway)):
        if listener.get("protocol") == "HTTP":
            yield Hit(
                f"spec.listeners[{index}].protocol",
                message=str(listener.get("name", "")),
                key=str(listener.get("name", "")),
            )
