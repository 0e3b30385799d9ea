"""Rule without effect.

What: a rule of a network policy decides nothing: earlier rules decide all of it, or another rule does the same and more.
Why: whoever reads it believes that it protects or permits something; the next edit is made on that belief.
Severity: low, because traffic is treated as the other rules say.
Fix: remove it, or move it before the rule that shadows it.
Limits: judged for the pods, nodes and addresses of the input; a rule for pods to come is another check's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.checks.network._policies import POLICIES, Policies, index_of
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("network/rule-without-effect", on=POLICIES, severity=LOW, since="0.1", maps=(NSA("network"), OWASP("K05")))
def rule_without_effect(policy: Any, context: Context) -> Iterator[Hit]:
    for one in context.index(Policies).idle.get(policy.ref, ()):
        if one.kind in ("shadowed", "covered"):
            because = f": {', '.join(map(str, one.by))}" if one.by else ""
            words = (
                "earlier rules decide all of it" if one.kind == "shadowed" else "another rule does the same and more"
            )
            yield Hit(one.rule.path, f"{words}{because}", key=index_of(one.rule.path))
