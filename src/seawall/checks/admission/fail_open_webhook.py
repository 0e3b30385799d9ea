"""Webhook that lets everything pass when it is away.

What: a validating webhook has `failurePolicy: Ignore`.
Why: whoever makes it slow or stops it is past it.
Severity: medium, because other guards may stand behind it.
Fix: set `Fail`, run it twice or more, and exempt its own namespace.
Automatic: unsafe, because nothing it guards can be written while the webhook is away.
Limits: mutating webhooks that only add comfort are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import WebhookConfiguration
from seawall.spi.check import MEDIUM, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "admission/fail-open-webhook",
    on=WebhookConfiguration,
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.2.1"),
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def fail_open_webhook(configuration: WebhookConfiguration, context: Context) -> Iterator[Hit]:
    for index, webhook in enumerate(configuration.webhooks):
        name = str(webhook.get("name", ""))
        if configuration.kind == "ValidatingWebhookConfiguration" and webhook.get("failurePolicy") == "Ignore":
            yield Hit(f"webhooks[{index}].failurePolicy", message=name, key=name, fix=Set("Fail"))
