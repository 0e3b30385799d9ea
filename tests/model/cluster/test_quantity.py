"""Quantities against apimachinery: the same texts are quantities, of the same value, rounded alike."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import Oracle
from tests.oracle.generate.quantities import pairs, texts

from seawall.model.cluster.quantity import milli, parse, value

CASES = 10_000


def read(text: str) -> Fraction | None:
    try:
        return parse(text)
    except ValueError:
        return None


def in_range(amount: Fraction) -> bool:
    """Where upstream's own integers hold: below zero and beyond 64 bits they depend on how the text was written."""
    return 0 <= amount < 2**63


@pytest.mark.oracle
def test_values(oracle: Oracle) -> None:
    cases = list(texts(1, CASES))
    wrong = []
    for text, upstream in zip(cases, oracle.quantity(cases), strict=True):
        ours = read(text)
        if (ours is None) != (upstream.error is not None):
            wrong.append((text, ours, upstream.error))
        elif ours is not None:
            mine = (ours, value(ours) if in_range(ours) else None, milli(ours) if in_range(ours * 1000) else None)
            theirs = (
                Fraction(upstream.exact),
                upstream.value if in_range(ours) else None,
                upstream.milli if in_range(ours * 1000) else None,
            )
            if mine != theirs:
                wrong.append((text, mine, theirs))
    print(f"{CASES} quantities, {len(wrong)} disagreements")
    assert not wrong, (len(wrong), wrong[:8])


@pytest.mark.oracle
def test_comparison(oracle: Oracle) -> None:
    cases = list(pairs(2, CASES))
    wrong = []
    for (first, second), upstream in zip(cases, oracle.quantity(cases), strict=True):
        a, b = read(first), read(second)
        if a is None or b is None or upstream.compared is None:
            continue
        if (a > b) - (a < b) != upstream.compared:
            wrong.append((first, second, upstream.compared))
    assert not wrong, (len(wrong), wrong[:8])


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1500m", Fraction(3, 2)),
        ("1.5Gi", Fraction(3, 2) * 2**30),
        ("2e3", Fraction(2000)),
        ("-0.5", Fraction(-1, 2)),
        ("0.1n", Fraction(1, 10**9)),
        (2, Fraction(2)),
        (0.5, Fraction(1, 2)),
    ],
)
def test_known(text: str | float, amount: Fraction) -> None:
    assert parse(text) == amount


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1KiB", "1e", "+-1", "1_000", "NaN", "٣", "1e99999999999999999999"])
def test_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity|unknown suffix|out of range"):
        parse(text)


def test_enormous_exponents_are_read_in_no_time() -> None:
    assert parse("1e2000000000") > parse("1Ei")
    assert parse("1e-2000000000") == Fraction(1, 10**9)
    assert parse("0e2000000000") == 0


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    amount = read(text)
    if amount is not None:
        assert abs(value(amount)) < 2**63
        assert value(amount) == 0 or abs(value(amount)) >= abs(amount)


@given(st.integers(-(10**6), 10**6), st.sampled_from(["", "k", "M", "Ki", "Mi", "m", "u"]))
def test_a_sign_only_changes_the_sign(number: int, suffix: str) -> None:
    assert parse(f"{number}{suffix}") == -parse(f"{-number}{suffix}")
