"""Label selectors, with the meaning that apimachinery gives them.

`LabelSelector` is what objects carry (`matchLabels`, `matchExpressions`); `parse` reads the text form of `kubectl -l`. An empty
selector matches everything and an absent one nothing: the caller that holds None decides. `NotIn` and `DoesNotExist` match labels that lack the key.
Source: k8s.io/apimachinery `pkg/labels` and `pkg/apis/meta/v1/helpers.go`, compared with them in tests/model/cluster/test_selector.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """`key operator values`; operators are In, NotIn, Exists, DoesNotExist and, in text selectors only, Gt and Lt."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt":
                return value is not None and _compares(value, self.operator, self.values[0])
            case _:
                raise ValueError(f'"{self.operator}" is not a valid label selector operator')


class LabelSelector(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.match_labels and not self.match_expressions

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the selector picks an object with `labels`. Call `problem` first where the selector may be one the API refuses."""
        for key, value in self.match_labels.items():
            if labels.get(key) != value:
                return False
        return all(requirement.matches(labels) for requirement in self.match_expressions)

    def requirements(self) -> tuple[Requirement, ...]:
        """The whole selector as requirements, `matchLabels` first, each as `In` with one value."""
        return (
            tuple(Requirement(key, "In", (value,)) for key, value in self.match_labels.items()) + self.match_expressions
        )

    def problem(self) -> str | None:
        """Why the API server refuses the selector in an object, or None. `Gt` and `Lt` are for text selectors, which `parse` checks."""
        for requirement in self.requirements():
            if requirement.operator in ("Gt", "Lt"):
                return f'"{requirement.operator}" is not a valid label selector operator'
            if reason := _problem(requirement):
                return reason
        return None

    def __str__(self) -> str:
        return ",".join(describe(requirement) for requirement in self.requirements()) or "everything"


_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


def key_problem(key: str) -> str | None:
    """Why `key` is no qualified name, or None."""
    prefix, slash, name = key.rpartition("/")
    if slash and "/" in prefix:
        return f'label key "{key}" has more than one "/"'
    if slash and not (0 < len(prefix) <= 253 and _PREFIX.fullmatch(prefix)):
        return f'label key "{key}" has a prefix that is no DNS subdomain'
    if not (0 < len(name) <= 63 and _NAME.fullmatch(name)):
        return f'label key "{key}" is not a qualified name'
    return None


def value_problem(value: str) -> str | None:
    """Why `value` is no label value, or None."""
    if value and not (len(value) <= 63 and _NAME.fullmatch(value)):
        return f'"{value}" is not a valid label value'
    return None


def _problem(requirement: Requirement) -> str | None:
    values = requirement.values
    match requirement.operator:
        case "In" | "NotIn":
            if not values:
                return f'"{requirement.operator}" of "{requirement.key}" needs at least one value'
        case "Exists" | "DoesNotExist":
            if values:
                return f'"{requirement.operator}" of "{requirement.key}" takes no values'
        case "Gt" | "Lt":
            if len(values) != 1 or _integer(values[0]) is None:
                return f'"{requirement.operator}" of "{requirement.key}" needs one integer'
        case _:
            return f'"{requirement.operator}" is not a valid label selector operator'
    return key_problem(requirement.key) or next((reason for value in values if (reason := value_problem(value))), None)


def _integer(text: str) -> int | None:
    if re.fullmatch(r"[+-]?[0-9]+", text) and -(1 << 63) <= int(text) < 1 << 63:
        return int(text)
    return None


def _compares(value: str, operator: str, bound: str) -> bool:
    number, limit = _integer(value), _integer(bound)
    if number is None or limit is None:
        return False
    return number > limit if operator == "Gt" else number < limit


def describe(requirement: Requirement) -> str:
    """A requirement in kubectl's notation."""
    match requirement.operator:
        case "In" if len(requirement.values) == 1:
            return f"{requirement.key}={requirement.values[0]}"
        case "In":
            return f"{requirement.key} in ({','.join(requirement.values)})"
        case "NotIn" if len(requirement.values) == 1:
            return f"{requirement.key}!={requirement.values[0]}"
        case "NotIn":
            return f"{requirement.key} notin ({','.join(requirement.values)})"
        case "Exists":
            return requirement.key
        case "DoesNotExist":
            return f"!{requirement.key}"
        case "Gt":
            return f"{requirement.key}>{requirement.values[0]}"
        case _:
            return f"{requirement.key}<{requirement.values[0]}"


# ------------------------------------------------------------------------------------------------ the text form

_TOKEN = re.compile(r"\s*(?:(==|!=|=|!|\(|\)|,|>|<)|([^\s=!(),<>]+))")
_SYMBOLS = {"=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}


def parse(text: str) -> LabelSelector:
    """The selector that `kubectl -l text` means. ValueError says what is wrong with it."""
    tokens = _tokens(text)
    requirements: list[Requirement] = []
    position = 0
    if not tokens:
        return LabelSelector()
    while True:
        requirement, position = _requirement(tokens, position, text)
        if reason := _problem(requirement):
            raise ValueError(reason)
        requirements.append(requirement)
        if position == len(tokens):
            return LabelSelector(match_expressions=tuple(requirements))
        if tokens[position] != ",":
            raise ValueError(f'found "{tokens[position]}" in "{text}", expected "," or the end')
        position += 1
        if position == len(tokens):
            raise ValueError(f'"{text}" ends with ","')


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f'cannot read "{text[position:]}"')
        tokens.append(match[1] or match[2])
        position = match.end()
    return tokens


def _requirement(tokens: list[str], position: int, text: str) -> tuple[Requirement, int]:
    def word(at: int) -> str:
        if at < len(tokens) and tokens[at] not in ("=", "==", "!=", "!", "(", ")", ",", ">", "<"):
            return tokens[at]
        raise ValueError(f'found "{tokens[at] if at < len(tokens) else ""}" in "{text}", expected an identifier')

    if tokens[position] == "!":
        return Requirement(word(position + 1), "DoesNotExist"), position + 2
    key = word(position)
    position += 1
    if position == len(tokens) or tokens[position] == ",":
        return Requirement(key, "Exists"), position
    sign = tokens[position]
    if sign in ("in", "notin"):
        values, position = _values(tokens, position + 1, text)
        return Requirement(key, "In" if sign == "in" else "NotIn", values), position
    if sign not in _SYMBOLS:
        raise ValueError(f'found "{sign}" in "{text}", expected one of in, notin, =, ==, !=, >, <')
    position += 1
    if position == len(tokens) or tokens[position] == ",":
        return Requirement(key, _SYMBOLS[sign], ("",)), position
    return Requirement(key, _SYMBOLS[sign], (word(position),)), position + 1


def _values(tokens: list[str], position: int, text: str) -> tuple[tuple[str, ...], int]:
    if position >= len(tokens) or tokens[position] != "(":
        raise ValueError(f'"{text}" lacks "(" after in or notin')
    position += 1
    values: list[str] = []
    pending = True
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token == ")":
            if pending:
                values.append("")
            return tuple(sorted(set(values))), position
        if token == ",":
            if pending:
                values.append("")
            pending = True
        elif pending:
            values.append(token)
            pending = False
        else:
            break
    raise ValueError(f'"{text}" lacks ")"')
