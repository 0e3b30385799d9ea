"""Workload without a label that policies select by.

What: policies select the pods of a namespace by labels, and the workload's pods carry none of them.
Why: only a policy for the whole namespace can be about such pods; rules for "the web tier" pass them by unnoticed.
Severity: low, because a default deny still holds for them.
Fix: label the workload as the others of its namespace are.
Limits: knows the label schema from the selectors that policies use, not from a document.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies
from seawall.model.cluster.workload import Workload
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import NSA, OWASP


@check("network/unlabelled-workload", on=Workload, severity=LOW, since="0.1", maps=(NSA("network"), OWASP("K05")))
def unlabelled_workload(workload: Workload, context: Context) -> Iterator[Hit]:
    policies = context.index(Policies)
    if not policies.pods(workload):
        return
    keys = policies.selecting_labels.get(workload.namespace or "default", frozenset())
    if keys and not keys & workload.labels.keys():
        yield Hit(workload.at_metadata("labels"), f"policies of its namespace select by {', '.join(sorted(keys))}")
