"""What the demo day has to show: the attack's traces and the incident it makes."""

from __future__ import annotations

from collections.abc import Iterable

from tests.e2e.sample.attacks import TOKEN_OF, Step

from seawall.app.detection import stories
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope
from seawall.respond.case import Case
from seawall.store.client import Store


def missing_traces(store: Store, cluster: str, steps: Iterable[Step], *, hurried: bool = False) -> list[str]:
    """The traces that the steps must leave and that are not in the store. In a `hurried` day simulated traffic does not last, so one row is enough."""
    lacking = []
    for step in steps:
        for trace in step.leaves:
            (row,) = store.select(
                f"SELECT count() AS found FROM seawall.{trace.table} WHERE cluster = {{id:String}} AND ({trace.where})",
                id=cluster,
            )
            least = 1 if hurried and trace.table in ("flow", "dns") else trace.least
            if row["found"] < least:
                lacking.append(f"{step.name}: {row['found']} of {least} in {trace.table} where {trace.where}")
    return lacking


def missing_objects(cluster: Cluster, steps: Iterable[Step]) -> list[str]:
    """The objects that the steps must leave and that are not there."""
    there = {(thing.kind, thing.namespace, thing.name) for thing in cluster.objects}
    return [
        f"{step.name}: {one.kind} {one.namespace}/{one.name}"
        for step in steps
        for one in step.objects
        if (one.kind, one.namespace, one.name) not in there
    ]


def story_of_the_attack(store: Store, cluster: str) -> Case:
    """The one incident that the attacker is in."""
    found = [
        case
        for case in stories(store, ReadScope.of(clusters=[cluster])).values()
        if f"user:{TOKEN_OF}" in case.entities and case.active
    ]
    assert len(found) == 1, f"{len(found)} incidents with {TOKEN_OF}"
    return found[0]
