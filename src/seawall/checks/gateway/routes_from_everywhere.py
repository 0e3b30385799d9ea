"""Gateway that takes routes from every namespace.

What: a listener accepts routes from all namespaces.
Why: whoever may write a route anywhere can take hosts and paths of others.
Severity: high, because it intercepts what was meant for others.
Fix: accept routes from the same namespace, or from those with a label.
Limits: a hostname on the listener narrows what can be taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.gateway._listeners import listeners
from seawall.model.cluster.network_kinds import Gateway
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "gateway/routes-from-everywhere",
    on=Gateway,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1557"),
    ),
)
def routes_from_everywhere(gateway: Gateway, context: Context) -> Iterator[Hit]:
    for index, listener in enumerate(listeners(gateway)):
        allowed = listener.get("allowedRoutes") or {}
        origin = (allowed.get("namespaces") or {}).get("from") if isinstance(allowed, dict) else None
        if origin == "All" and not listener.get("hostname"):
            yield Hit(f"spec.listeners[{index}].allowedRoutes.namespaces.from", key=str(listener.get("name", "")))
