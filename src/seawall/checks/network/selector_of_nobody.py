"""Policy selector that matches nothing.

What: a policy, or the peer of one of its rules, selects no pod of the input.
Why: a misspelt label leaves the pods that it was meant for without the policy, and nothing says so.
Severity: medium, because the protection that somebody wrote does not exist.
Fix: correct the selector, or label the pods.
Limits: pods of other sources or of the future may match; selectors by address are not looked at. In files, a peer in a namespace that
the files do not hold (the usual rule for DNS) is nobody's fault and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seawall.checks.network._policies import POLICIES, Policies, index_of
from seawall.policy.labels import describe
from seawall.policy.model import Rule, Selected
from seawall.policy.reach import selected_by
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("network/selector-of-nobody", on=POLICIES, severity=MEDIUM, since="0.1", maps=(NSA("network"), OWASP("K05")))
def selector_of_nobody(policy: Any, context: Context) -> Iterator[Hit]:
    policies = context.index(Policies)
    rules = policies.rules(policy)
    if not policies.world.pods or any(rule.purpose == "refused" for rule in rules):
        return
    if rules and all(policies.nobody(rule.subject) for rule in rules):
        yield Hit("spec", f"no pod matches {_words(rules[0])}", key="subject")
        return
    for rule in rules:
        if rule.purpose == "rule":
            for where in selected_by(rule.peer):
                if policies.nobody(Selected(where)) and not policies.elsewhere(where):
                    key = f"{index_of(rule.ref.path)} {describe(where)}"
                    yield Hit(rule.ref.path, f"no pod matches {describe(where)}", key=key)


def _words(rule: Rule) -> str:
    return next((describe(where) for where in selected_by(rule.subject)), "its selector")
