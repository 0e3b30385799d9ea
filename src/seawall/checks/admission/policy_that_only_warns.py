"""Admission policy that denies nothing.

What: a binding of a ValidatingAdmissionPolicy does not deny.
Why: what the policy forbids is allowed, with a note.
Severity: low, because it is how policies are tried out.
Fix: add `Deny` once warnings have ended.
Limits: none.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.cluster_kinds import AdmissionPolicyBinding
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "admission/policy-that-only-warns",
    on=AdmissionPolicyBinding,
    severity=LOW,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K04"),
        ATTACK("T1562.001"),
    ),
)
def policy_that_only_warns(binding: AdmissionPolicyBinding, context: Context) -> Iterator[Hit]:
    actions = binding.spec.get("validationActions") or ()
    if binding.kind == "ValidatingAdmissionPolicyBinding" and actions and "Deny" not in actions:
        yield Hit("spec.validationActions", message=", ".join(str(action) for action in actions))
