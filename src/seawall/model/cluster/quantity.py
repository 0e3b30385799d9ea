"""Quantities (`100m`, `1.5Gi`, `2e3`) with the exact meaning of apimachinery's resource.Quantity.

Source: k8s.io/apimachinery `pkg/api/resource`: decimal (n u m, none, k M G T P E), binary (Ki … Ei) and exponent suffixes; more than nine fractional
digits are rounded up, away from zero; binary amounts are capped at 2^63-1; a suffix without digits is zero. Compared with it in
tests/model/cluster/test_quantity.py. Beyond 64 bits and below zero upstream's own rounding depends on how it happens to hold the number; here it never does.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)", re.DOTALL)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")
_LARGEST = (1 << 63) - 1
_NANO = 10**9
_HUGE = 10_000
"""Decimal exponents beyond this stand for it: nothing that is measured is so large, and the number would only be slow to compute."""


@lru_cache(maxsize=4_096)  # a cluster writes the same few quantities thousands of times
def parse(text: str | int | float) -> Fraction:
    """The exact amount that `text` stands for. ValueError where the API would refuse it."""
    if not isinstance(text, str):
        text = str(text)
    match = _FORM.fullmatch(text)
    if match is None or not text:
        raise ValueError(f'"{text}" is not a quantity')
    sign, whole, fraction, suffix = match[1], match[2], match[3] or "", match[4]
    binary = _BINARY.get(suffix)
    decimal = 0 if binary is not None else _decimal_exponent(text, suffix)
    if not whole and not fraction:
        if (suffix or match[3] is not None or sign) and (decimal >= -9 if binary is None else binary < _BINARY["Pi"]):
            return Fraction(0)  # upstream reads no digits as zero, as long as it need not look closely
        raise ValueError(f'"{text}" is not a quantity')
    digits = int(whole + fraction)
    if digits == 0:
        return Fraction(0)
    amount = Fraction(digits, 10 ** len(fraction))
    if binary is not None:
        amount *= 1 << binary
    elif decimal < 0:
        amount /= 10 ** min(-decimal, _HUGE)
    else:
        amount *= 10 ** min(decimal, _HUGE)
    nanos = -((-amount * _NANO) // 1)  # ceiling, of a magnitude
    amount = Fraction(nanos, _NANO)
    if binary is not None:
        amount = min(amount, Fraction(_LARGEST))
    return -amount if sign == "-" else amount


def _decimal_exponent(text: str, suffix: str) -> int:
    known = _DECIMAL.get(suffix)
    if known is not None:
        return known
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None:
        raise ValueError(f'"{text}" has an unknown suffix "{suffix}"')
    power = int(exponent[1])
    if not -(1 << 63) <= power < 1 << 63:
        raise ValueError(f'"{text}" has an exponent out of range')
    return (power + (1 << 31)) % (1 << 32) - (1 << 31)  # upstream keeps 32 bits of it


def value(amount: Fraction) -> int:
    """`amount` as an integer, rounded away from zero and capped at 64 bits, as Quantity.Value()."""
    return _away(amount)


def milli(amount: Fraction) -> int:
    """`amount` in thousandths, rounded away from zero and capped at 64 bits, as Quantity.MilliValue()."""
    return _away(amount * 1000)


def _away(amount: Fraction) -> int:
    whole = -((-abs(amount)) // 1)
    return int(min(whole, _LARGEST)) * (-1 if amount < 0 else 1)
