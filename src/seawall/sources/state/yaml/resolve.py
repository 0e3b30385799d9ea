"""What a YAML scalar means to Kubernetes: the rules of go-yaml v2, which sigs.k8s.io/yaml uses.

YAML 1.1 booleans and nulls; integers with `0x`, `0o`, `0b` and a leading 0 for octal, underscores ignored, up to 64 bits; floats; everything
else is text, dates too.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from datetime import date
from decimal import Decimal

Scalar = str | int | float | bool | None

_YAML = "tag:yaml.org,2002:"
STR, INT, FLOAT, BOOL, NULL = (_YAML + name for name in ("str", "int", "float", "bool", "null"))
BINARY, TIMESTAMP, MERGE = (_YAML + name for name in ("binary", "timestamp", "merge"))
_RESOLVABLE = frozenset({STR, INT, FLOAT, BOOL, NULL, TIMESTAMP})

_WORDS: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), (BOOL, True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), (BOOL, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (FLOAT, math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (FLOAT, math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (FLOAT, -math.inf)),
    "<<": (MERGE, "<<"),
}
_HINTED = frozenset("+-0123456789yYnNtTfFoO~.")
_NUMERIC = frozenset("+-0123456789")

_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]*)|([1-9][0-9]*))")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_SIGNED_BINARY = re.compile(r"0b[-+][01]+")
"""What go-yaml reads behind its own `0b`: a sign may stand there."""
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})"
    r"|[ ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?"
)


def plain(text: str) -> Scalar:
    """The value of a plain scalar without a tag."""
    if text and text[0] not in _HINTED:
        return text
    return _resolved("", text)[1]


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with the full name of its tag. ValueError where `text` is nothing of the kind."""
    if tag == BINARY:
        try:
            return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise ValueError("!!binary value is not base64") from None
    if tag not in _RESOLVABLE:
        return text
    found, value = _resolved(tag, text)
    if tag == STR or found == tag:
        return value
    if tag == FLOAT and found == INT and isinstance(value, int) and -(2**63) <= value < 2**63:
        return float(value)
    raise ValueError(f"the scalar is no !!{tag.removeprefix(_YAML)}")  # without its text, which may be a secret


def _resolved(tag: str, text: str) -> tuple[str, Scalar]:
    if tag == STR or (text and text[0] not in _HINTED):
        return STR, text
    word = _WORDS.get(text)
    if word is not None:
        return word
    if text[0] == ".":
        number = float(text) if _POINT.fullmatch(text) else math.inf
        return (STR, text) if math.isinf(number) else (FLOAT, number)
    if text[0] not in _NUMERIC:
        return STR, text
    if tag == TIMESTAMP and _is_timestamp(text):
        return TIMESTAMP, text
    return _number(text)


def _number(text: str) -> tuple[str, Scalar]:
    digits = text.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match is not None:
        value = _integer(match)
        if -(2**63) <= value < 2**63 or (value < 2**64 and not match[1]):
            return INT, value
    if _DECIMAL.fullmatch(digits):
        number = float(digits)
        if not math.isinf(number):
            return FLOAT, number
    if _SIGNED_BINARY.fullmatch(digits):
        value = int(digits[2:], 2)
        if -(2**63) <= value < 2**63:
            return INT, value
    return STR, text


def _integer(match: re.Match[str]) -> int:
    sign, hexadecimal, binary, octal, old_octal, decimal = match.groups()
    if hexadecimal is not None:
        value = int(hexadecimal, 16)
    elif binary is not None:
        value = int(binary, 2)
    elif octal is not None:
        value = int(octal, 8)
    elif old_octal is not None:
        value = int(old_octal or "0", 8)
    else:
        value = int(decimal) if len(decimal) < 40 else 10**40
    return -value if sign == "-" else value


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    year, month, day, *clock = match.groups()
    try:
        date(int(year) or 4, int(month), int(day))
    except ValueError:
        return False
    hours, minutes, seconds = clock[:3] if clock[0] is not None else clock[3:]
    return hours is None or (int(hours) < 24 and int(minutes) < 60 and int(seconds) < 60)


# ------------------------------------------------------------------------------------------------ as JSON has it


def number(value: float) -> int | float:
    """A float as Go writes it in JSON: whole ones without a point. ValueError where JSON has no such number."""
    if math.isinf(value) or math.isnan(value):
        raise ValueError("JSON has no infinity and no NaN")
    if value == int(value) and abs(value) < 1e21:
        return int(Decimal(repr(value)))
    return value


def key(value: Scalar) -> str:
    """A mapping's key as sigs.k8s.io/yaml writes it. ValueError for null, and for an integer past 63 bits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if value >= 2**63:
            raise ValueError("a key may not be an integer past 63 bits")
        return str(value)
    if value is None:
        raise ValueError("a key may not be null")
    if value == 0 and math.copysign(1, value) < 0:
        raise ValueError("a key may not be a negative zero")
    return _float_key(value)


def _float_key(value: float) -> str:
    """Go's shortest %g of the value in single precision."""
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isnan(single):
        return ".nan"
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    for precision in range(9):
        text = f"{single:.{precision}e}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            break
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if -4 <= power < 6:
        return format(Decimal(text), "f")
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
