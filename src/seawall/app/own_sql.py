"""Somebody's own SELECT over the store, as values that JSON and tables can show."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import isfinite
from typing import Any

from seawall.app.answer import Answer
from seawall.app.cells import LARGEST_NUMBER
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store


class SqlAnswer(Answer, frozen=True):
    """`truncated` says that more rows than the limit would have come."""

    columns: list[SqlColumn]
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: float


class SqlColumn(Answer, frozen=True):
    name: str
    type: str


def answer(store: Store, sql: str, limit: int) -> SqlAnswer:
    """The first `limit` rows. For who may read everything: nothing could hold free SQL to a scope. Raises UserError for what the store refuses."""
    began = time.monotonic()
    table = store.ask(sql, ReadScope.everything(), limit=limit + 1)
    rows = [[_plain(value) for value in row.values()] for row in table.slice(0, limit).to_pylist()]
    return SqlAnswer(
        columns=[SqlColumn(name=field.name, type=str(field.type)) for field in table.schema],
        rows=rows,
        truncated=table.num_rows > limit,
        elapsed_ms=round((time.monotonic() - began) * 1000, 1),
    )


def _plain(value: Any) -> Any:
    """A value of somebody's own query, ready for JSON: times as RFC 3339, bytes as text, numbers that JavaScript would round as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value) if abs(value) > LARGEST_NUMBER else value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
