"""What recommended policies do, by the engines that judge every policy: nothing here knows how they were made.

* *kept*: each observed edge, judged in the world as it would be with the policies added to those in force;
* *needed*: of each rule, peer and port, whether some observed edge would be cut without it, were these the only policies;
* *surplus*: what they alone allow between workloads and was never seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from seawall.kit.bitsets import bitset
from seawall.kit.intervals import EMPTY, IntervalSet
from seawall.kit.prefixes import Prefix, prefix
from seawall.model.cluster.meta import ObjectRef
from seawall.policy.classes import Classes, Interest, OutsideCells
from seawall.policy.judge import matches
from seawall.policy.lower import PolicyModel
from seawall.policy.model import Action, AnyOf, Direction, Lowered, Peer, RuleRef
from seawall.policy.observed import Flags, Ints, Placed, classes_of, distinct_only
from seawall.policy.reach import ASKED, Reaching
from seawall.policy.relation import CompiledRule, Relation, View
from seawall.policy.replay import Ragged, bits_of, cells_of, replay
from seawall.policy.world import OutsideEnd

_Part = tuple[int, int | None, int | None]
"""A rule by identity; of it the peer at a place, or the ports that begin with a value, or all of it."""
_SURELY = 2
_CHUNK = 64
"""Destinations whose tables of pairs are held at once."""


class Idle(msgspec.Struct, frozen=True):
    """A rule, one of its peers (by place) or one of its stretches of ports without which no observed edge is cut; `traffic` is what it opens."""

    rule: RuleRef
    direction: Direction
    part: Literal["rule", "peer", "ports"]
    traffic: IntervalSet
    peer: int | None = None


class Surplus(msgspec.Struct, frozen=True):
    """Ports that one workload may use to another and was never seen to. `ports` counts them."""

    source: int
    destination: int
    traffic: IntervalSet
    ports: int


class Proof(msgspec.Struct, frozen=True, eq=False):
    """`flags` are those of every edge with the policies added, `alone` as if these were the only policies. Parties are indices into those of the placement."""

    flags: Flags
    alone: Flags
    idle: tuple[Idle, ...]
    items: int
    surplus: tuple[Surplus, ...]
    surplus_pairs: int
    """Pairs of workloads and port, allowed and never seen, all of them."""
    wider: tuple[ObjectRef, ...]
    """Policies in force that select the same pods and allow more: the recommended ones only add to them."""
    wider_pairs: int


def prove(
    model: PolicyModel,
    lowered: Sequence[Lowered],
    placed: Placed,
    observed: npt.NDArray[np.bool_],
    subjects: Sequence[int],
    most: int = 1_000,
) -> Proof:
    """Judges `lowered` against the edges that `observed` marks. `subjects` are the parties whom the policies are about."""
    refs = {one.policy for one in lowered}
    kept = [one for one in model.lowered if one.policy not in refs]
    both = Reaching(_with(model, [*kept, *lowered]))
    exact = _exact(_with(model, lowered))
    alone = Reaching(exact.model, exact)
    flags = replay(both, placed)
    flags_alone = flags if not kept else replay(alone, placed)
    edges = _Observed(placed, observed, alone)
    idle, items = edges.idle(refs)
    pairs = _Pairs(alone, placed, observed, subjects)
    surplus, total = pairs.surplus(most)
    wider = tuple(_wider(kept, both, placed, subjects))
    wider_total = _Pairs(both, placed, observed, subjects).surplus(0)[1] - total if wider else 0
    return Proof(flags, flags_alone, tuple(idle), items, surplus, total, wider, max(0, wider_total))


def _with(model: PolicyModel, lowered: Iterable[Lowered]) -> PolicyModel:
    return PolicyModel(model.world, model.profile, lowered, assume_rejected=model.assume_rejected)


def _exact(model: PolicyModel) -> Relation:
    """The relation with each stretch of ports that a rule names in a cell of its own, so that each can be asked about."""
    rules = model.enforced.rules
    classes = Classes(model.world, Interest(rules), model.families)
    sets = {IntervalSet([span]) for rule in rules for span in rule.traffic.numbers}
    views: dict[int, View] = {}
    for family in sorted(model.families):
        view = View(classes, family, rules, True, sets)
        view.dense = classes.size * classes.size * view.cells.count // 4 <= 1 << 29
        views[family] = view
    return Relation(model, classes, views)


def _wider(kept: Sequence[Lowered], reaching: Reaching, placed: Placed, subjects: Sequence[int]) -> Iterator[ObjectRef]:
    classes = reaching.relation.classes
    family = min(reaching.relation.views)
    listed = classes_of(placed, reaching)
    mine = bitset({one for subject in subjects for one in listed[subject]})
    for one in kept:
        if one.stage:
            continue
        for rule in one.rules:
            if rule.action is Action.ALLOW and classes.bits(rule.subject, family)[1] & mine:
                yield one.policy
                break


# ------------------------------------------------------------------------------------------------ needed


class _Observed:
    """Observed edges as sets: for each subject's class and cell of traffic, the ends that it was seen with."""

    def __init__(self, placed: Placed, observed: npt.NDArray[np.bool_], reaching: Reaching) -> None:
        self.reaching, self.relation = reaching, reaching.relation
        self.placed, self.rows = placed, np.flatnonzero(observed)
        self.classes = classes_of(placed, reaching)
        self.targets = classes_of(placed, reaching, targets=True)

    def idle(self, refs: set[ObjectRef]) -> tuple[list[Idle], int]:
        """What no observed edge needs, and of how many rules, peers and ports."""
        needed: set[_Part] = set()
        parts: dict[_Part, Idle] = {}
        for family, view in self.relation.views.items():
            for direction in Direction:
                rules = [
                    rule
                    for rule in view.rules[direction]
                    if rule.rule.ref.policy in refs and rule.rule.purpose == "rule" and rule.action is Action.ALLOW
                ]
                parts |= {key: one for rule in rules for key, one in _parts(rule)}
                needed |= self._needed(family, view, direction)
        return [one for key, one in parts.items() if key not in needed], len(parts)

    def _needed(self, family: int, view: View, direction: Direction) -> set[_Part]:
        found: set[_Part] = set()
        masks: dict[int, int] = {}
        meanings: tuple[Callable[[Peer], int], ...] = (
            lambda peer: self.relation.classes.bits(peer, family)[0],
            lambda peer: self.relation.outside(family).bits(peer, family)[0],
            self._names_of,
        )
        for (subject, cell), met in self._met(family, view, direction).items():
            allowing: list[CompiledRule] = []
            for rule in view.by_subject[direction].of(subject):
                if id(rule) not in masks:
                    masks[id(rule)] = view.cells.mask(rule.rule.traffic.numbers)
                if rule.action is Action.ALLOW and masks[id(rule)] >> cell & 1:
                    allowing.append(rule)
            for ends, meaning in zip(met, meanings, strict=True):
                if not ends:
                    continue
                by_rule = [meaning(rule.rule.peer) for rule in allowing]
                single = _once(by_rule) & ends
                for rule, bits in zip(allowing, by_rule, strict=True):
                    if bits & single:
                        found.add((id(rule.rule), None, None))
                        found.update(
                            (id(rule.rule), None, span[0])
                            for span in rule.rule.traffic.numbers
                            if view.cells.mask(IntervalSet([span])) >> cell & 1
                        )
                parts = [(rule, at, meaning(part)) for rule in allowing for at, part in enumerate(_peers(rule))]
                single = _once([bits for _, _, bits in parts]) & ends
                found.update((id(rule.rule), at, None) for rule, at, bits in parts if bits & single)
        return found

    def _names_of(self, peer: Peer) -> int:
        """The DNS names, by number, that a peer surely means."""
        return bitset(
            at
            for at, name in enumerate(self.placed.names)
            if matches(peer, OutsideEnd(None, name), OutsideEnd(None, name), 4, []) == _SURELY
        )

    def _met(self, family: int, view: View, direction: Direction) -> dict[tuple[int, int], tuple[int, int, int]]:
        """For each class that was seen and cell: the classes, the cells of the outside and the DNS names that it was seen with."""
        placed = self.placed
        mine, other, theirs = placed.source, placed.edges.destination, self.targets
        if direction is Direction.INGRESS:
            mine, other, theirs = placed.destination, placed.edges.source, self.classes
        rows = self.rows[mine[self.rows] >= 0]
        cells = cells_of(view, placed.edges.traffic[rows])
        space = self.relation.outside(family)
        # Ends that mean the same are one: networks between the same cuts of the space, above all.
        means: dict[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], int] = {}
        meaning = np.array(
            [means.setdefault(self._meaning(end, theirs, space), len(means)) for end in range(len(placed.edges.ends))],
            np.int64,
        )
        listed = list(means)
        keys = distinct_only(mine[rows], cells, meaning[other[rows]])
        found: dict[tuple[int, int], tuple[set[int], set[int], set[int]]] = defaultdict(lambda: (set(), set(), set()))
        for party, cell, which in keys.T.tolist():
            for one in self.classes[party]:
                for met, more in zip(found[one, cell], listed[which], strict=True):
                    met.update(more)
        return {key: (bitset(met[0]), bitset(met[1]), bitset(met[2])) for key, met in found.items()}

    def _meaning(
        self, end: int, classes: Sequence[tuple[int, ...]], space: OutsideCells
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """What an end is: classes, cells of the outside, DNS names."""
        placed = self.placed
        if placed.party[end] >= 0:
            return classes[placed.party[end]], (), ()
        if placed.network[end] >= 0:
            return (), tuple(_cells(placed.networks[placed.network[end]], space)), ()
        if placed.name[end] >= 0:
            name = placed.names[placed.name[end]]
            seen = map(prefix, placed.edges.networks.get(name, ()))
            return (), tuple(cell for network in seen for cell in _cells(network, space)), (int(placed.name[end]),)
        return (), (), ()


def _cells(network: Prefix, space: OutsideCells) -> range:
    if network.family != space.family:
        return range(0)
    low, high = network.span
    return range(space.cell_of(low), space.cell_of(high) + 1)


def _parts(rule: CompiledRule) -> Iterator[tuple[_Part, Idle]]:
    ref, direction, traffic = rule.rule.ref, rule.rule.direction, rule.rule.traffic.numbers
    yield (id(rule.rule), None, None), Idle(ref, direction, "rule", traffic)
    for at, _ in enumerate(_peers(rule)):
        yield (id(rule.rule), at, None), Idle(ref, direction, "peer", traffic, at)
    for span in traffic:
        yield (id(rule.rule), None, span[0]), Idle(ref, direction, "ports", IntervalSet([span]))


def _peers(rule: CompiledRule) -> Sequence[Peer]:
    peer = rule.rule.peer
    return peer.parts if isinstance(peer, AnyOf) else (peer,)


def _once(sets: Sequence[int]) -> int:
    """What is in exactly one of the sets."""
    once = twice = 0
    for one in sets:
        twice |= once & one
        once |= one
    return once & ~twice


# ------------------------------------------------------------------------------------------------ surplus


class _Pairs:
    """Which workload may use what to which other, and what of it was seen."""

    def __init__(
        self, reaching: Reaching, placed: Placed, observed: npt.NDArray[np.bool_], subjects: Sequence[int]
    ) -> None:
        self.relation, self.placed = reaching.relation, placed
        self.workloads = np.array(
            [at for at, party in enumerate(placed.parties) if not party.in_node_network], np.int64
        )
        number = np.full(len(placed.parties), -1, np.int64)
        number[self.workloads] = np.arange(len(self.workloads))
        self.subject = np.zeros(len(self.workloads), bool)
        self.subject[number[list(subjects)]] = True
        self.alone = np.array([len(placed.parties[at].pods) == 1 for at in self.workloads], bool)
        listed = classes_of(placed, reaching)
        self.classes = [listed[at] for at in self.workloads]
        source, destination = placed.source, placed.destination
        rows = np.flatnonzero(observed & (source >= 0) & (destination >= 0))
        ends = number[source[rows]], number[destination[rows]]
        rows, source, destination = (one[(ends[0] >= 0) & (ends[1] >= 0)] for one in (rows, *ends))
        traffic = placed.edges.traffic[rows]
        keep = (traffic & 0xFFFF) > 0
        self.seen = distinct_only(destination[keep], source[keep], traffic[keep])

    def surplus(self, most: int) -> tuple[tuple[Surplus, ...], int]:
        """The pairs with the most ports, and how many pairs of workloads and port there are."""
        totals = np.zeros((len(self.workloads), len(self.workloads)), np.int64)
        for family, view in self.relation.views.items():
            totals = np.maximum(totals, self._extra(family, view))
        total = int(totals.sum())
        if not most or not total:
            return (), total
        flat = totals.reshape(-1)
        order = np.argsort(-flat, kind="stable")[: min(most, int((flat > 0).sum()))]
        found = []
        for at in order.tolist():
            destination, source = divmod(at, len(self.workloads))
            found.append(
                Surplus(
                    int(self.workloads[source]),
                    int(self.workloads[destination]),
                    self._traffic(source, destination),
                    int(flat[at]),
                )
            )
        return tuple(found), total

    def _extra(self, family: int, view: View) -> Ints:
        """By destination and source: how many ports are allowed and were not seen."""
        count = len(self.workloads)
        size = view.cells.count
        weights = np.array([len(view.cells.traffic(cell) & ASKED) for cell in range(size)], np.int64)
        cells = cells_of(view, self.seen[2])
        ragged = Ragged(self.classes)
        place, members_of, begins = ragged.spread(np.arange(count))
        del place
        found = np.zeros((count, count), np.int64)
        for start in range(0, count, _CHUNK):
            stop = min(start + _CHUNK, count)
            allowed = np.zeros((stop - start, size, count), bool)
            for destination in range(start, stop):
                for cell in np.flatnonzero(weights).tolist():
                    bits = 0
                    for one in self.classes[destination]:
                        bits |= view.row(one, cell)[0]
                    if bits:
                        column = bits_of(bits, self.relation.classes.size)[members_of]
                        allowed[destination - start, cell] = np.bitwise_or.reduceat(column, begins)
            mine = (self.seen[0] >= start) & (self.seen[0] < stop)
            seen = np.zeros_like(allowed, np.int64)
            np.add.at(seen, (self.seen[0][mine] - start, cells[mine], self.seen[1][mine]), 1)
            extra = np.where(allowed, weights[:, None] - seen, 0).sum(axis=1)
            asked = self.subject[start:stop, None] | self.subject[None, :]
            extra[~asked] = 0
            itself = np.arange(start, stop)[self.alone[start:stop]]
            extra[itself - start, itself] = 0
            found[start:stop] = extra
        return found

    def _traffic(self, source: int, destination: int) -> IntervalSet:
        found = EMPTY
        for view in self.relation.views.values():
            for cell in range(view.cells.count):
                row = 0
                for one in self.classes[destination]:
                    row |= view.row(one, cell)[0]
                if any(row >> one & 1 for one in self.classes[source]):
                    found |= view.cells.traffic(cell) & ASKED
        seen = self.seen[2][(self.seen[0] == destination) & (self.seen[1] == source)]
        return found - IntervalSet.of(*seen.tolist())
