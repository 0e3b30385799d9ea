"""Selector that misses its own pods.

What: the selector of a controller does not match the labels of its template.
Why: the API server refuses it, so the workload does not start.
Severity: high, because it is an outage at the next rollout.
Fix: make selector and labels agree.
Limits: selectors that the API server refuses for other reasons are named as such.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.selector import LabelSelector
from seawall.model.cluster.workload import Workload
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/selector-misses-template",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def selector_misses_template(workload: Workload, context: Context) -> Iterator[Hit]:
    selector = getattr(getattr(workload.object, "spec", None), "selector", None)
    if (
        isinstance(selector, LabelSelector)
        and not selector.empty
        and selector.problem() is None
        and not selector.matches(workload.labels)
    ):
        yield Hit("spec.selector", message=f"{selector} does not match the template's labels")
