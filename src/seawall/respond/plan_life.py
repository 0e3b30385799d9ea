"""The life of a Plan on a cluster: whether it still fits, its steps, its undoing, its end.

What a step did is written on the object itself, in the same request: a label with the Plan's id, and an annotation that says how to undo the step and when
it ends. So whoever is killed in the middle is finished or undone by anybody who comes after, with the Plan or without it. A deleted object keeps
nothing: only the Plan undoes that step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec

from seawall.model.patch import holds, merge_patch, merged, removes
from seawall.model.plan import Plan, Step, Target

LABEL = "seawall.dev/plan"
NOTE = "seawall.dev/plan-step"
MOST_NOTE = 128 * 1024
"""Bytes: the API server keeps 256 KiB of annotations for an object."""
SECRET_KINDS = ("Secret",)
"""Kinds that no Plan may change: what undoes the change would lie in an annotation."""


class Objects(Protocol):
    """Single objects of a cluster (`seawall.kube.objects`)."""

    async def read(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None: ...
    async def create(self, thing: dict[str, Any]) -> None: ...
    async def apply(self, seen: dict[str, Any], fields: dict[str, Any]) -> None: ...
    async def merge(self, seen: dict[str, Any], patch: dict[str, Any]) -> None: ...
    async def delete(self, seen: dict[str, Any]) -> None: ...


class Note(msgspec.Struct, frozen=True):
    """What an object says of the step that changed it."""

    plan: str
    title: str
    step: Step
    applied: str
    expires: str = ""

    def ended(self, now: datetime) -> bool:
        return bool(self.expires) and datetime.fromisoformat(self.expires) <= now


State = Literal["ready", "done", "blocked"]


class StepState(msgspec.Struct, frozen=True):
    """Where a step stands: it may be taken, it was taken, or something is in the way (`why`)."""

    target: Target
    operation: str
    state: State
    why: str = ""


def note_of(thing: dict[str, Any]) -> Note | None:
    """What an object says of a Plan; None for one that no Plan changed. ValueError for a note that cannot be read."""
    text = (thing["metadata"].get("annotations") or {}).get(NOTE)
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Note)
    except msgspec.MsgspecError as error:
        raise ValueError(f"annotation {NOTE} of {Target.of(thing)} cannot be read: {error}") from None


class Life:
    """One Plan on one cluster at one time. `now` stands in what is written and decides what has ended."""

    def __init__(self, plan: Plan, objects: Objects, now: datetime) -> None:
        self.plan, self.now = plan, now.astimezone(UTC)
        self._objects = objects

    @property
    def ended(self) -> bool:
        """Whether the Plan is not to be applied any more."""
        return bool(self.plan.expires) and datetime.fromisoformat(self.plan.expires) <= self.now

    async def states(self) -> tuple[StepState, ...]:
        """Where each step stands, in order. Nothing is changed."""
        return tuple([self._state(step, await self._read(step.target)) for step in self.plan.steps])

    async def apply(self) -> tuple[StepState, ...]:
        """Takes every step that is ready, in order; those that were taken before stay. The states as they were before.

        Nothing is done where a step is blocked or the Plan has ended (ValueError). Stops at the first step that the API server refuses, with its error.
        """
        if self.ended:
            raise ValueError(f"the plan ended at {self.plan.expires}")
        states = await self.states()
        blocked = [one for one in states if one.state == "blocked"]
        if blocked:
            raise ValueError("; ".join(one.why for one in blocked))
        for step, state in zip(self.plan.steps, states, strict=True):
            if state.state == "ready":
                await self._take(step)
        return states

    async def undo(self) -> tuple[StepState, ...]:
        """Puts back every step that was taken, last first. The states before; nothing is done where one was changed since (ValueError)."""
        steps = tuple(reversed(self.plan.steps))
        states = []
        for step in steps:
            live = await self._read(step.target)
            states.append(_state_of_undo(self.plan.id, step, live))
        blocked = [one for one in states if one.state == "blocked"]
        if blocked:
            raise ValueError("; ".join(one.why for one in blocked))
        for step, state in zip(steps, states, strict=True):
            if state.state == "ready":
                await undo_step(self._objects, step, await self._read(step.target))
        return tuple(states)

    # -------------------------------------------------------------------------------------------- one step

    async def _read(self, target: Target) -> dict[str, Any] | None:
        return await self._objects.read(target.api_version, target.kind, target.namespace, target.name)

    def _state(self, step: Step, live: dict[str, Any] | None) -> StepState:
        def state(which: State, why: str = "") -> StepState:
            return StepState(step.target, step.operation, which, why)

        if step.target.kind in SECRET_KINDS:
            return state("blocked", f"{step.target}: no plan changes a {step.target.kind}")
        if len(self._note(step)) > MOST_NOTE:
            return state("blocked", f"{step.target}: what undoes the step is too large to be kept on the object")
        if step.operation == "delete" and live is None:
            return state("done")
        if step.operation != "create" and live is None:
            return state("blocked", f"{step.target} is not there")
        note = note_of(live) if live is not None else None
        if note is not None and note.plan == self.plan.id:
            return state("done")
        if note is not None:
            return state("blocked", f"{step.target} is under {note.plan} ({note.title}): undo that first")
        if step.operation == "create":
            return state("ready") if live is None else state("blocked", f"{step.target} is there already")
        assert live is not None
        if step.operation == "patch" and not holds(live, step.back):
            return state("blocked", f"{step.target} was changed since the plan was made")
        if step.operation == "delete" and not holds(live, _own(step.back), whole=True):
            return state("blocked", f"{step.target} was changed since the plan was made")
        return state("ready")

    async def _take(self, step: Step) -> None:
        marks = {"labels": {LABEL: self.plan.id}, "annotations": {NOTE: self._note(step)}}
        if step.operation == "create":
            await self._objects.create(merged(step.body, {"metadata": marks}))
            return
        live = await self._read(step.target)
        if live is None:  # it went between looking and acting
            if step.operation == "patch":
                raise ValueError(f"{step.target} is not there")
            return
        if step.operation == "delete":
            await self._objects.delete(live)
        elif removes(step.body):
            await self._objects.merge(live, merge_patch(live, merged(live, merged(step.body, {"metadata": marks}))))
        else:
            await self._objects.apply(live, merged(step.body, {"metadata": marks}))

    def _note(self, step: Step) -> str:
        note = Note(self.plan.id, self.plan.title, step, self.now.isoformat(timespec="seconds"), self.plan.expires)
        return msgspec.json.encode(note).decode()


def _state_of_undo(plan: str, step: Step, live: dict[str, Any] | None) -> StepState:
    def state(which: State, why: str = "") -> StepState:
        return StepState(step.target, step.operation, which, why)

    if step.operation == "delete":
        return state("ready" if live is None else "done")
    note = note_of(live) if live is not None else None
    if live is None or note is None or note.plan != plan:
        return state("done")
    if not holds(live, step.body, whole=step.operation == "create"):
        return state("blocked", f"{step.target} was changed since the plan was applied")
    return state("ready")


async def undo_step(objects: Objects, step: Step, live: dict[str, Any] | None) -> None:
    """Puts one step back, by what it says itself. Conflict where the object is not as it was seen."""
    if step.operation == "delete":
        await objects.create(_own(step.back))
    elif live is None:
        return
    elif step.operation == "create":
        await objects.delete(live)
    else:
        marks = {"labels": {LABEL: None}, "annotations": {NOTE: None}}
        before = merged(merged(live, step.back), {"metadata": marks})
        for kept in ("labels", "annotations"):
            if not before["metadata"].get(kept) and not (step.back.get("metadata") or {}).get(kept):
                before["metadata"].pop(kept, None)
        await objects.merge(live, merge_patch(live, before))


class Ended(msgspec.Struct, frozen=True):
    """An object under a Plan: what it says, and what became of it."""

    target: Target
    note: Note
    undone: bool
    why: str = ""


async def undo_ended(objects: Objects, things: Sequence[dict[str, Any]], now: datetime) -> list[Ended]:
    """Puts back what Plans did that have ended, by what the objects say themselves; the others are told as they are. One that was changed since stays, and is told."""
    found: list[Ended] = []
    for thing in things:
        note = note_of(thing)
        if note is None:
            continue
        target = Target.of(thing)
        if not note.ended(now):
            found.append(Ended(target, note, undone=False))
            continue
        state = _state_of_undo(note.plan, note.step, thing)
        if state.state == "blocked":
            found.append(Ended(target, note, undone=False, why=state.why))
            continue
        await undo_step(objects, note.step, thing)
        found.append(Ended(target, note, undone=True))
    return found


# What the API server keeps about an object and nobody decides.
_KEPT_BY_THE_SERVER = (
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def _own(thing: dict[str, Any]) -> dict[str, Any]:
    """The object without what the API server keeps about it, as it would be made anew."""
    meta = {key: value for key, value in thing["metadata"].items() if key not in _KEPT_BY_THE_SERVER}
    return {**{key: value for key, value in thing.items() if key != "status"}, "metadata": meta}
