"""Signals: what a rule's row becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from seawall.model.finding import Severity
from seawall.spi.detector import Rule

RELATED = "related"
"""The key under which a stored signal keeps the other entities it touches, one a line."""


class Signal(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Something a rule found. Times are UTC nanoseconds; `evidence` are event ids; `related` are `kind:name`."""

    id: str
    cluster: str
    rule: str
    version: str
    severity: Severity
    time: int
    title: str
    entity_kind: str
    entity: str
    namespace: str
    workload: str
    workload_kind: str
    events: int
    reasons: tuple[str, ...]
    key: dict[str, str]
    related: tuple[str, ...]
    evidence: tuple[str, ...]
    kinds: tuple[str, ...]
    attack: tuple[str, ...]
    simulated: bool
    score: float | None = None
    window_start: int | None = None
    window_end: int | None = None

    @property
    def entities(self) -> frozenset[str]:
        """Everything it touches, as `kind:name`."""
        return frozenset((f"{self.entity_kind}:{self.entity}", *self.related))


def signal_id(
    cluster: str, rule: str, version: str, window_start: int | None, entity: str, key: Mapping[str, str]
) -> str:
    """The same finding of the same rule has the same id whenever and wherever it is made."""
    digest = hashlib.blake2b(digest_size=12)
    for part in (
        cluster,
        rule,
        version,
        "" if window_start is None else str(window_start),
        entity,
        *(f"{name}={key[name]}" for name in sorted(key)),
    ):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()


def signal_of(rule: Rule, row: Mapping[str, Any], window: tuple[int, int] | None) -> Signal:
    """The signal in a row of `rule`'s query."""
    start, end = window or (None, None)
    key = {str(name): str(value) for name, value in row["key"].items()}
    return Signal(
        id=signal_id(row["cluster"], rule.id, rule.version, start, row["entity"], key),
        cluster=row["cluster"],
        rule=rule.id,
        version=rule.version,
        severity=rule.severity,
        time=row["time"],
        title=row["title"],
        entity_kind=rule.entity,
        entity=row["entity"],
        namespace=row["namespace"],
        workload=row["workload"],
        workload_kind=row["workload_kind"],
        events=row["events"],
        reasons=tuple(row["reasons"]),
        key=key,
        related=tuple(row["related"]),
        evidence=tuple(row["evidence"]),
        kinds=(rule.reads,),
        attack=rule.attack,
        simulated=bool(row["simulated"]),
        score=row["score"],
        window_start=start,
        window_end=end,
    )
