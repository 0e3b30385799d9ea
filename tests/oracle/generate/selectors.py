"""Label selectors, as objects and as text, with label sets that they are likely to select."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

KEYS = ["app", "tier", "env", "a.b/app", "example.com/x", "n"]
VALUES = ["web", "db", "prod", "", "1", "2", "10", "-3", "007", "a.b_c-d"]
ODD_KEYS = [
    "", "/", "a/", "/a", "a/b/c", "-a", "a-", "a b", "é", "A", "a_b", ".a", "a.", "a" * 63, "a" * 64, "EXAMPLE.com/a", "a_b.com/x", "x" * 253 + "/a",
    "x" * 254 + "/a", "in", "notin", "a..b/c", "1", "a\n",
]  # fmt: skip
ODD_VALUES = [
    " ",
    "-a",
    "a-",
    "_",
    "a b",
    "é",
    "a" * 63,
    "a" * 64,
    "a/b",
    "a,b",
    "(a)",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "1e3",
    "a\n",
    "0x1",
]
OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"]
ODD_OPERATORS = ["in", "Gt", "Lt", "=", "", "EXISTS", "Equals"]
SIGNS = "!=<>(), \t\n=!in"


def label_selectors(seed: int, count: int) -> Iterator[tuple[dict[str, Any] | None, list[dict[str, str]]]]:
    """(LabelSelector, label sets); about one in eight selectors is invalid."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        yield _selector(rng), label_sets(rng)


def selector_texts(seed: int, count: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """(text as for ``kubectl -l``, label sets); about one text in four is malformed or invalid."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        yield _text(rng), label_sets(rng)


def label_sets(rng: Random) -> list[dict[str, str]]:
    """Label sets over few keys and values, so that selectors hit them."""
    return [
        {rng.choice(KEYS): rng.choice(VALUES) for _ in range(rng.choice([0, 1, 2, 3, 5]))}
        for _ in range(rng.randint(1, 5))
    ]


def _key(rng: Random, odd: float = 0.02) -> str:
    return rng.choice(ODD_KEYS if rng.random() < odd else KEYS)


def _value(rng: Random, odd: float = 0.02) -> str:
    return rng.choice(ODD_VALUES if rng.random() < odd else VALUES)


def _selector(rng: Random) -> dict[str, Any] | None:
    if rng.random() < 0.03:
        return None
    selector: dict[str, Any] = {}
    if rng.random() < 0.6:
        selector["matchLabels"] = {_key(rng): _value(rng) for _ in range(rng.choice([0, 1, 1, 2, 3]))}
    if rng.random() < 0.6:
        selector["matchExpressions"] = [_expression(rng) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    return selector


def _expression(rng: Random) -> dict[str, Any]:
    operator = rng.choice(ODD_OPERATORS if rng.random() < 0.02 else OPERATORS)
    expression: dict[str, Any] = {"key": _key(rng), "operator": operator}
    wants_values = operator in ("In", "NotIn")
    if wants_values != (rng.random() < 0.03):
        expression["values"] = [_value(rng) for _ in range(rng.choice([1, 1, 2, 3]))]
    elif rng.random() < 0.3:
        expression["values"] = rng.choice([[], None])
    return expression


def _text(rng: Random) -> str:
    text = _join(rng, ",").join(_requirement(rng) for _ in range(rng.choice([0, 1, 1, 2, 3])))
    if rng.random() < 0.12:
        for _ in range(rng.randint(1, 2)):
            at = rng.randint(0, len(text))
            text = text[:at] + rng.choice(SIGNS) * rng.randint(0, 1) + text[at + rng.randint(0, 1) :]
    return text


def _join(rng: Random, sign: str) -> str:
    return rng.choice(["", "", "", " ", "  ", "\t"]) + sign + rng.choice(["", "", "", " ", "\t"])


def _requirement(rng: Random) -> str:
    key = _key(rng)
    kind = rng.randint(0, 9)
    if kind == 0:
        return key
    if kind == 1:
        return rng.choice(["!", "! ", " !"]) + key
    if kind <= 5:
        return key + _join(rng, rng.choice(["=", "==", "!="])) + _value(rng)
    if kind == 6:
        return (
            key
            + _join(rng, rng.choice("<>"))
            + rng.choice(["1", "2", "-3", "007", "x", "", "1.5", "+1", "9223372036854775808"])
        )
    values = _join(rng, ",").join(_value(rng) for _ in range(rng.choice([0, 1, 2, 3])))
    return f"{key} {rng.choice(['in', 'notin', 'in', 'notin', 'IN', 'exists'])} ({_join(rng, values)})"
