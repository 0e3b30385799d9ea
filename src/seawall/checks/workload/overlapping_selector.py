"""Selector that takes another workload's pods.

What: the selector of a controller matches the template of another controller of the namespace.
Why: both count and delete the same pods.
Severity: high, because it stops services in ways that are hard to see.
Fix: give each workload a label of its own.
Limits: Jobs get a selector of their own from the API server and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks._indexes import Labelled
from seawall.model.cluster.workload import Workload
from seawall.model.cluster.workload_kinds import DaemonSet, Deployment, StatefulSet
from seawall.spi.check import HIGH, Context, Hit, check
from seawall.spi.frameworks import ATTACK, OWASP


@check(
    "workload/overlapping-selector",
    on=Workload,
    severity=HIGH,
    since="0.1",
    maps=(
        OWASP("K01"),
        ATTACK("T1499"),
    ),
)
def overlapping_selector(workload: Workload, context: Context) -> Iterator[Hit]:
    thing = workload.object
    if (
        not isinstance(thing, (Deployment, StatefulSet, DaemonSet))
        or thing.spec.selector is None
        or thing.spec.selector.problem()
    ):
        return
    for other in context.index(Labelled).picked(workload.namespace, thing.spec.selector):
        if other.ref != workload.ref and isinstance(other.object, (Deployment, StatefulSet, DaemonSet)):
            yield Hit("spec.selector", message=f"also matches the pods of {other.ref}", key=str(other.ref))
