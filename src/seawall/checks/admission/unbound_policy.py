"""Admission policy that nothing binds.

What: a ValidatingAdmissionPolicy has no binding.
Why: it decides nothing, and whoever reads it believes it does.
Severity: medium, because a guard that people count on is not there.
Fix: bind it, with `validationActions: [Deny]`.
Limits: bindings of other files are not seen; name all folders.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.admission._bindings import bound_policies
from seawall.model.cluster.cluster_kinds import AdmissionPolicy
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "admission/unbound-policy",
    on=AdmissionPolicy,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def unbound_policy(policy: AdmissionPolicy, context: Context) -> Iterator[Hit]:
    if policy.name not in context.index(bound_policies):
        yield Hit("metadata.name")
