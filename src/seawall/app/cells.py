"""Values of the store as JSON can hold them: times as text, numbers that JavaScript would round as text."""

from __future__ import annotations

from typing import Any

from seawall.app.moment import rfc3339
from seawall.model.event import Field, Type

LARGEST_NUMBER = 2**53


def cell(value: Any, field: Field) -> Any:
    """One value of a column, ready for JSON."""
    if value is None:
        return None
    if field.type is Type.TIME:
        return rfc3339(value)
    if field.type is Type.TIMES:
        return [rfc3339(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_NUMBER:
        return str(value)
    return value


def time_or_none(value: int | None) -> str | None:
    return None if value is None else rfc3339(value)
