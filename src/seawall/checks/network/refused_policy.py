"""Network policy that the API server refuses.

What: a policy has a field, a value or a combination that the API server does not take.
Why: it is never in force, and what it was to isolate stays open.
Severity: high, because the protection that the file promises does not exist.
Fix: correct the field that is named.
Limits: custom kinds are checked against the schemas that Seawall knows, which may be older than yours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.checks.network._policies import POLICIES, Policies
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("network/refused-policy", on=POLICIES, severity=HIGH, since="0.1", maps=(NSA("network"), OWASP("K05")))
def refused_policy(policy: Any, context: Context) -> Iterator[Hit]:
    for notice in context.index(Policies).notices.get(policy.ref, ()):
        if notice.kind == "refused":
            yield Hit(notice.path, notice.what, key=notice.path)
