"""What use cases give back: values that the web encodes as they are and the command line prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

SeverityName = Literal["critical", "high", "medium", "low", "info"]
EventKind = Literal["flow", "dns", "audit", "process"]


class Answer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The base of every answer. Times are RFC 3339 in UTC, sizes bytes, durations nanoseconds unless a name says otherwise."""


class Window(Answer, frozen=True):
    """A stretch of time, `from` included and `to` not."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")


class SeverityCounts(Answer, frozen=True):
    critical: int
    high: int
    medium: int
    low: int
    info: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> SeverityCounts:
        return cls(**{name: counts.get(name, 0) for name in get_args(SeverityName)})


def entity_id(kind: str, namespace: str, name: str) -> str:
    """The one name of an entity in every answer and link: `kind/namespace/name`, namespace `_` for what has none.

    >>> entity_id("workload", "shop", "web")
    'workload/shop/web'
    """
    return f"{kind}/{namespace or '_'}/{name}"


class ObjectName(Answer, frozen=True):
    """An object as links need it. `namespace` is "" for what has none, `group` the API group ("" for core)."""

    kind: str
    namespace: str
    name: str
    group: str
