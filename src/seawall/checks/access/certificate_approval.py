"""Role that approves certificates.

What: a role lets its subjects approve certificate signing requests.
Why: with the right to sign, they make a client certificate for any user and group, which cannot be revoked.
Severity: high, because it is any identity, for as long as the certificate lives.
Fix: give it to the approving controller alone.
Limits: a signer must agree too; `approve` on signers is the second half.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import grants, rules_of
from seawall.model.cluster.access_kinds import ClusterRole, Role
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, CIS, NSA, OWASP


@check(
    "access/certificate-approval",
    on=(Role, ClusterRole),
    severity=HIGH,
    since="0.1",
    maps=(
        CIS("1.8..1.12", "5.1.11"),
        NSA("authn-authz"),
        OWASP("K09"),
        ATTACK("T1098"),
    ),
)
def certificate_approval(role: Role | ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if grants(rule, ("update", "patch"), "certificates.k8s.io", "certificatesigningrequests/approval"):
            yield Hit(f"rules[{index}]", key=",".join((*rule.api_groups, *rule.resources)))
