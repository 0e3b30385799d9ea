"""Predicates that are spliced into queries: what a principal may read, and what a person filters for.

Only names from declarations are ever written into SQL; every value is a bound parameter.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

import msgspec

from seawall.model.event import Table, Type
from seawall.model.event.condition import LISTS, NUMBERS, Condition, Operator
from seawall.model.event.read_scope import ReadScope


class Predicate(msgspec.Struct, frozen=True):
    """An SQL expression and the values of its parameters."""

    sql: str
    parameters: dict[str, object]


def scope_predicate(scope: ReadScope, table: Table, *, prefix: str = "scope") -> Predicate:
    """True for the rows of `table` that `scope` may read. Raises PermissionError if it may read none of them."""
    if not scope.reads(table.name):
        raise PermissionError(f"not allowed to read {table.name}")
    if scope.all_clusters:
        return Predicate("1", {})
    parts: list[str] = []
    parameters: dict[str, object] = {}
    if scope.clusters:
        parts.append(f"cluster IN {{{prefix}_clusters:Array(String)}}")
        parameters[f"{prefix}_clusters"] = sorted(scope.clusters)
    if scope.namespaces and table.namespaces:
        pairs = f"{prefix}_namespaces"
        parameters[pairs] = sorted(scope.namespaces)
        for column in table.namespaces:
            wanted = f"{{{pairs}:Array(Tuple(String, String))}}"
            if table.field(column).type in LISTS:
                parts.append(f"arrayExists(n -> (toString(cluster), toString(n)) IN {wanted}, {column})")
            else:
                parts.append(f"(toString(cluster), toString({column})) IN {wanted}")
    if not parts:
        raise PermissionError(f"not allowed to read {table.name} of any cluster")
    return Predicate(f"({' OR '.join(parts)})", parameters)


def filter_predicate(conditions: Iterable[Condition], table: Table, *, prefix: str = "filter") -> Predicate:
    """True for the rows where all conditions hold. Raises ValueError for a condition that does not fit the table."""
    parts: list[str] = []
    parameters: dict[str, object] = {}
    for number, condition in enumerate(conditions):
        negative = condition.operator in (Operator.IS_NOT, Operator.CONTAINS_NOT)
        columns = [
            _one(column, key, condition, table, f"{prefix}_{number}_{at}", parameters)
            for at, (column, key) in enumerate(condition.columns(table))
        ]
        parts.append(f"({(' AND ' if negative else ' OR ').join(columns)})")
    return Predicate(" AND ".join(parts) or "1", parameters)


def _one(column: str, key: str, condition: Condition, table: Table, name: str, parameters: dict[str, object]) -> str:
    field = table.field(column)
    operator, kind = condition.operator, field.type
    if operator in (Operator.KNOWN, Operator.UNKNOWN):
        unknown = f"isNull({column})" if field.null else f"empty({column})" if _has_emptiness(kind) else "0"
        return unknown if operator is Operator.UNKNOWN else f"NOT ({unknown})"
    if not condition.values:
        raise ValueError(f"{condition.column} {operator.value}: a value is missing")
    subject = column
    if kind is Type.MAP:
        parameters[f"{name}_key"] = key
        subject = f"{column}[{{{name}_key:String}}]"
    if operator is Operator.IN_NETWORK:
        parameters[name] = list(condition.values)
        return f"arrayExists(net -> isIPAddressInRange(if({subject} = '', '::', {subject}), net), {{{name}:Array(String)}}) AND {subject} != ''"
    if kind in NUMBERS or kind in (Type.TIME, Type.BOOL):
        return _compared(subject, kind, condition, name, parameters)
    parameters[name] = list(condition.values)
    values = f"{{{name}:Array(String)}}"
    if operator in (Operator.IS, Operator.IS_NOT):
        held = f"hasAny({subject}, {values})" if kind in LISTS else f"{subject} IN {values}"
    elif kind in LISTS:
        held = f"arrayExists(e -> {_matches('toString(e)', values, operator)}, {subject})"
    else:
        held = _matches(f"toString({subject})", values, operator)
    if operator in (Operator.IS_NOT, Operator.CONTAINS_NOT):
        return f"NOT ifNull({held}, 0)"
    return held


def _matches(text: str, values: str, operator: Operator) -> str:
    test = (
        f"startsWith({text}, v)" if operator is Operator.STARTS_WITH else f"positionCaseInsensitiveUTF8({text}, v) > 0"
    )
    return f"arrayExists(v -> {test}, {values})"


def _compared(subject: str, kind: Type, condition: Condition, name: str, parameters: dict[str, object]) -> str:
    sign = condition.operator.value
    parameters[name] = [_value(text, kind, condition.column) for text in condition.values]
    sql_type = (
        "Float64"
        if kind is Type.F64
        else "Bool"
        if kind is Type.BOOL
        else "DateTime64(9)"
        if kind is Type.TIME
        else "Int128"
    )
    left = subject if kind in (Type.TIME, Type.BOOL, Type.F64) else f"toInt128({subject})"
    if condition.operator is Operator.IS_NOT:
        return f"NOT ifNull(has({{{name}:Array({sql_type})}}, {left}), 0)"
    if condition.operator is Operator.IS:
        return f"ifNull(has({{{name}:Array({sql_type})}}, {left}), 0)"
    return f"ifNull(arrayExists(v -> {left} {sign} v, {{{name}:Array({sql_type})}}), 0)"


def _has_emptiness(kind: Type) -> bool:
    return kind not in NUMBERS and kind not in (Type.TIME, Type.BOOL)


def _value(text: str, kind: Type, column: str) -> object:
    try:
        if kind is Type.BOOL:
            return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
        if kind is Type.F64:
            return float(text)
        if kind is Type.TIME:
            return Time(nanoseconds_of(text))
        return int(text)
    except (ValueError, KeyError):
        raise ValueError(f"{column}: {text!r} is no {kind.value}") from None


class Time(int):
    """Nanoseconds since 1970 that are to be bound as a DateTime64(9)."""

    def __str__(self) -> str:
        seconds, nanoseconds = divmod(int(self), 1_000_000_000)
        return f"{seconds}.{nanoseconds:09d}"


def nanoseconds_of(text: str) -> int:
    """Nanoseconds since 1970 of an integer text, or of an RFC 3339 time with up to nine decimals. Raises ValueError."""
    stripped = text.strip()
    if stripped.lstrip("-").isdigit():
        return int(stripped)
    moment = datetime.datetime.fromisoformat(stripped)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    fraction = re.search(r"\.(\d{1,9})", stripped)
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * 1_000_000_000 + (int(fraction[1].ljust(9, "0")) if fraction else 0)
