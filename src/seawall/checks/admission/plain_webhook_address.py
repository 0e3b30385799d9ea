"""Webhook outside the cluster.

What: a webhook is called by URL instead of by Service.
Why: every object that it is asked about leaves the cluster's own network, secrets included where it asks for them.
Severity: medium, because the address may be inside all the same.
Fix: run it behind a Service.
Limits: where the address is is not looked up.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import WebhookConfiguration
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "admission/plain-webhook-address",
    on=WebhookConfiguration,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("network"),
        OWASP("K04"),
        ATTACK("T1567"),
    ),
)
def plain_webhook_address(configuration: WebhookConfiguration, context: Context) -> Iterator[Hit]:
    for index, webhook in enumerate(configuration.webhooks):
        name = str(webhook.get("name", ""))
        client = webhook.get("clientConfig") or {}
        if isinstance(client, dict) and client.get("url"):
            yield Hit(f"webhooks[{index}].clientConfig.url", message=str(client["url"]), key=name)
