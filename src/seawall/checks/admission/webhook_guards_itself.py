"""Webhook that blocks its own return.

What: a webhook that fails closed is asked about pods of its own namespace.
Why: when its pods are gone they cannot be made again, and nothing else can be deployed either.
Severity: high, because one bad night stops the cluster.
Fix: exempt its namespace by `namespaceSelector`.
Limits: which namespaces a selector exempts is judged by the name label alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import WebhookConfiguration
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "admission/webhook-guards-itself",
    on=WebhookConfiguration,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K04"),
        ATTACK("T1499"),
    ),
)
def webhook_guards_itself(configuration: WebhookConfiguration, context: Context) -> Iterator[Hit]:
    for index, webhook in enumerate(configuration.webhooks):
        name = str(webhook.get("name", ""))
        client = webhook.get("clientConfig") or {}
        service = client.get("service") if isinstance(client, dict) else None
        pods = any(
            isinstance(rule, dict) and {"pods", "*", "*/*"}.intersection(rule.get("resources") or ())
            for rule in webhook.get("rules") or ()
        )
        if (
            service
            and pods
            and webhook.get("failurePolicy", "Fail") == "Fail"
            and not webhook.get("namespaceSelector")
            and not webhook.get("matchConditions")
        ):
            yield Hit(f"webhooks[{index}].namespaceSelector", message=name, key=name)
