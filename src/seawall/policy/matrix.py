"""Who reaches whom among groups of pods, all pairs of groups at once: what tables show where single connections would be too many.

A row of the relation is a bitset of sources. Groups are bitsets too, so that a row is asked about each group with three intersections, and rows that
many destinations share are asked about once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from seawall.kit.intervals import IntervalSet
from seawall.policy.reach import ASKED, Reaching
from seawall.policy.relation import View
from seawall.policy.world import PodEnd

ALLOWED, DENIED, UNKNOWN = 1, 2, 4
"""What is so for some pair of pods and some of the traffic. Several may be so at once; none of them where there is no pair of different pods."""


def group_matrix(
    reaching: Reaching,
    sources: Sequence[Sequence[PodEnd]],
    destinations: Sequence[Sequence[PodEnd]],
    traffic: IntervalSet = ASKED,
) -> list[bytes]:
    """For each destination a byte for each source: the flags that hold for the pods of the two groups.

    The very same group on both sides is asked about pairs of different pods: a pod and itself is no pair.
    """
    relation = reaching.relation
    classes = relation.classes
    places = {id(pods): at for at, pods in enumerate(sources)}
    masks = [_mask(map(reaching.class_of, pods)) for pods in sources]
    counts = [Counter(map(reaching.class_of, pods)) for pods in destinations]
    found = [0] * len(destinations)
    for family, view in relation.views.items():
        has = classes.everyone if len(relation.views) == 1 else relation.has_family(family) | classes.nodes
        asking = [mask & has for mask in masks]
        cells = sorted({view.cells.ids[place] for place in view.cells.places(traffic)})
        vectors: dict[_Row, int] = {}
        rows: dict[int, _Row] = {}
        for column, count in enumerate(counts):
            for target, pods in count.items():
                if not has >> target & 1 and target < classes.pod_count:
                    continue
                if target not in rows:
                    rows[target] = _row(view, target, cells, classes.everyone)
                row = rows[target]
                if row not in vectors:
                    vectors[row] = int.from_bytes(bytes(_flags(row, mask) for mask in asking), "little")
                vector = vectors[row]
                own = places.get(id(destinations[column]))
                if pods == 1 and own is not None:  # the only pod of its class: it alone would be its own source
                    vector &= ~(0xFF << 8 * own)
                    vector |= _flags(row, asking[own] & ~(1 << target)) << 8 * own
                found[column] |= vector
    return [vector.to_bytes(len(sources), "little") for vector in found]


_Row = tuple[int, int, int]


def _mask(members: Iterable[int]) -> int:
    found = 0
    for one in set(members):
        found |= 1 << one
    return found


def _row(view: View, target: int, cells: Sequence[int], everyone: int) -> _Row:
    """The sources that some cell allows, those of which some cell cannot be told, and those that no cell denies."""
    some, unsure, never_denied = 0, 0, everyone
    for cell in cells:
        allowed, unknown = view.row(target, cell)
        some |= allowed
        unsure |= unknown
        never_denied &= allowed | unknown
    return some, unsure, never_denied


def _flags(row: _Row, sources: int) -> int:
    some, unsure, never_denied = row
    return (
        (ALLOWED if sources & some else 0)
        | (UNKNOWN if sources & unsure else 0)
        | (DENIED if sources & ~never_denied else 0)
    )
