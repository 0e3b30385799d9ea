"""What the readers of all dialects share: fields read as strictly as the API server reads them, and selectors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from seawall.kit.prefixes import Prefix, prefix
from seawall.model.cluster.names import subdomain_problem
from seawall.model.cluster.selector import key_problem, value_problem
from seawall.policy.labels import EVERYTHING, All, Expression, Match, Scope


class Refused(ValueError):
    """The API server refuses the policy: `path` is where in it, `reason` why."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


def mapping(value: Any, path: str) -> dict[str, Any]:
    """`value` as an object; null and absent are empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(path, f"must be an object, not {_kind(value)}")
    return value


def sequence(value: Any, path: str) -> list[Any]:
    """`value` as a list; null and absent are empty."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise Refused(path, f"must be a list, not {_kind(value)}")
    return value  # type: ignore[return-value]  # read only


def text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Refused(path, f"must be a string, not {_kind(value)}")
    return value


def number(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(path, f"must be an integer, not {_kind(value)}")
    return value


def boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise Refused(path, f"must be true or false, not {_kind(value)}")
    return value


def only(fields: dict[str, Any], allowed: frozenset[str], path: str) -> None:
    """Refuses fields that the API does not have."""
    if not allowed.issuperset(fields):
        for name in fields:
            if name not in allowed and fields[name] is not None:
                raise Refused(f"{path}.{name}" if path else name, f'unknown field "{name}"')


def choice(value: Any, allowed: Iterable[str], path: str) -> str:
    if value not in allowed:
        raise Refused(path, f'"{value}" is none of {", ".join(sorted(allowed))}')
    return str(value)


def cidr(value: Any, path: str) -> Prefix:
    try:
        return prefix(text(value, path))
    except ValueError as error:
        raise Refused(path, str(error)) from None


def _kind(value: Any) -> str:
    return {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }.get(type(value), "null")


# ------------------------------------------------------------------------------------------------ selectors

_key_problem = lru_cache(maxsize=1 << 14)(key_problem)
_value_problem = lru_cache(maxsize=1 << 16)(value_problem)
_SELECTOR = frozenset(("matchLabels", "matchExpressions"))
_REQUIREMENT = frozenset(("key", "operator", "values"))
_OPERATORS: dict[str, tuple[Any, bool]] = {
    "In": ("in", True),
    "NotIn": ("not in", True),
    "Exists": ("has", False),
    "DoesNotExist": ("has not", False),
}


def selector(value: Any, scope: Scope, path: str) -> Expression:
    """The expression that a label selector means; an empty one matches everything. The caller decides what an absent one means."""
    fields = mapping(value, path)
    if not fields:
        return EVERYTHING
    only(fields, _SELECTOR, path)
    found: list[Match] = []
    labels, expressions = fields.get("matchLabels"), fields.get("matchExpressions")
    if labels is not None:
        place = f"{path}.matchLabels"
        for key, wanted in mapping(labels, place).items():
            if not isinstance(wanted, str):
                raise Refused(f"{place}.{key}", f"must be a string, not {_kind(wanted)}")
            try:
                found.append(_equals(scope, key, wanted))
            except ValueError as error:
                raise Refused(place, str(error)) from None
    if expressions is not None:
        place = f"{path}.matchExpressions"
        for index, entry in enumerate(sequence(expressions, place)):
            found.append(_requirement(entry, scope, f"{place}[{index}]"))
    return found[0] if len(found) == 1 else All(tuple(found))


@lru_cache(maxsize=1 << 16)
def _equals(scope: Scope, key: str, value: str) -> Match:
    """That a label has this value; one object for all policies that say so. ValueError where the API server takes no such label."""
    if problem := _key_problem(key) or _value_problem(value):
        raise ValueError(problem)
    return Match(scope, key, "in", (value,))


def _requirement(value: Any, scope: Scope, path: str) -> Match:
    fields = mapping(value, path)
    only(fields, _REQUIREMENT, path)
    known = _OPERATORS.get(fields.get("operator", ""))
    if known is None:
        raise Refused(f"{path}.operator", f'"{fields.get("operator", "")}" is not a valid label selector operator')
    operator, takes_values = known
    key = text(fields.get("key", ""), f"{path}.key")
    values = tuple(text(one, f"{path}.values") for one in sequence(fields.get("values"), f"{path}.values"))
    if takes_values and not values:
        raise Refused(f"{path}.values", f'must be given with the operator "{fields["operator"]}"')
    if values and not takes_values:
        raise Refused(f"{path}.values", f'may not be given with the operator "{fields["operator"]}"')
    _check_label(key, values, path)
    return Match(scope, key, operator, tuple(sorted(set(values))) if len(values) > 1 else values)


def _check_label(key: str, values: tuple[str, ...], path: str) -> None:
    if problem := _key_problem(key):
        raise Refused(path, problem)
    for value in values:
        if problem := _value_problem(value):
            raise Refused(path, problem)


# ------------------------------------------------------------------------------------------------ names


def name_problem(name: str) -> str | None:
    """Why `name` is no object name (a DNS subdomain), or None. An empty one is generated by the server."""
    return subdomain_problem(name) if name else None
