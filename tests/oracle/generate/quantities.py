"""Resource quantities: every suffix, exponents, signs, precision beyond 64 bits, and what is not a quantity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

SUFFIXES = ["", "", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
ODD_SUFFIXES = [
    "K",
    "ki",
    "mi",
    "g",
    "GI",
    "iK",
    "KiB",
    "B",
    "µ",
    "nn",
    "mk",
    "Zi",
    "Y",
    "e",
    "e+",
    "E3",
    "E+3",
    "e3k",
    "e-",
    "i",
    " ",
    "%",
]
KNOWN = [
    "", "0", "-0", "+0", "00", "0.0", ".0", "0.", ".", "-", "+", "-.", "1", "01", "1.", ".5", "-.5", "+.5", "0.5", "1.50", "0.001", "0.0001", "1m", "1000m", "1500m", "100n",
    "0.1n", "1.5n", "0.5u", "1Ki", "1.5Ki", "0.5Ki", "0.1Ki", "0.0001Ki", "1024", "1024Ki", "1000Ki", "1023Ki", "1Gi", "1.1Gi", "1G", "1e3", "1E3", "1e+3", "1e-3", "1e0",
    "1e-9", "1e-10", "12e6", "1.2e6", "1e18", "1e19", "1e30", "1e-30", "1E", "1E1", "1Ei", "8Ei", "7Ei", "9Ei", "-8Ei", "-9Ei", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "9223372036854775807m", "9223372036854775.807k", "99999999999999999999", "99999999999999999999Ki", "9E", "10E", "1e1000",
    "0.999999999999999999999", "1.0000000000000000001", "123456789.123456789", "1 ", " 1", "1 k", "1_000", "1,000", "0x10", "1e", "1e1.5", "1.1.1", "--1", "+-1", "NaN", "Inf",
    "١", "1K", "1ki", "1Kib", "1i", "100M", "1048576", "1000000", "1000001", "999999", "1.000", "1.0001k", "1000k", "1000000k", "0Ki", "0m", "0e5", "1mi",
]  # fmt: skip


def texts(seed: int, count: int) -> Iterator[str]:
    """Quantities as bare text, the known ones first; about one in six is malformed."""
    yield from KNOWN[:count]
    rng = Random(seed)
    for _ in range(count - len(KNOWN)):
        yield _text(rng)


def pairs(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Two quantities to compare, often equal or nearly so."""
    rng = Random(seed)
    for _ in range(count):
        first = _text(rng)
        chance = rng.random()
        if chance < 0.2:
            second = first + "0" if "." in first and first[-1].isdigit() else first
        elif chance < 0.5 and first[-1:].isdigit():
            second = first + rng.choice(["e0", "000m", "000000u", ".0", ".000000001", "e3", "k"])
        else:
            second = _text(rng)
        yield first, second


def json_texts(seed: int, count: int) -> Iterator[str]:
    """Quantities as JSON values: strings, with spaces around the quantity too, bare numbers, null."""
    rng = Random(seed)
    for _ in range(count):
        chance = rng.random()
        if chance < 0.7:
            yield json.dumps(rng.choice(["", "", "", " ", "\t"]) + _text(rng) + rng.choice(["", "", "", " "]))
        elif chance < 0.97:
            yield rng.choice(
                [
                    str(rng.randint(-10, 10**6)),
                    f"{rng.uniform(0, 1000):.{rng.randint(0, 12)}f}",
                    "1e3",
                    "1E-3",
                    "0.5",
                    "-1",
                ]
            )
        else:
            yield rng.choice(["null", '""', "true", '"null"'])


def _text(rng: Random) -> str:
    whole = _digits(rng, rng.choice([0, 1, 1, 2, 3, 4, 6, 10, 15, 18, 19, 20, 25]))
    fraction = ""
    if rng.random() < 0.4 or not whole:
        fraction = "." + _digits(rng, rng.choice([0, 1, 1, 2, 3, 6, 9, 10, 18, 20]))
    if rng.random() < 0.25:
        suffix = (
            rng.choice("eE")
            + rng.choice(["", "", "+", "-"])
            + str(rng.choice([0, 1, 2, 3, 5, 6, 9, 12, 18, 19, 21, 30, 60]))
        )
    else:
        suffix = rng.choice(ODD_SUFFIXES if rng.random() < 0.1 else SUFFIXES)
    text = rng.choice(["", "", "", "", "-", "+"]) + whole + fraction + suffix
    if rng.random() < 0.05:
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(" .-+iK_,٣") + text[at:]
    return text


def _digits(rng: Random, length: int) -> str:
    """Digits, with runs of zeros at either end more often than chance gives."""
    digits = "".join(rng.choices("0123456789", k=length))
    if rng.random() < 0.3:
        zeros = rng.randint(0, length)
        digits = digits[: length - zeros] + "0" * zeros
    if rng.random() < 0.1:
        digits = "0" * rng.randint(1, 3) + digits
    return digits
