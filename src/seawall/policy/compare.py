"""Two worlds side by side: what is newly allowed, newly denied, newly unknown. Policies may differ, pods may; pods of one side only are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from seawall.kit.bitsets import members
from seawall.kit.intervals import EMPTY, IntervalSet
from seawall.kit.prefixes import PrefixSet
from seawall.model.cluster.meta import ObjectRef
from seawall.policy.classes import Classes, Interest
from seawall.policy.lower import PolicyModel
from seawall.policy.model import EVERY_TRAFFIC, Direction
from seawall.policy.reach import ASKED
from seawall.policy.relation import Relation, Row, View
from seawall.policy.world import PodEnd, World


class Change(msgspec.Struct, frozen=True):
    """What changed between two workloads; `pairs` counts the pairs of pods that it touches."""

    source: ObjectRef
    destination: ObjectRef
    allowed: IntervalSet
    denied: IntervalSet
    unknown: IntervalSet
    pairs: int


class OutsideChange(msgspec.Struct, frozen=True):
    """What changed between a workload and addresses outside."""

    group: ObjectRef
    direction: Direction
    addresses: PrefixSet
    allowed: IntervalSet
    denied: IntervalSet
    unknown: IntervalSet


class Diff(msgspec.Struct, frozen=True):
    """All changes; empty lists mean that the two worlds allow the same among the pods that both have. `added` and `removed` are pods of one side."""

    changes: tuple[Change, ...]
    outside: tuple[OutsideChange, ...]
    added: tuple[ObjectRef, ...] = ()
    removed: tuple[ObjectRef, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.changes and not self.outside


def diff(before: PolicyModel, after: PolicyModel, traffic: IntervalSet = ASKED) -> Diff:
    """What `after` allows and denies otherwise than `before`, for traffic among pods that both have and between them and the outside."""
    return _Comparison(before, after, traffic).diff()


def equivalent(before: PolicyModel, after: PolicyModel) -> bool:
    """Whether the two treat all traffic alike, among the pods that both have and with the outside."""
    return _Comparison(before, after, EVERY_TRAFFIC).same()


def _name(pod: PodEnd) -> tuple[str, str, bool]:
    return pod.namespace, pod.name, pod.template


class _Comparison:
    def __init__(self, before: PolicyModel, after: PolicyModel, traffic: IntervalSet) -> None:
        self.before, self.after, self.traffic = before, after, traffic
        theirs = {_name(pod): pod for pod in after.world.pods}
        mine = {_name(pod): pod for pod in before.world.pods}
        common = [name for name in mine if name in theirs and mine[name].host_network == theirs[name].host_network]
        self.added = tuple(pod.ref for name, pod in theirs.items() if name not in mine)
        self.removed = tuple(pod.ref for name, pod in mine.items() if name not in theirs)
        self.pairs = {id(mine[name]): theirs[name] for name in common}
        rules = (before.enforced.rules, after.enforced.rules)
        interest = Interest([*rules[0], *rules[1]])
        families = before.families | after.families
        worlds = tuple(
            World([found[name] for name in common], model.world.nodes, model.world.namespaces, model.world.cluster)
            for found, model in ((mine, before), (theirs, after))
        )
        keys = [
            Classes(World((), {}, {}, model.world.cluster), interest, families).key_function()
            for model in (before, after)
        ]
        self._joint: dict[int, object] = {}
        for name in common:
            key = (keys[0](mine[name]), keys[1](theirs[name]))
            self._joint[id(mine[name])] = self._joint[id(theirs[name])] = key
        sets = {rule.traffic.numbers for found in rules for rule in found}
        sets |= set(before.traffic_sets) | set(after.traffic_sets)
        self.relations = tuple(
            self._relation(model, world, interest, families, sets)
            for model, world in zip((before, after), worlds, strict=True)
        )

    def _relation(
        self, model: PolicyModel, world: World, interest: Interest, families: frozenset[int], sets: set[IntervalSet]
    ) -> Relation:
        classes = Classes(world, interest, families, lambda pod: self._joint[id(pod)])
        views = {family: View(classes, family, model.enforced.rules, True, sets) for family in sorted(families)}
        found = Relation(model, classes, views)
        for family in views:
            found.outside(family, interest.nets)
        return found

    def same(self) -> bool:
        return not any(True for _ in self._inside()) and not any(True for _ in self._beyond())

    def diff(self) -> Diff:
        groups: dict[tuple[ObjectRef, ObjectRef], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        first = next(iter(self.relations[0].views.values()))
        for destination, source, kinds in self._inside():
            for edge, pairs in self._expand(source, destination):
                found = groups[edge]
                for index, mask in enumerate(kinds):
                    found[index] |= mask
                found[3] += pairs
        changes = tuple(
            Change(
                source,
                destination,
                self._traffic(first, found[0]),
                self._traffic(first, found[1]),
                self._traffic(first, found[2]),
                found[3],
            )
            for (source, destination), found in sorted(groups.items())
            if found[3]
        )
        beyond: dict[tuple[ObjectRef, Direction, int, int, int], PrefixSet] = defaultdict(PrefixSet)
        for subject, direction, prefixes, kinds in self._beyond():
            for ref in self._owners(subject):
                beyond[(ref, direction, *kinds)] |= prefixes
        outside = tuple(
            OutsideChange(
                ref,
                direction,
                prefixes,
                self._traffic(first, one),
                self._traffic(first, two),
                self._traffic(first, three),
            )
            for (ref, direction, one, two, three), prefixes in sorted(beyond.items(), key=lambda entry: entry[0])
        )
        return Diff(changes, outside, self.added, self.removed)

    def _inside(self) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
        """Destination class, source class and the cells that are newly allowed, denied, unknown between them."""
        before, after = self.relations
        for family, view in before.views.items():
            other = after.views[family]
            cells = [cell for cell in range(view.cells.count) if self._traffic(view, 1 << cell)]
            has = before.has_family(family) & after.has_family(family) if len(before.views) > 1 else before.classes.pods
            for destination in range(before.classes.pod_count):
                if not has >> destination & 1:
                    continue
                found: dict[int, list[int]] = {}
                for cell in cells:
                    for index, bits in enumerate(_turned(view.row(destination, cell), other.row(destination, cell))):
                        for source in members(bits & has):
                            found.setdefault(source, [0, 0, 0])[index] |= 1 << cell
                for source, (allowed, denied, unknown) in found.items():
                    yield destination, source, (allowed, denied, unknown)

    def _beyond(self) -> Iterator[tuple[int, Direction, PrefixSet, tuple[int, int, int]]]:
        before, after = self.relations
        for family, view in before.views.items():
            space = before.outside(family)
            cells = [cell for cell in range(view.cells.count) if self._traffic(view, 1 << cell)]
            for direction in Direction:
                for subject in range(before.classes.pod_count):
                    rows = (
                        before.outside_rows(direction, subject, family),
                        after.outside_rows(direction, subject, family),
                    )
                    if rows[0] == rows[1]:
                        continue
                    found: dict[int, list[int]] = {}
                    for cell in cells:
                        for index, bits in enumerate(_turned(rows[0][cell], rows[1][cell])):
                            for place in members(bits):
                                found.setdefault(place, [0, 0, 0])[index] |= 1 << cell
                    by_kinds: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
                    for place, (allowed, denied, unknown) in found.items():
                        by_kinds[allowed, denied, unknown].append(space.spans[place])
                    for kinds, spans in by_kinds.items():
                        one = IntervalSet(spans)
                        yield subject, direction, PrefixSet(one) if family == 4 else PrefixSet(v6=one), kinds

    def _expand(self, source: int, destination: int) -> Iterator[tuple[tuple[ObjectRef, ObjectRef], int]]:
        """The pairs of workloads of two classes, with how many pairs of different pods each has."""
        sources, destinations = self._counts(source), self._counts(destination)
        for one, many in sources.items():
            for other, count in destinations.items():
                pairs = many * count - (many if source == destination and one == other else 0)
                if pairs:
                    yield (one, other), pairs

    def _traffic(self, view: View, mask: int) -> IntervalSet:
        """The traffic of a set of cells, as far as it is asked about."""
        if not mask:
            return EMPTY
        found = view.masks.get((mask, self.traffic))
        if found is None:
            spans = (span for span, one in zip(view.cells.spans, view.cells.ids, strict=True) if mask >> one & 1)
            found = view.masks[mask, self.traffic] = IntervalSet(spans) & self.traffic
        return found

    def _owners(self, subject: int) -> list[ObjectRef]:
        return list(self._counts(subject))

    def _counts(self, index: int) -> dict[ObjectRef, int]:
        found: dict[ObjectRef, int] = {}
        world = self.before.world
        for pod in self.relations[0].classes.pods_of[index]:
            ref = world.owner(pod)
            found[ref] = found.get(ref, 0) + 1
        return found


def _turned(before: Row, after: Row) -> tuple[int, int, int]:
    """The ends newly allowed, newly denied, newly unknown."""
    allowed = after[0] & ~before[0]
    denied = (before[0] | before[1]) & ~(after[0] | after[1])
    unknown = after[1] & ~before[1]
    return allowed, denied, unknown
