"""Bootstrap token left behind.

What: a bootstrap token exists.
Why: whoever has it may join a node to the cluster, and nodes read the secrets of the pods that are put on them.
Severity: medium, because it ends by itself where an expiry is set.
Fix: delete it once nodes have joined.
Limits: the expiry is a value and is not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.config_kinds import Secret
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "secret/bootstrap-token",
    on=Secret,
    severity=MEDIUM,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "3.1.3"),
        NSA("authn-authz"),
        OWASP("K09"),
        ATTACK("T1078"),
    ),
)
def bootstrap_token(secret: Secret, context: Context) -> Iterator[Hit]:
    if secret.type == "bootstrap.kubernetes.io/token":
        yield Hit("type")
