"""Webhook that is sent secrets.

What: a webhook asks for secrets, or for everything.
Why: every secret that is made or changed is sent to it in the clear.
Severity: high, because whoever runs it, or breaks into it, has them all.
Fix: leave secrets out of its rules.
Limits: what it keeps is not visible here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.model.cluster.cluster_kinds import WebhookConfiguration
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, MATRIX, NSA, OWASP


def _covers(rule: dict[str, Any], resource: str) -> bool:
    groups, resources = rule.get("apiGroups") or (), rule.get("resources") or ()
    return bool({"", "*"}.intersection(groups)) and bool({resource, "*", "*/*"}.intersection(resources))


@check(
    "admission/webhook-sees-secrets",
    on=WebhookConfiguration,
    severity=HIGH,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K03"),
        ATTACK("T1552.007"),
        MATRIX("MS-TA9022"),
    ),
)
def webhook_sees_secrets(configuration: WebhookConfiguration, context: Context) -> Iterator[Hit]:
    for index, webhook in enumerate(configuration.webhooks):
        name = str(webhook.get("name", ""))
        for number, rule in enumerate(webhook.get("rules") or ()):
            if isinstance(rule, dict) and _covers(rule, "secrets"):
                yield Hit(f"webhooks[{index}].rules[{number}].resources", message=name, key=name)
