"""Rule for every path.

What: a cluster role grants a verb on every non-resource path.
Why: debug, profiling and log endpoints of the API server come with it.
Severity: medium, because most paths only inform.
Fix: name the paths.
Limits: a prefix such as `/debug/*` is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.access._rules import rules_of
from seawall.model.cluster.access_kinds import ClusterRole
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "access/wildcard-path",
    on=ClusterRole,
    severity=MEDIUM,
    since="0.1",
    maps=(
        NSA("authn-authz"),
        OWASP("K02"),
        ATTACK("T1613"),
    ),
)
def wildcard_path(role: ClusterRole, context: Context) -> Iterator[Hit]:
    for index, rule in rules_of(role):
        if "*" in rule.non_resource_urls:
            yield Hit(f"rules[{index}].nonResourceURLs")
