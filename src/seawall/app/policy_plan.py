"""Policies as the steps of a Plan, and back: what a Plan makes of the policies in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from seawall.kit.errors import UserError
from seawall.model.cluster.decode import Undecodable
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.patch import merged
from seawall.model.plan import Plan, Reason, Step, create, patch, plan
from seawall.policy.generate import objects_of
from seawall.policy.lower import POLICY_TYPES


def raw_of(cluster: Cluster, thing: Object) -> dict[str, Any]:
    """The object as it was read. UserError where that is not kept."""
    raw = cluster.raw(thing)
    if raw is None:
        raise UserError("its text is not at hand", where=str(thing.ref), do="read it from files or a live cluster")
    return raw


def put(cluster: Cluster, document: dict[str, Any]) -> Step | None:
    """The step that puts a policy in force: made where there is none of the name, patched where there is; None where it says the same already."""
    (policy,) = objects_of((document,))
    live = cluster.get(policy.ref)
    if live is None:
        return create(document)
    raw = raw_of(cluster, live)
    step = patch(raw, {**raw, "spec": document.get("spec", {})})
    return step if step.body else None


def plan_of(
    cluster: Cluster, documents: Sequence[dict[str, Any]], title: str, why: Sequence[str], expires: str = ""
) -> Plan:
    """The Plan that puts policies in force. UserError where they all are already."""
    steps = tuple(step for document in documents if (step := put(cluster, document)) is not None)
    if not steps:
        raise UserError("there is nothing to change", do="see the answer itself: leave -o plan away")
    return plan(title, steps, reasons=tuple(map(Reason, why)), expires=expires)


class Planned(NamedTuple):
    """What a Plan makes of policies: those that it makes or changes, those that go, and how many of its steps are about anything else."""

    changed: tuple[Object, ...]
    gone: tuple[ObjectRef, ...]
    others: int


def planned(cluster: Cluster, made: Plan, where: str) -> Planned:
    """The policies after the steps of a Plan. UserError where it does not fit the cluster, as `plan apply` would refuse it."""
    changed: dict[ObjectRef, dict[str, Any]] = {}
    gone: dict[ObjectRef, None] = {}
    others = 0
    for number, step in enumerate(made.steps, 1):
        target = step.target
        kind = kind_of(target.api_version, target.kind)
        if kind is None or not issubclass(kind.type, POLICY_TYPES):
            others += 1
            continue
        ref = ObjectRef(kind.kind, target.namespace, target.name, kind.group)
        live = None if ref in gone else cluster.get(ref)
        before = changed.get(ref) or (None if live is None else raw_of(cluster, live))
        if (step.operation == "create") != (before is None):
            stands = "is there already" if before is not None else "is not there"
            raise UserError(
                f"step {number} would {step.operation} {target}, which {stands}",
                where=where,
                do="make the Plan again from the cluster as it is",
            )
        gone.pop(ref, None)
        changed.pop(ref, None)
        if step.operation == "delete":
            gone[ref] = None
        else:
            changed[ref] = step.body if before is None else merged(before, step.body)
    try:
        return Planned(objects_of(tuple(changed.values())), tuple(gone), others)
    except Undecodable as error:
        raise UserError(f"a policy of it cannot be read: {error}", where=where) from None
