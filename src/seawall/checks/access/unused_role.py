"""Role that nobody is bound to.

What: a Role is named by no binding of its namespace.
Why: it waits for whoever finds it useful.
Severity: info, because it gives nothing by itself.
Fix: remove it.
Limits: cluster roles may be bound from anywhere and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import bound_roles
from seawall.model.cluster.access_kinds import Role
from seawall.spi.check import INFO, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/unused-role",
    on=Role,
    severity=INFO,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1098"),
    ),
)
def unused_role(role: Role, context: Context) -> Iterator[Hit]:
    if (role.namespace, role.name) not in context.index(bound_roles):
        yield Hit("metadata.name")
