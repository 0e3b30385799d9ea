"""Calico's selector language: `has(a) && b in {'x', 'y'} || !(c starts with "z")`.

Operators: `==`, `!=`, `in`, `not in`, `contains`, `starts with`, `ends with`, `has()`, `all()`, `global()`, `!`, `&&`, `||` and parentheses, `||` binding
least. `!=` and `not in` hold where the label is absent. `all()` in a namespace selector means every namespace, `global()` what is in none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from seawall.policy.labels import EVERYTHING, All, Any, Expression, Match, Not, Operator, Scope

Name = Callable[[str], "tuple[Scope, str]"]
"""Which attribute a label of the selector is."""

_TOKEN = re.compile(
    r"""[ \t]*(?:
        (?P<call>has|all|global)\([ \t]*(?P<argument>[a-zA-Z0-9_./-]*)[ \t]*\)
      | (?P<sign>&&|\|\||==|!=|!|\(|\)|\{|\}|,)
      | (?P<quoted>"[^"]*"|'[^']*')
      | (?P<word>[a-zA-Z0-9_./-]+)
    )""",
    re.VERBOSE,
)
_WORDS: tuple[tuple[re.Pattern[str], Operator], ...] = (
    (re.compile(r"[ \t]*contains"), "contains"),
    (re.compile(r"[ \t]*starts[ \t]*with"), "starts with"),
    (re.compile(r"[ \t]*ends[ \t]*with"), "ends with"),
    (re.compile(r"[ \t]*not[ \t]*in"), "not in"),
    (re.compile(r"[ \t]*in"), "in"),
    (re.compile(r"[ \t]*=="), "in"),
    (re.compile(r"[ \t]*!="), "not in"),
)


class _Token(NamedTuple):
    kind: str
    value: str


def pod_label(key: str) -> tuple[Scope, str]:
    """A label of an endpoint, with the names that Calico gives to its namespace, its account and their labels."""
    if key in _FACTS:
        return "fact", _FACTS[key]
    if key.startswith("pcns."):
        return "namespace", key.removeprefix("pcns.")
    if key.startswith("pcsa."):
        return "account", key.removeprefix("pcsa.")
    return "label", key


_FACTS = {
    "projectcalico.org/namespace": "namespace",
    "projectcalico.org/serviceaccount": "account",
    "projectcalico.org/orchestrator": "orchestrator",
    "projectcalico.org/name": "name",
}


def namespace_label(key: str) -> tuple[Scope, str]:
    """A label in a namespace selector; `projectcalico.org/name` is the namespace's name."""
    return ("fact", "namespace") if key == "projectcalico.org/name" else ("namespace", key)


def account_label(key: str) -> tuple[Scope, str]:
    """A label in a service account selector; `projectcalico.org/name` is the account's name."""
    return ("fact", "account") if key == "projectcalico.org/name" else ("account", key)


IN_A_NAMESPACE = Match("fact", "namespace", "has")
IN_NO_NAMESPACE = Match("fact", "namespace", "has not")


def parse(text: str, name: Name = pod_label, *, everything: Expression = EVERYTHING) -> Expression:
    """The expression that `text` means; an empty one is `all()`. `everything` is what `all()` means. ValueError says what is wrong."""
    parser = _Parser(text, name, everything)
    if parser.end():
        return everything
    found = parser.alternatives()
    if not parser.end():
        raise ValueError(f'"{text}": unexpected "{text[parser.at :].strip()}"')
    return found


class _Parser:
    def __init__(self, text: str, name: Name, everything: Expression) -> None:
        self.text, self.name, self.everything, self.at = text, name, everything, 0

    def end(self) -> bool:
        return not self.text[self.at :].strip(" \t")

    def peek(self) -> _Token:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            return _Token("end", "")
        kind = match.lastgroup or ""
        if match["call"]:
            return _Token(match["call"], match["argument"])
        return _Token(kind, match[kind])

    def take(self) -> _Token:
        token = self.peek()
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            raise ValueError(
                f'"{self.text}": '
                + ("unexpected end" if self.end() else f'unexpected "{self.text[self.at :].strip()}"')
            )
        self.at = match.end()
        return token

    def accept(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self.take()
            return True
        return False

    def alternatives(self) -> Expression:
        parts = [self.conjunction()]
        while self.accept("||"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.operation()]
        while self.accept("&&"):
            parts.append(self.operation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def operation(self) -> Expression:
        negated = False
        while self.accept("!"):
            negated = not negated
        found = self.term()
        return Not(found) if negated else found

    def term(self) -> Expression:
        token = self.take()
        match token:
            case ("sign", "("):
                found = self.alternatives()
                if not self.accept(")"):
                    raise ValueError(f'"{self.text}": expected ")"')
                return found
            case ("has", key) if key:
                return Match(*self.name(key), "has")
            case ("all", ""):
                return self.everything
            case ("global", ""):
                return IN_NO_NAMESPACE
            case ("word", key):
                return self.comparison(key)
        raise ValueError(f'"{self.text}": unexpected "{token.value or token.kind}"')

    def comparison(self, key: str) -> Expression:
        for pattern, operator in _WORDS:
            match = pattern.match(self.text, self.at)
            if match is not None:
                self.at = match.end()
                many = operator in ("in", "not in") and "=" not in match[0]
                values = self.values() if many else (self.literal(),)
                if not values:
                    return EVERYTHING if operator == "not in" else Any()
                return Match(*self.name(key), operator, values)
        raise ValueError(f'"{self.text}": expected an operator after the label "{key}"')

    def literal(self) -> str:
        token = self.take()
        if token.kind != "quoted":
            raise ValueError(f'"{self.text}": expected a quoted string, found "{token.value}"')
        return token.value[1:-1]

    def values(self) -> tuple[str, ...]:
        if not self.accept("{"):
            raise ValueError(f'"{self.text}": expected "{{"')
        found: list[str] = []
        while self.peek().kind == "quoted":
            found.append(self.literal())
            if not self.accept(","):
                break
        if not self.accept("}"):
            raise ValueError(f'"{self.text}": expected "}}"')
        return tuple(sorted(set(found)))
