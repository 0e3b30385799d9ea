"""What use cases give back: values that the web encodes as they are and the command line prints."""

from __future__ import annotations

from typing import Literal

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
    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    info: int = 0


class ObjectName(Answer, frozen=True):
    """An object as links need it. `namespace` is "" for what has none, `group` the API group ("" for core)."""

    kind: str
    namespace: str = ""
    name: str
    group: str = ""
