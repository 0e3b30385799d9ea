"""Ingress with configuration of its own.

What: an Ingress carries an annotation that writes into the controller's configuration.
Why: whoever writes Ingresses runs code in the controller, which can read the secrets of every namespace (CVE-2021-25742).
Severity: critical, because it is all secrets of the cluster.
Fix: remove it; switch snippets off in the controller.
Limits: other controllers have annotations of other names.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.network_kinds import Ingress
from seawall.spi.check import CRITICAL, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "ingress/configuration-snippet",
    on=Ingress,
    severity=CRITICAL,
    since="0.1",
    maps=(
        OWASP("K06"),
        ATTACK("T1190"),
    ),
)
def configuration_snippet(ingress: Ingress, context: Context) -> Iterator[Hit]:
    for key in ingress.metadata.annotations:
        if key.startswith("nginx") and key.endswith("-snippet"):
            yield Hit(f"metadata.annotations.{key}", message=key, key=key)
