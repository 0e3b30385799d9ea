"""Who reaches whom among groups of pods, all pairs of groups at once: what tables show where single connections would be too many.

A row of the relation is a bitset of sources. Groups are bitsets too, so that a row is asked about each group with three intersections, and rows that
many destinations share are asked about once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seawall.kit.intervals import IntervalSet
from seawall.policy.reach import ASKED, Reaching
from seawall.policy.relation import View
from seawall.policy.world import PodEnd

ALLOWED, DENIED, UNKNOWN = 1, 2, 4
"""What is so for some pair of pods and some of the traffic. Several may be so at once; none of them where there is no pair of different pods."""


def group_matrix(reaching: Reaching, groups: Sequence[Sequence[PodEnd]], traffic: IntervalSet = ASKED) -> list[bytes]:
    """For each group as destination a byte for each group as source: the flags that hold for the pods of the two. A pod and itself is no pair."""
    counts = [Counter(map(reaching.class_of, pods)) for pods in groups]
    masks = [sum(1 << one for one in count) for count in counts]
    relation = reaching.relation
    found = [0] * len(groups)
    for family, view in relation.views.items():
        has = relation.classes.everyone
        if len(relation.views) > 1:
            has = relation.has_family(family) | relation.classes.nodes
        sources = [mask & has for mask in masks]
        cells = sorted({view.cells.ids[place] for place in view.cells.places(traffic)})
        vectors: dict[tuple[int, int, int], int] = {}
        of_class: dict[int, tuple[tuple[int, int, int], int]] = {}
        for column, count in enumerate(counts):
            for target, pods in count.items():
                if not has >> target & 1 and target < relation.classes.pod_count:
                    continue
                if target not in of_class:
                    row = _row(view, target, cells, relation.classes.everyone)
                    if row not in vectors:
                        vectors[row] = int.from_bytes(bytes(_flags(row, mask) for mask in sources), "little")
                    of_class[target] = row, vectors[row]
                row, vector = of_class[target]
                if pods == 1:  # the only pod of its class: what it may send to itself is not asked
                    vector &= ~(0xFF << 8 * column)
                    vector |= _flags(row, sources[column] & ~(1 << target)) << 8 * column
                found[column] |= vector
    return [vector.to_bytes(len(groups), "little") for vector in found]


def _row(view: View, target: int, cells: Sequence[int], everyone: int) -> tuple[int, int, int]:
    """The sources that some cell allows, those of which some cell cannot be told, and those that no cell denies."""
    some, unsure, never_denied = 0, 0, everyone
    for cell in cells:
        allowed, unknown = view.row(target, cell)
        some |= allowed
        unsure |= unknown
        never_denied &= allowed | unknown
    return some, unsure, never_denied


def _flags(row: tuple[int, int, int], sources: int) -> int:
    some, unsure, never_denied = row
    return (
        (ALLOWED if sources & some else 0)
        | (UNKNOWN if sources & unsure else 0)
        | (DENIED if sources & ~never_denied else 0)
    )
