"""Quantities (`100m`, `1.5Gi`, `2e3`) with the exact meaning of apimachinery's resource.Quantity.

Source: k8s.io/apimachinery `pkg/api/resource`: decimal (n u m, none, k M G T P E), binary (Ki … Ei) and exponent suffixes; more than
nine fractional digits are rounded up, away from zero; magnitudes are capped at 2^63-1. Compared with it in tests/model/cluster/test_quantity.py.
"""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)", re.DOTALL)
_SUFFIX: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{suffix + "i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")
_LARGEST = (1 << 63) - 1
_NANO = 10**9


def parse(text: str | int | float) -> Fraction:
    """The exact amount that `text` stands for. ValueError where the API would refuse it."""
    if not isinstance(text, str):
        text = str(text)
    match = _FORM.fullmatch(text)
    if match is None or not text:
        raise ValueError(f'"{text}" is not a quantity')
    sign, whole, fraction, suffix = match[1], match[2], match[3], match[4]
    if not whole and not fraction:
        raise ValueError(f'"{text}" is not a quantity')
    factor = _SUFFIX.get(suffix)
    if factor is None:
        exponent = _EXPONENT.fullmatch(suffix)
        if exponent is None:
            raise ValueError(f'"{text}" has an unknown suffix "{suffix}"')
        power = int(exponent[1])
        if not -(1 << 31) <= power < 1 << 31:
            raise ValueError(f'"{text}" has an exponent out of range')
        if abs(power) > 100:  # beyond every cap; the number would only be large to compute
            power = 100 if power > 0 else -100
        factor = Fraction(10) ** power
    amount = Fraction(int((whole or "0") + (fraction or ""))) / 10 ** len(fraction or "") * factor
    nanos = -((-amount * _NANO) // 1)  # ceiling, of a magnitude
    amount = min(Fraction(nanos, _NANO), Fraction(_LARGEST))
    return -amount if sign == "-" else amount


def value(amount: Fraction) -> int:
    """`amount` as an integer, rounded away from zero, as Quantity.Value()."""
    return _away(amount)


def milli(amount: Fraction) -> int:
    """`amount` in thousandths, rounded away from zero, as Quantity.MilliValue()."""
    return _away(amount * 1000)


def _away(amount: Fraction) -> int:
    whole = -((-abs(amount)) // 1)
    return int(min(whole, _LARGEST)) * (-1 if amount < 0 else 1)
