"""Recorded edges judged against a relation: all of them at once, as rows of flags.

An edge stands for every pair of pods of its two workloads. What comes back says whether some pair is allowed, some denied, some not known; an edge that
nothing cuts is `ALLOWED` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seawall.kit.prefixes import Prefix, prefix
from seawall.policy.judge import Flow, Judge
from seawall.policy.matrix import ALLOWED, DENIED, UNKNOWN
from seawall.policy.model import Direction, Domains, Ternary
from seawall.policy.observed import Flags, Ints, Placed, classes_of, distinct
from seawall.policy.reach import Reaching
from seawall.policy.relation import View
from seawall.policy.world import OutsideEnd

_ROWS = 2_048
"""Rows of flags that are held at once."""


def replay(reaching: Reaching, placed: Placed) -> Flags:
    """The flags of every edge; 0 where an end has no place in the world, so that nothing can be said."""
    found = np.zeros(placed.edges.size, np.uint8)
    source, destination = placed.source, placed.destination
    inside = np.flatnonzero((source >= 0) & (destination >= 0))
    classes, targets = Ragged(classes_of(placed, reaching)), Ragged(classes_of(placed, reaching, targets=True))
    found[inside] = _inside(
        reaching, placed, classes, targets, source[inside], destination[inside], placed.edges.traffic[inside]
    )
    for direction, mine, other in (
        (Direction.EGRESS, source, placed.edges.destination),
        (Direction.INGRESS, destination, placed.edges.source),
    ):
        rows = np.flatnonzero((mine >= 0) & (placed.network[other] >= 0))
        if len(rows):
            found[rows] = outside(
                reaching,
                classes,
                direction,
                mine[rows],
                placed.networks,
                placed.network[other[rows]],
                placed.edges.traffic[rows],
            )
        rows = np.flatnonzero((mine >= 0) & (placed.name[other] >= 0))
        if len(rows):
            found[rows] = _named(
                reaching, placed, classes, direction, mine[rows], placed.name[other[rows]], placed.edges.traffic[rows]
            )
    return found


class Ragged:
    """Lists of unequal length as two columns."""

    def __init__(self, lists: Sequence[Sequence[int]]) -> None:
        self.counts = np.array([len(one) for one in lists], np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]]).astype(np.int64) if lists else self.counts
        self.flat = np.array([value for one in lists for value in one], np.int64)

    def spread(self, which: Ints) -> tuple[Ints, Ints, Ints]:
        """For the lists that `which` numbers, one after the other: the place in `which` of each value, the values, where each list begins."""
        counts = self.counts[which]
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        place = np.repeat(np.arange(len(which)), counts)
        within = np.arange(len(place)) - begins[place]
        return place, self.flat[self.starts[which][place] + within], begins

    def __getitem__(self, index: int) -> list[int]:
        start = int(self.starts[index])
        found: list[int] = self.flat[start : start + int(self.counts[index])].tolist()
        return found


def cells_of(view: View, traffic: Ints) -> Ints:
    """The cell of each value of traffic."""
    lows = np.array([low for low, _ in view.cells.spans], np.int64)
    ids = np.array(view.cells.ids, np.int64)
    found: Ints = ids[np.searchsorted(lows, traffic, side="right") - 1]
    return found


def _inside(
    reaching: Reaching, placed: Placed, classes: Ragged, targets: Ragged, source: Ints, destination: Ints, traffic: Ints
) -> Flags:
    found = np.zeros(len(source), np.uint8)
    relation = reaching.relation
    for family, view in relation.views.items():
        has = relation.classes.everyone
        if len(relation.views) > 1:
            has = relation.has_family(family) | relation.classes.nodes
        cells = cells_of(view, traffic)
        keys, row = np.unique(destination * view.cells.count + cells, return_inverse=True)
        order = np.argsort(row, kind="stable")
        for start in range(0, len(keys), _ROWS):
            chunk = keys[start : start + _ROWS]
            table = np.stack(
                [
                    _row(
                        view,
                        targets[int(key) // view.cells.count],
                        int(key) % view.cells.count,
                        has,
                        relation.classes.size,
                    )
                    for key in chunk
                ]
            )
            low, high = np.searchsorted(row[order], (start, start + len(chunk)))
            mine = order[low:high]
            place, members, begins = classes.spread(source[mine])
            flags = table[row[mine][place] - start, members]
            found[mine] |= np.bitwise_or.reduceat(flags, begins)
    if reaching.model.profile.pod_to_itself is Ternary.YES:
        alone = np.array([len(party.pods) == 1 for party in placed.parties], bool)
        found[(source == destination) & alone[source]] = ALLOWED
    return found


def _row(view: View, targets: Sequence[int], cell: int, has: int, size: int) -> Flags:
    """The flags of every class as a source, towards one party in one cell."""
    allowed = unknown = 0
    never = -1
    met = False
    for target in targets:
        if not has >> target & 1:
            continue
        met = True
        yes, maybe = view.row(target, cell)
        allowed |= yes
        unknown |= maybe
        never &= yes | maybe
    if not met:
        return np.zeros(size, np.uint8)
    found = np.zeros(size, np.uint8)
    for bits, flag in ((allowed & has, ALLOWED), (unknown & has, UNKNOWN), (~never & has, DENIED)):
        if bits:
            found |= flag * bits_of(bits, size)
    return found


def bits_of(bits: int, size: int) -> Flags:
    """A bitset as a column of 0 and 1."""
    raw = np.frombuffer(bits.to_bytes((size + 7) >> 3, "little"), np.uint8)
    found: Flags = np.unpackbits(raw, count=size, bitorder="little")
    return found


# ------------------------------------------------------------------------------------------------ the outside


def outside(
    reaching: Reaching,
    classes: Ragged,
    direction: Direction,
    party: Ints,
    networks: Sequence[Prefix],
    network: Ints,
    traffic: Ints,
) -> Flags:
    """The flags of traffic between parties and networks: whether some address is allowed, denied, not known."""
    found = np.zeros(len(party), np.uint8)
    families = np.array([one.family for one in networks], np.int64)
    for family, view in reaching.relation.views.items():
        mine = np.flatnonzero(families == family)
        if not len(mine):
            continue
        space = reaching.relation.outside(family)
        kind: Any = np.int64 if family == 4 else object
        lows = np.array([low for low, _ in space.spans], kind)
        spans = [networks[at].span for at in mine.tolist()]
        first = np.searchsorted(lows, np.array([low for low, _ in spans], kind), side="right") - 1
        last = np.searchsorted(lows, np.array([high for _, high in spans], kind), side="right") - 1
        # Networks between the same cuts of the space are judged alike, and few cuts lie among many networks.
        stretches, which = distinct(first, last)
        stretch = np.full(len(networks), -1, np.int64)
        stretch[mine] = which
        rows = np.flatnonzero(stretch[network] >= 0)
        keys, place = distinct(party[rows], cells_of(view, traffic[rows]), stretch[network[rows]])
        flags = np.zeros(keys.shape[1], np.uint8)
        groups, group = distinct(keys[0], keys[1])
        known: dict[int, Any] = {}
        for at, (one, cell) in enumerate(groups.T.tolist()):
            asked = np.flatnonzero(group == at)
            low, high = stretches[:, keys[2, asked]]
            for member in classes[one]:
                if member not in known:
                    known[member] = reaching.relation.outside_rows(direction, member, family)
                yes, maybe = known[member][cell]
                flags[asked] |= _over(yes, maybe, space.size, low, high)
        found[rows] = flags[place]
    return found


def _over(allowed: int, unknown: int, size: int, first: Ints, last: Ints) -> Flags:
    """Which flags occur from cell `first` to cell `last` of the space."""
    found = np.zeros(len(first), np.uint8)
    yes, maybe = bits_of(allowed, size), bits_of(unknown, size)
    for column, flag in ((yes, ALLOWED), (maybe, UNKNOWN), (1 - (yes | maybe), DENIED)):
        sums = np.concatenate([[0], np.cumsum(column)])
        found |= np.where(sums[last + 1] > sums[first], flag, 0).astype(np.uint8)
    return found


def _named(
    reaching: Reaching, placed: Placed, classes: Ragged, direction: Direction, party: Ints, name: Ints, traffic: Ints
) -> Flags:
    """The flags of traffic with what a DNS name stands for: by the name where a rule speaks of names, else by the networks that it was seen in."""
    model = reaching.model
    speaks = any(isinstance(rule.peer, Domains) or _has_domains(rule.peer) for rule in model.enforced.rules)
    judge = Judge(model)
    family = min(model.families)
    keys, inverse = distinct(party, name, traffic)
    found = np.zeros(keys.shape[1], np.uint8)
    for at, (one, which, kind) in enumerate(keys.T.tolist()):
        domain = placed.names[which]
        networks = tuple(map(prefix, placed.edges.networks.get(domain, ())))
        flags = 0
        if networks:
            count = len(networks)
            flags = int(
                np.bitwise_or.reduce(
                    outside(
                        reaching,
                        classes,
                        direction,
                        np.full(count, one),
                        networks,
                        np.arange(count),
                        np.full(count, kind),
                    )
                )
            )
        if (speaks and flags != ALLOWED) or not networks:
            end = OutsideEnd(None, domain)
            judged = 0
            for pod in {reaching.class_of(pod): pod for pod in placed.parties[one].pods}.values():
                flow = Flow(pod, end, kind, family) if direction is Direction.EGRESS else Flow(end, pod, kind, family)
                allowed = judge.direction(direction, flow).allowed
                judged |= {True: ALLOWED, False: DENIED, None: UNKNOWN}[allowed]
            flags = judged if judged == ALLOWED or not networks else flags
        found[at] = flags
    return found[inverse]


def _has_domains(peer: Any) -> bool:
    return any(isinstance(part, Domains) or _has_domains(part) for part in getattr(peer, "parts", ()))
