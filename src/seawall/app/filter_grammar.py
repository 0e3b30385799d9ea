"""The filter that people type: text to terms and back. Documented for users in `docs/reference/api.md`.

    query  = [ term { space term } ]                      every term must hold
    term   = [ "-" ] ( field ":" value { "," value }      one of the values
                     | field ( ">=" | "<=" | ">" | "<" ) value
                     | word )                             part of a name
    field  = letter { letter | digit | "_" } [ "." key ]  `dst_port`, `attributes.k8s.io/x`, `source.k8s.pod.name`
    value  = quoted | bare                                a bare value may hold `*` and `:`, not space, comma or quote; after `>` it does not begin with `=`
    word   = quoted | bare                                a bare word may hold commas
    quoted = '"' { char | '\\"' | '\\\\' } '"'

What begins like a field is one: a word with a colon in it must be quoted. `parse` and `render` are inverse to each other.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

LONGEST_QUERY = 4096
MOST_TERMS = 64
MOST_VALUES = 256

Comparison = Literal[":", ">=", "<=", ">", "<"]


class FilterError(ValueError):
    """The filter cannot be understood; `position` is the offset of the character at fault, from 0."""

    def __init__(self, message: str, position: int) -> None:
        self.message, self.position = message, position
        super().__init__(f"filter, character {position + 1}: {message}")


class Value(msgspec.Struct, frozen=True):
    """`quoted` text is taken literally; bare text may be a pattern (`*`), a network, a number with a unit or `null`."""

    text: str
    quoted: bool = False


class Term(msgspec.Struct, frozen=True):
    """One condition. `field` is "" for a word; `position` is where the term begins and plays no part in equality of meaning."""

    field: str
    comparison: Comparison
    values: tuple[Value, ...]
    negated: bool = False
    position: int = 0


_FIELD = re.compile(r'([A-Za-z_][A-Za-z0-9_]*(?:\.[^\s:"<>=,]+)?)(:|>=|<=|>|<)')
_BARE_VALUE = re.compile(r'[^\s,"]+')
_BARE_WORD = re.compile(r'[^\s"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_SPACE = re.compile(r"\s*")


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a filter; none for an empty one. Raises FilterError."""
    if len(text) > LONGEST_QUERY:
        raise FilterError(f"longer than {LONGEST_QUERY} characters", LONGEST_QUERY)
    terms: list[Term] = []
    values = 0
    at = _skip(text, 0)
    while at < len(text):
        term, end = _term(text, at)
        terms.append(term)
        values += len(term.values)
        if len(terms) > MOST_TERMS or values > MOST_VALUES:
            raise FilterError(f"more than {MOST_TERMS} terms or {MOST_VALUES} values", at)
        if end < len(text) and not text[end].isspace():
            raise FilterError(f"a space expected before `{text[end]}`", end)
        at = _skip(text, end)
    return tuple(terms)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _term(text: str, start: int) -> tuple[Term, int]:
    negated = text[start] == "-"
    at = start + negated
    field = _FIELD.match(text, at)
    if field is None:
        word, end = _value(text, at, _BARE_WORD, "a word or a field")
        if not word.text:
            raise FilterError("an empty word", at)
        return Term("", ":", (word,), negated, start), end
    comparison: Comparison = field[2]  # type: ignore[assignment]  # what the expression matches
    values: list[Value] = []
    at = field.end()
    while True:
        value, at = _value(text, at, _BARE_VALUE, f"a value after `{field[0]}`")
        values.append(value)
        if at == len(text) or text[at] != ",":
            break
        if comparison != ":":
            raise FilterError(f"`{comparison}` takes one value", at)
        at += 1
    return Term(field[1], comparison, tuple(values), negated, start), at


def _value(text: str, at: int, bare: re.Pattern[str], expected: str) -> tuple[Value, int]:
    if at < len(text) and text[at] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise FilterError("a quote that is not closed, or a backslash before neither quote nor backslash", at)
        return Value(re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), True), quoted.end()
    found = bare.match(text, at)
    if found is None:
        raise FilterError(f"{expected} expected", at)
    return Value(found[0]), found.end()


def render(terms: tuple[Term, ...]) -> str:
    """The canonical text of terms: `parse(render(terms))` are the same terms, but for their positions."""
    return " ".join(_render(term) for term in terms)


def _render(term: Term) -> str:
    sign = "-" if term.negated else ""
    if not term.field:
        return sign + _text(term.values[0])
    return f"{sign}{term.field}{term.comparison}{','.join(map(_text, term.values))}"


def _text(value: Value) -> str:
    if not value.quoted:
        return value.text
    escaped = value.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
