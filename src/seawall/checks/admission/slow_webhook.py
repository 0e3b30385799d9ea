"""Webhook that may take long.

What: a webhook may take more than ten seconds.
Why: when it hangs, every request that it is asked about hangs, and controllers fall behind.
Severity: low, because it costs availability.
Fix: set `timeoutSeconds` to a few seconds.
Limits: the default is ten.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import WebhookConfiguration
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "admission/slow-webhook",
    on=WebhookConfiguration,
    severity=LOW,
    since="0.1",
    maps=(
        OWASP("K04"),
        ATTACK("T1499"),
    ),
)
def slow_webhook(configuration: WebhookConfiguration, context: Context) -> Iterator[Hit]:
    for index, webhook in enumerate(configuration.webhooks):
        name = str(webhook.get("name", ""))
        seconds = webhook.get("timeoutSeconds")
        if isinstance(seconds, int) and seconds > 10:
            yield Hit(f"webhooks[{index}].timeoutSeconds", message=f"{name}: {seconds} s", key=name)
