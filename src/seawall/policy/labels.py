"""Label expressions: one language for the selectors of every dialect.

An expression looks at *attributes* of an endpoint. An attribute is named by a scope and a key: a pod's own labels, those of its namespace or
of its service account, and facts that are no labels (its namespace's name, its own name, its account's name).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

Scope = Literal["label", "namespace", "account", "fact"]
Attributes = Callable[[str, str], "str | None"]
"""`(scope, key)` to the attribute's value, None where the endpoint has no such attribute."""

Operator = Literal["in", "not in", "has", "has not", "contains", "starts with", "ends with"]


class Match(msgspec.Struct, frozen=True, cache_hash=True):
    """One test of one attribute. `not in` and `has not` hold where the attribute is absent."""

    scope: Scope
    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def test(self, value: str | None) -> bool:
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "not in":
                return value is None or value not in self.values
            case "has":
                return value is not None
            case "has not":
                return value is None
            case "contains":
                return value is not None and self.values[0] in value
            case "starts with":
                return value is not None and value.startswith(self.values[0])
            case "ends with":
                return value is not None and value.endswith(self.values[0])


class All(msgspec.Struct, frozen=True, cache_hash=True):
    """Every part holds; none of them: everything matches."""

    parts: tuple[Expression, ...] = ()


class Any(msgspec.Struct, frozen=True, cache_hash=True):
    """Some part holds; none of them: nothing matches."""

    parts: tuple[Expression, ...] = ()


class Not(msgspec.Struct, frozen=True, cache_hash=True):
    part: Expression


Expression = Match | All | Any | Not

EVERYTHING = All()
NOTHING = Any()


def both(*parts: Expression) -> Expression:
    """All of `parts`, flattened."""
    flat: list[Expression] = []
    for part in parts:
        if isinstance(part, All):
            flat.extend(part.parts)
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def holds(expression: Expression, attributes: Attributes) -> bool:
    """Whether an endpoint with these attributes matches."""
    if isinstance(expression, Match):
        return expression.test(attributes(expression.scope, expression.key))
    if isinstance(expression, All):
        return all(holds(part, attributes) for part in expression.parts)
    if isinstance(expression, Any):
        return any(holds(part, attributes) for part in expression.parts)
    return not holds(expression.part, attributes)


def matches_of(expression: Expression) -> Iterator[Match]:
    """Every test in the expression."""
    if isinstance(expression, Match):
        yield expression
    elif isinstance(expression, Not):
        yield from matches_of(expression.part)
    else:
        for part in expression.parts:
            yield from matches_of(part)


def fact(key: str, *values: str) -> Expression:
    """That a fact (`namespace`, `name`, `account`) has one of `values`."""
    return Match("fact", key, "in", values)


def describe(expression: Expression) -> str:
    """The expression as a person reads it."""
    if isinstance(expression, Match):
        name = expression.key if expression.scope in ("label", "fact") else f"{expression.scope} {expression.key}"
        values = expression.values
        match expression.operator:
            case "in":
                return f"{name}={values[0]}" if len(values) == 1 else f"{name} in ({','.join(values)})"
            case "not in":
                return f"{name}!={values[0]}" if len(values) == 1 else f"{name} notin ({','.join(values)})"
            case "has":
                return name
            case "has not":
                return f"!{name}"
            case operator:
                return f"{name} {operator} {values[0]}"
    if isinstance(expression, All):
        return ", ".join(_inner(part) for part in expression.parts) or "everything"
    if isinstance(expression, Any):
        return " or ".join(_inner(part) for part in expression.parts) or "nothing"
    return f"not ({describe(expression.part)})"


def _inner(expression: Expression) -> str:
    text = describe(expression)
    return f"({text})" if isinstance(expression, All | Any) and len(expression.parts) > 1 else text
