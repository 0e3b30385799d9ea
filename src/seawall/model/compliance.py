"""The answer to "how do we stand by this framework": control by control, and by team and namespace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import msgspec

SCHEMA = "seawall.compliance/v1"


class State(StrEnum):
    """How a control stands, worst first.

    FAIL: a check that looks at it found a fault. UNKNOWN: one could not tell. ACCEPTED: every fault is accepted. PASS: every check that looks at it ran and found nothing.
    OUT_OF_SCOPE: this kind of source never holds what its checks look at. NOT_COVERED: no check looks at it.
    """

    FAIL = "fail"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PASS = "pass"
    OUT_OF_SCOPE = "out of scope"
    NOT_COVERED = "not covered"


class ControlResult(msgspec.Struct, frozen=True, rename="camel"):
    """One control. `checks` look at it, those of them that found a fault are `failing`; `why` says what is unknown or out of scope, `objects` counts those with a fault, `findings` are the ids of what fails or is unknown."""

    id: str
    title: str
    state: State
    checks: tuple[str, ...]
    failing: tuple[str, ...]
    fail: int
    unknown: int
    accepted: int
    objects: int
    severity: str
    why: tuple[str, ...]
    findings: tuple[str, ...]


class Unit(msgspec.Struct, frozen=True, rename="camel"):
    """A namespace or a team: how many controls stand how, of those that look at objects of namespaces, and which fail. "" is what belongs to none."""

    name: str
    states: dict[str, int]
    fail: int
    failing: tuple[str, ...]


class Compliance(msgspec.Struct, frozen=True, rename="camel"):
    """One framework over what was read. `states` counts controls; `partial` says what was not read, so that no PASS rests on it."""

    schema: str
    tool: str
    framework: str
    name: str
    version: str
    cluster: str
    scope: str
    at: str
    states: dict[str, int]
    controls: tuple[ControlResult, ...]
    namespaces: tuple[Unit, ...]
    teams: tuple[Unit, ...]
    partial: tuple[str, ...]


ORDER = {state: rank for rank, state in enumerate(State)}
"""Worst first."""


def counted(states: Iterable[State]) -> dict[str, int]:
    """How many of each, all of them named."""
    counts = Counter(states)
    return {state.value: counts[state] for state in State}
