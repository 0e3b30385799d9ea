"""Sets of integers as sorted, disjoint, inclusive spans: ports, protocols, addresses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]


class IntervalSet:
    """An immutable set of integers. `spans` are inclusive, sorted, disjoint and never adjacent, so equal sets have equal spans."""

    __slots__ = ("_hash", "spans")

    spans: tuple[Span, ...]

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = _normal(spans)
        self._hash = hash(self.spans)

    @classmethod
    def of(cls, *values: int) -> IntervalSet:
        """The set of these integers."""
        return cls((value, value) for value in values)

    def __contains__(self, value: int) -> bool:
        at = bisect_right(self.spans, (value, _BEYOND)) - 1
        return at >= 0 and self.spans[at][1] >= value

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IntervalSet) and self.spans == other.spans

    def __hash__(self) -> int:
        return self._hash

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __len__(self) -> int:
        """How many integers the set holds."""
        return sum(high - low + 1 for low, high in self.spans)

    def __or__(self, other: IntervalSet) -> IntervalSet:
        if not other.spans:
            return self
        return IntervalSet(self.spans + other.spans) if self.spans else other

    def __and__(self, other: IntervalSet) -> IntervalSet:
        found: list[Span] = []
        ours, theirs = self.spans, other.spans
        i = j = 0
        while i < len(ours) and j < len(theirs):
            low, high = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
            if low <= high:
                found.append((low, high))
            if ours[i][1] < theirs[j][1]:
                i += 1
            else:
                j += 1
        return IntervalSet(found)

    def __sub__(self, other: IntervalSet) -> IntervalSet:
        found: list[Span] = []
        j = 0
        theirs = other.spans
        for low, high in self.spans:
            while j < len(theirs) and theirs[j][1] < low:
                j += 1
            k = j
            while k < len(theirs) and theirs[k][0] <= high:
                if theirs[k][0] > low:
                    found.append((low, theirs[k][0] - 1))
                low = theirs[k][1] + 1
                k += 1
            if low <= high:
                found.append((low, high))
        return IntervalSet(found)

    def __le__(self, other: IntervalSet) -> bool:
        """Whether every integer of this set is in `other`."""
        return not (self - other).spans

    def __repr__(self) -> str:
        return f"IntervalSet({list(self.spans)})"


_BEYOND = 1 << 130


def _normal(spans: Iterable[Span]) -> tuple[Span, ...]:
    ordered = sorted(spans)
    if len(ordered) == 1 and ordered[0][0] <= ordered[0][1]:
        return (ordered[0],)
    found: list[Span] = []
    for low, high in ordered:
        if low > high:
            raise ValueError(f"the span {low}..{high} is inverted")
        if found and low <= found[-1][1] + 1:
            if high > found[-1][1]:
                found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)


EMPTY = IntervalSet()


def cells(sets: Iterable[IntervalSet], universe: Span) -> list[Span]:
    """`universe` cut into spans that no set of `sets` divides, in order."""
    low, high = universe
    cuts = {low}
    for one in sets:
        for start, end in one.spans:
            if low < start <= high:
                cuts.add(start)
            if low <= end < high:
                cuts.add(end + 1)
    ordered = sorted(cuts)
    return [(start, (ordered[at + 1] - 1 if at + 1 < len(ordered) else high)) for at, start in enumerate(ordered)]
