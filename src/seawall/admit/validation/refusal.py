"""What stands in the way of a pod, as the API server puts it: a field, a kind of fault, a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

Fault = Literal["required", "invalid", "unsupported", "duplicate", "forbidden", "missing"]
"""The kinds of fault of the API's field errors; `missing` is what they call "not found"."""


class Refusal(NamedTuple):
    """`path` leads from the object's root to the field."""

    path: str
    fault: Fault
    what: str


def required(path: str, value: object) -> Iterator[Refusal]:
    if not value:
        yield Refusal(path, "required", "must be set")


def one_of(path: str, value: str | None, known: frozenset[str]) -> Iterator[Refusal]:
    """A value that is set must be one of `known`; the API server fills in what is not set."""
    if value and value not in known:
        yield Refusal(path, "unsupported", f'"{value}" is none of {", ".join(sorted(known))}')


def within(path: str, value: int | None, least: int, most: int) -> Iterator[Refusal]:
    if value is not None and not least <= value <= most:
        yield Refusal(path, "invalid", f"{value} is not between {least:,} and {most:,}")


def invalid(path: str, problem: str | None) -> Iterator[Refusal]:
    if problem is not None:
        yield Refusal(path, "invalid", problem)
