"""Pod Security Policy.

What: a PodSecurityPolicy exists.
Why: Kubernetes has ignored them since 1.25: what they forbid is allowed.
Severity: high, because a guard that people count on is not there.
Fix: move to the Pod Security Standards or an admission policy.
Limits: clusters before 1.25 still read them.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import PodSecurityPolicy
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "admission/pod-security-policy",
    on=PodSecurityPolicy,
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.2.1"),
        NSA("pod-security"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def pod_security_policy(policy: PodSecurityPolicy, context: Context) -> Iterator[Hit]:
    yield Hit("kind")
