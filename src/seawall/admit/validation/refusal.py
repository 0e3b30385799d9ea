"""What stands in the way of a pod, as the API server puts it: a field, a kind of fault, a sentence."""

from __future__ import annotations

from typing import Literal, NamedTuple

Fault = Literal["required", "invalid", "unsupported", "duplicate", "forbidden", "missing"]
"""The kinds of fault of the API's field errors; `missing` is what they call "not found"."""


class Refusal(NamedTuple):
    """`path` leads from the object's root to the field."""

    path: str
    fault: Fault
    what: str


Refusals = tuple[Refusal, ...]
"""None or one. Fields are asked for by the million and nearly all are right, so that these are no generators."""


def required(path: str, value: object) -> Refusals:
    return () if value else (Refusal(path, "required", "must be set"),)


def one_of(path: str, value: str | None, known: frozenset[str]) -> Refusals:
    """A value that is set must be one of `known`; the API server fills in what is not set."""
    if not value or value in known:
        return ()
    return (Refusal(path, "unsupported", f'"{value}" is none of {", ".join(sorted(known))}'),)


def within(path: str, value: int | None, least: int, most: int) -> Refusals:
    if value is None or least <= value <= most:
        return ()
    return (Refusal(path, "invalid", f"{value} is not between {least:,} and {most:,}"),)


def invalid(path: str, problem: str | None) -> Refusals:
    return () if problem is None else (Refusal(path, "invalid", problem),)
