"""Service account token that never ends.

What: a Secret of type `kubernetes.io/service-account-token` exists.
Why: the token in it has no end and no audience; whoever reads it once keeps it.
Severity: high, because it is a credential for good.
Fix: use short tokens by `kubectl create token` or projected volumes, and delete the Secret.
Limits: whether it was used lately is in the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.config_kinds import Secret
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "secret/long-lived-token",
    on=Secret,
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.6"),
        NSA("authn-authz"),
        OWASP("K03"),
        ATTACK("T1528"),
    ),
)
def long_lived_token(secret: Secret, context: Context) -> Iterator[Hit]:
    if secret.type == "kubernetes.io/service-account-token":
        yield Hit("type")
