"""Admission policy that lets errors pass.

What: an admission policy has `failurePolicy: Ignore`.
Why: an expression that fails on an object lets it pass.
Severity: low, because most expressions do not fail.
Fix: set `Fail`.
Automatic: unsafe, because objects on which an expression fails are refused.
Limits: none.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import AdmissionPolicy
from seawall.spi.check import LOW, Context, Hit, Set, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "admission/policy-that-fails-open",
    on=AdmissionPolicy,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def policy_that_fails_open(policy: AdmissionPolicy, context: Context) -> Iterator[Hit]:
    if policy.spec.get("failurePolicy") == "Ignore":
        yield Hit("spec.failurePolicy", fix=Set("Fail"))
