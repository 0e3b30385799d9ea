"""Sets of small integers as one Python integer each: bit i stands for member i. Union, intersection and difference are `|`, `&`, `& ~`.

Where a set is large and the difference is asked for often, `a ^ (a & b)` costs a fraction of `a & ~b`: no negative number is made. Counting
the members costs as much as twenty such operations; `Sums` counts many sets together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def bitset(members: Iterable[int]) -> int:
    """The set of `members`. Built through bytes, so that many members cost one pass, not one copy of the set each."""
    found = list(members)
    if len(found) < 8:
        bits = 0
        for member in found:
            bits |= 1 << member
        return bits
    room = bytearray((max(found) >> 3) + 1)
    for member in found:
        room[member >> 3] |= 1 << (member & 7)
    return int.from_bytes(room, "little")


def members(bits: int) -> Iterator[int]:
    """The members in ascending order."""
    if not bits:
        return
    # Few members are walked one by one from the lowest one, however high that is; many, byte by byte.
    base = (bits & -bits).bit_length() - 1
    bits >>= base
    if bits.bit_count() << 5 < bits.bit_length() or bits.bit_length() < 256:
        while bits:
            low = bits & -bits
            yield base + low.bit_length() - 1
            bits ^= low
        return
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) >> 3, "little")):
        if byte:
            for offset in _OFFSETS[byte]:
                yield base + (place << 3) + offset


_OFFSETS: tuple[tuple[int, ...], ...] = tuple(
    tuple(offset for offset in range(8) if byte >> offset & 1) for byte in range(256)
)


class Weights:
    """How much each member counts, kept so that the weight of a whole set is a few `bit_count`s: one per binary digit of the weights."""

    __slots__ = ("planes",)

    def __init__(self, weights: Sequence[int]) -> None:
        digits = max((weight.bit_length() for weight in weights), default=0)
        self.planes = tuple(
            (1 << digit, bitset(member for member, weight in enumerate(weights) if weight >> digit & 1))
            for digit in range(digits)
        )

    def of(self, bits: int) -> int:
        """The summed weight of the set."""
        total = 0
        for value, plane in self.planes:
            total += value * (bits & plane).bit_count()
        return total


_HELD = 3
"""How many sets of one digit wait to be added up together: few, so that they are still in the processor's cache by then."""


class Sums:
    """How many of the sets that were added hold each member: the numbers' binary digits, each a set.

    Adding a set is a few set operations, whatever it holds (a carry-save adder for all members at once), so that the members of many sets are
    counted once, at the end.
    """

    __slots__ = ("_digits",)

    def __init__(self) -> None:
        self._digits: list[list[int]] = []
        """For each power of two the sets that are still to be added up."""

    def add(self, bits: int) -> None:
        """Counts the members of a set once more."""
        if not bits:
            return
        if not self._digits:
            self._digits.append([])
        self._digits[0].append(bits)
        if len(self._digits[0]) > _HELD:
            self._carry(0)

    def _carry(self, digit: int) -> None:
        """Adds up the sets held for a digit: of any three, one stays and one goes to the next digit."""
        held = self._digits[digit]
        if digit + 1 == len(self._digits):
            self._digits.append([])
        carried = self._digits[digit + 1]
        while len(held) > 2:
            one, other, third = held.pop(), held.pop(), held.pop()
            odd = one ^ other
            held.append(odd ^ third)
            carried.append(one & other | odd & third)
        if len(carried) > _HELD:
            self._carry(digit + 1)

    def weigh(self, weights: Weights) -> int:
        """The summed weight of all sets."""
        return sum(weights.of(bits) << digit for digit, held in enumerate(self._digits) for bits in held)
