"""One condition of a free filter: a declared column, an operator, values. What the filter bar and `--where` become."""

from __future__ import annotations

from enum import Enum

import msgspec

from seawall.model.event.field import Table, Type


class Operator(Enum):
    """Operators, by the sign people write."""

    IS = "="
    IS_NOT = "!="
    CONTAINS = "~"
    CONTAINS_NOT = "!~"
    STARTS_WITH = "^="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IN_NETWORK = "in"
    KNOWN = "known"
    UNKNOWN = "unknown"


TEXTUAL = frozenset({Type.TEXT, Type.CATEGORY, Type.ADDRESS})
LISTS = frozenset({Type.TEXTS, Type.CATEGORIES})
NUMBERS = frozenset({Type.U8, Type.U16, Type.U32, Type.U64, Type.I32, Type.I64, Type.F64})

ALLOWED: dict[Operator, frozenset[Type]] = {
    Operator.IS: TEXTUAL | LISTS | NUMBERS | {Type.BOOL, Type.MAP, Type.TIME},
    Operator.IS_NOT: TEXTUAL | LISTS | NUMBERS | {Type.BOOL, Type.MAP, Type.TIME},
    Operator.CONTAINS: TEXTUAL | LISTS | {Type.MAP},
    Operator.CONTAINS_NOT: TEXTUAL | LISTS | {Type.MAP},
    Operator.STARTS_WITH: TEXTUAL | LISTS | {Type.MAP},
    Operator.LESS: NUMBERS | {Type.TIME},
    Operator.AT_MOST: NUMBERS | {Type.TIME},
    Operator.MORE: NUMBERS | {Type.TIME},
    Operator.AT_LEAST: NUMBERS | {Type.TIME},
    Operator.IN_NETWORK: frozenset({Type.ADDRESS}),
    Operator.KNOWN: frozenset(Type) - {Type.COUNTS},
    Operator.UNKNOWN: frozenset(Type) - {Type.COUNTS},
}
"""The types each operator means something for."""


class Condition(msgspec.Struct, frozen=True):
    """`column operator values`: true for a row if it holds for any of the values (`!=` and `!~`: for none of them).

    `column` may be several columns of one table, joined by `|` (`src_namespace|dst_namespace`): true if any holds; for the
    negative operators, if all hold. A map is asked by key: `attributes[http.route]`. Of a list, one element must hold.
    Values are text as people write it; times are nanoseconds or RFC 3339. KNOWN and UNKNOWN take no value.
    """

    column: str
    operator: Operator
    values: tuple[str, ...] = ()

    def columns(self, table: Table) -> tuple[tuple[str, str], ...]:
        """(column, key of a map or ''). Raises ValueError for what the table does not have or the operator does not do."""
        found = []
        for part in self.column.split("|"):
            name, bracket, key = part.partition("[")
            if name not in table.columns:
                raise ValueError(f"{table.name} has no column {name}")
            kind = table.field(name).type
            if table.field(name).aggregate:
                raise ValueError(f"{name} is a sum over rows, not a property of one")
            if (kind is Type.MAP) != bool(bracket) or (bracket and not key.endswith("]")):
                raise ValueError(
                    f"{part}: a map is asked by key, {name}[key]" if kind is Type.MAP else f"{part}: {name} is no map"
                )
            if kind not in ALLOWED[self.operator]:
                raise ValueError(f"{name} is {kind.value}: `{self.operator.value}` does not apply")
            found.append((name, key.removesuffix("]")))
        return tuple(found)
