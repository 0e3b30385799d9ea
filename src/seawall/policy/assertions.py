"""Reachability tests as a file: what must be allowed, what must not be, judged like any connection.

profile: upstream            # optional
tests:
  - name: the shop reaches its database
    from: {workload: shop/web}
    to: {service: shop/db}
    port: 5432
    allowed: true
  - name: nobody outside reaches the database
    from: {ip: 203.0.113.1}
    to: {pod: shop/db-0}
    port: 5432
    allowed: false
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from seawall.policy.connections import Answer, Connection, Evaluator
from seawall.policy.lower import PolicyModel

Outcome = Literal["pass", "fail", "unknown"]


class Expectation(Connection, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A connection and what is expected of it. `allowed` may be null: that it cannot be told is what is expected."""

    allowed: bool | None
    name: str = ""


class Suite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of expectations."""

    tests: tuple[Expectation, ...]
    profile: str | None = None


class Result(msgspec.Struct, frozen=True):
    """How one expectation came out. An answer that cannot be told is `unknown` where a definite one was expected: it neither holds nor fails."""

    name: str
    outcome: Outcome
    expected: bool | None
    answer: Answer
    index: int


def read(document: Any) -> Suite:
    """The suite in a decoded document. ValueError says what is wrong and where."""
    return msgspec.convert(document, Suite)


def check(model: PolicyModel, suite: Suite) -> tuple[Result, ...]:
    """Every expectation against the model, in order."""
    evaluator = Evaluator(model)
    found = []
    for index, one in enumerate(suite.tests):
        answer = evaluator.answer(one)
        if answer.allowed is one.allowed:
            outcome: Outcome = "pass"
        elif answer.allowed is None and answer.split is None:
            outcome = "unknown"
        else:
            outcome = "fail"
        name = (
            one.name
            or f"{one.source} to {one.destination}, {one.protocol} {one.port if one.port is not None else ''}".rstrip(
                ", "
            )
        )
        found.append(Result(name, outcome, one.allowed, answer, index))
    return tuple(found)
