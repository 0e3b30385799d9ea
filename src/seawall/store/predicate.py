"""Predicates that are spliced into queries. Here, what a principal may read; what a person filters for is made of the same in `app.predicate`.

Only names from declarations are ever written into SQL; every value is a bound parameter.
"""

from __future__ import annotations

import msgspec

from seawall.model.event import Table
from seawall.model.event.field import LISTS
from seawall.model.event.read_scope import ReadScope


class Predicate(msgspec.Struct, frozen=True):
    """An SQL expression and the values of its parameters."""

    sql: str
    parameters: dict[str, object]


EVERY_ROW = Predicate("1", {})


def scope_predicate(scope: ReadScope, table: Table, *, prefix: str = "scope") -> Predicate:
    """True for the rows of `table` that `scope` may read. Raises PermissionError if it may read none of them."""
    if not scope.reads(table.name):
        raise PermissionError(f"not allowed to read {table.name}")
    if scope.all_clusters:
        return EVERY_ROW
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


class Time(int):
    """Nanoseconds since 1970 that are to be bound as a DateTime64(9)."""

    def __str__(self) -> str:
        seconds, nanoseconds = divmod(int(self), 1_000_000_000)
        return f"{seconds}.{nanoseconds:09d}"
