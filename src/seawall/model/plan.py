"""A Plan: a change to the world as a value. Printed, reviewed, and only then made; it says what would undo it.

Nothing here acts. Whoever applies a Plan checks its preconditions first, takes the steps in their order, and stops at the first that fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from seawall.model.patch import patch_between

SCHEMA = "seawall.plan/v1"

Operation = Literal["create", "patch", "delete"]
_BACK: dict[Operation, Operation] = {"create": "delete", "patch": "patch", "delete": "create"}


class _Part(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A part of the document; what is not said is left out."""


class Target(_Part, frozen=True):
    """One object, as the API server knows it. `namespace` is absent for what belongs to the cluster."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, thing: dict[str, Any]) -> Target:
        """The target that an object (decoded JSON) is."""
        meta = thing["metadata"]
        return cls(thing["apiVersion"], thing["kind"], meta["name"], meta.get("namespace") or "")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} ({self.kind})" if self.namespace else f"{self.name} ({self.kind})"


class Reason(_Part, frozen=True):
    """Why: the finding (`id` is its fingerprint) or the question that the Plan answers. `rule` is set for a finding."""

    says: str
    id: str = ""
    rule: str = ""


class Precondition(_Part, frozen=True):
    """What must still be true: `says` for people; for programs that `target` is there (or `absent`) and has this `resource_version`, where one is given."""

    says: str
    target: Target | None = None
    absent: bool = False
    resource_version: str = ""


class Step(_Part, frozen=True):
    """One change to one object, which must be as it was read: there is none to create, and merging `back` into one that is patched changes nothing.

    `body` is the whole object to create, or a strategic merge patch without the object's own name; `back` is the same for what undoes it: the
    patch back, or the object that is deleted. `preview` shows people what changes, a line each.
    """

    operation: Operation
    target: Target
    body: dict[str, Any] = {}
    back: dict[str, Any] = {}
    preview: tuple[str, ...] = ()

    def undo(self) -> Step:
        return _step(_BACK[self.operation], self.target, self.back, self.body)


class Plan(_Part, frozen=True, kw_only=True):
    """A change to the world. From `expires` on (RFC 3339, absent for never) it is not to be applied any more, and to be undone where it was."""

    schema: str
    id: str
    title: str
    reasons: tuple[Reason, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    steps: tuple[Step, ...] = ()
    expires: str = ""

    def undo(self) -> Plan:
        """The Plan that puts everything back, last step first. What must be true for it is what this one made."""
        steps = tuple(step.undo() for step in reversed(self.steps))
        reason = Reason(says=f"undoes: {self.title}", id=self.id)
        return plan(f"Undo: {self.title}", steps, reasons=(reason,))


def plan(
    title: str,
    steps: tuple[Step, ...],
    *,
    reasons: tuple[Reason, ...],
    preconditions: tuple[Precondition, ...] = (),
    expires: str = "",
) -> Plan:
    """A Plan of `steps`. Its id follows from what it does alone; to `preconditions` those are added that the steps themselves need."""
    needed = (*preconditions, *(_needed(step) for step in steps))
    return Plan(
        schema=SCHEMA,
        id=_id(steps),
        title=title,
        reasons=reasons,
        preconditions=needed,
        steps=steps,
        expires=expires,
    )


def _id(steps: tuple[Step, ...]) -> str:
    what = [(step.operation, step.target, step.body) for step in steps]
    text = msgspec.json.Encoder(order="deterministic").encode(what)
    return f"plan-{hashlib.blake2b(text, digest_size=8).hexdigest()}"


def _needed(step: Step) -> Precondition:
    if step.operation == "create":
        return Precondition(f"{step.target} is not there yet", step.target, absent=True)
    return Precondition(f"{step.target} is, in what is changed, as it was read", step.target)


# ------------------------------------------------------------------------------------------------ steps


def create(thing: dict[str, Any]) -> Step:
    """The object (decoded JSON) is made."""
    return _step("create", Target.of(thing), thing, {})


def delete(thing: dict[str, Any]) -> Step:
    """The object, as it is, goes."""
    return _step("delete", Target.of(thing), {}, thing)


def patch(before: dict[str, Any], after: dict[str, Any]) -> Step:
    """The object `before` becomes `after`."""
    return _step("patch", Target.of(before), patch_between(before, after), patch_between(after, before))


def _step(operation: Operation, target: Target, body: dict[str, Any], back: dict[str, Any]) -> Step:
    if operation == "patch":
        preview = tuple(_changes(body, back))
    else:
        preview = (f"{operation} {target}", *_summary(body or back))
    return Step(operation, target, body, back, preview)


def _changes(body: Any, back: Any, path: str = "") -> Iterator[str]:
    """`path: old -> new` for every field that a patch sets."""
    if isinstance(body, dict) and (isinstance(back, dict) or back is None):
        for key, value in body.items():
            yield from _changes(value, (back or {}).get(key), _below(path, key))
        return
    if _named(body) and _named(back) and len(body) == len(back):
        for one, other in zip(body, back, strict=True):
            key, name = next(iter(one.items()))
            inner = {field: value for field, value in one.items() if field != key}
            yield from _changes(inner, other, f"{path}[{key}={name}]")
        return
    yield f"{path}: {_shown(back)} -> {_shown(body)}"


def _named(value: Any) -> bool:
    """Whether it is a list of entries, each with its key first."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and len(one) > 1 for one in value)


def _below(path: str, key: str) -> str:
    if "." in key or "/" in key:
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _shown(value: Any) -> str:
    return "(not set)" if value is None else msgspec.json.encode(value).decode()


def _summary(thing: dict[str, Any]) -> Iterator[str]:
    """What an object holds besides its names."""
    for key, value in thing.items():
        if key not in ("apiVersion", "kind", "metadata"):
            for one in value if isinstance(value, list) else (value,):
                yield f"  {key}: {_shown(one)}"
