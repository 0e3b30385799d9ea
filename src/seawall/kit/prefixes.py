"""IP addresses and prefixes of both families, read as the Kubernetes API reads them, and sets of them.

Addresses are integers beside their family (4 or 6). An IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, as in Go's
`netip.Addr.Unmap`. A prefix may have host bits set; they are masked off.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from seawall.kit.intervals import EMPTY, IntervalSet

Family = Literal[4, 6]
BITS: dict[int, int] = {4: 32, 6: 128}
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")


class Address(NamedTuple):
    family: Family
    value: int

    def __str__(self) -> str:
        if self.family == 4:
            return str(ipaddress.IPv4Address(self.value))
        return str(ipaddress.IPv6Address(self.value))


class Prefix(NamedTuple):
    family: Family
    value: int
    length: int

    @property
    def span(self) -> tuple[int, int]:
        """First and last address."""
        return self.value, self.value + (1 << (BITS[self.family] - self.length)) - 1

    def __str__(self) -> str:
        return f"{Address(self.family, self.value)}/{self.length}"

    def covers(self, other: Prefix) -> bool:
        """Whether every address of `other` is in this prefix."""
        low, high = self.span
        return self.family == other.family and low <= other.value and other.span[1] <= high


@lru_cache(maxsize=1 << 16)
def address(text: str) -> Address:
    """The address that `text` writes. ValueError where it is none; a zone (`%eth0`) and leading zeros are refused."""
    if _V4.fullmatch(text):
        first, second, third, fourth = text.split(".")
        return Address(4, int(first) << 24 | int(second) << 16 | int(third) << 8 | int(fourth))
    try:
        if "%" in text:
            raise ValueError
        parsed = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError(f'"{text}" is not an IP address') from None
    mapped = parsed.ipv4_mapped
    return Address(4, int(mapped)) if mapped is not None else Address(6, int(parsed))


@lru_cache(maxsize=1 << 14)
def prefix(text: str) -> Prefix:
    """The prefix that `text` (`10.0.0.0/8`) writes, host bits masked off. ValueError where it is none."""
    head, slash, tail = text.partition("/")
    if not slash or not (tail.isascii() and tail.isdigit()) or (len(tail) > 1 and tail[0] == "0"):
        raise ValueError(f'"{text}" is not a CIDR block')
    try:
        found = address(head)
    except ValueError:
        raise ValueError(f'"{text}" is not a CIDR block') from None
    length = int(tail)
    if ":" in head and found.family == 4:
        length -= 96
    if not 0 <= length <= BITS[found.family]:
        raise ValueError(f'"{text}" is not a CIDR block')
    host = BITS[found.family] - length
    return Prefix(found.family, found.value >> host << host, length)


class PrefixSet:
    """A set of addresses of both families; equal sets compare equal however they were written."""

    __slots__ = ("_hash", "v4", "v6")

    v4: IntervalSet
    v6: IntervalSet

    def __init__(self, v4: IntervalSet = EMPTY, v6: IntervalSet = EMPTY) -> None:
        self.v4, self.v6 = v4, v6
        self._hash = hash((v4, v6))

    @classmethod
    def of(cls, prefixes: Iterable[Prefix]) -> PrefixSet:
        spans: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for entry in prefixes:
            spans[entry.family].append(entry.span)
        return cls(IntervalSet(spans[4]), IntervalSet(spans[6]))

    def family(self, family: int) -> IntervalSet:
        return self.v4 if family == 4 else self.v6

    def __contains__(self, one: Address) -> bool:
        return one.value in self.family(one.family)

    def __bool__(self) -> bool:
        return bool(self.v4) or bool(self.v6)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrefixSet) and self.v4 == other.v4 and self.v6 == other.v6

    def __hash__(self) -> int:
        return self._hash

    def __or__(self, other: PrefixSet) -> PrefixSet:
        return PrefixSet(self.v4 | other.v4, self.v6 | other.v6)

    def __and__(self, other: PrefixSet) -> PrefixSet:
        return PrefixSet(self.v4 & other.v4, self.v6 & other.v6)

    def __sub__(self, other: PrefixSet) -> PrefixSet:
        return PrefixSet(self.v4 - other.v4, self.v6 - other.v6)

    def prefixes(self) -> Iterator[Prefix]:
        """The fewest prefixes that make up the set, in order, IPv4 first."""
        for family in (4, 6):
            for low, high in self.family(family):
                yield from _cover(family, low, high)

    def __str__(self) -> str:
        return ", ".join(map(str, self.prefixes())) or "no address"

    def __repr__(self) -> str:
        return f"PrefixSet({self})"


EVERY_ADDRESS = PrefixSet(IntervalSet([(0, (1 << 32) - 1)]), IntervalSet([(0, (1 << 128) - 1)]))
NO_ADDRESS = PrefixSet()


def _cover(family: Family, low: int, high: int) -> Iterator[Prefix]:
    bits = BITS[family]
    while low <= high:
        host = min((low & -low).bit_length() - 1 if low else bits, (high - low + 1).bit_length() - 1)
        yield Prefix(family, low, bits - host)
        low += 1 << host
