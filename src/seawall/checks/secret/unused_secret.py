"""Secret that no workload refers to.

What: a Secret is referred to by no workload, service account or ingress of its namespace.
Why: it is a credential that nobody watches and nobody rotates.
Severity: info, because nobody uses it, as far as can be seen.
Fix: remove it, and revoke what it opens.
Limits: programs that read secrets by the API leave no reference; operators do.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.secret._references import referenced_secrets
from seawall.model.cluster.config_kinds import Secret
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP

_SYSTEM = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token", "helm.sh/release.v1")


@check(
    "secret/unused-secret",
    on=Secret,
    severity=INFO,
    since="0.1",
    maps=(
        OWASP("K03"),
        ATTACK("T1552.007"),
    ),
)
def unused_secret(secret: Secret, context: Context) -> Iterator[Hit]:
    if secret.type in _SYSTEM or secret.metadata.controller is not None:
        return
    if (secret.namespace, secret.name) not in context.index(referenced_secrets):
        yield Hit("metadata.name")
