"""Many flows at once, each with the rules that decided it: for replaying what was recorded.

A flow is three integers: source and destination as indices into the world's pods, and its traffic. What comes back is one small number a
flow, an index into the distinct outcomes. Flows are gathered by subject and cell of traffic; the rules about the subject are then laid in
order over all its other ends that were asked about, as sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from seawall.kit.bitsets import bitset, members
from seawall.policy.judge import Verdict, conjunction
from seawall.policy.model import Action, Direction, RuleRef, Ternary
from seawall.policy.relation import CompiledRule, Piece, Relation


class Side(msgspec.Struct, frozen=True, cache_hash=True):
    """How one direction was decided. `rule` None: the cluster's default, or that it cannot be told."""

    allowed: Verdict
    rule: RuleRef | None
    tier: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """A verdict with the deciding rule of each direction."""

    allowed: Verdict
    egress: Side
    ingress: Side


class Judged(msgspec.Struct, frozen=True):
    """`index[i]` is the outcome of flow i in `outcomes`."""

    index: Sequence[int]
    outcomes: Sequence[Outcome]


_DEFAULT, _DOUBT, _ITSELF = Side(True, None), Side(None, None), Side(True, None, "always")


class _Layer(NamedTuple):
    """A rule about one subject in one cell: the ends it matches, the side it decides (None: it passes them to the next tier), its tier."""

    ends: int
    side: int | None
    tier: tuple[float, str]


class Batch:
    """Judges flows among the pods of a relation over one family. What was found for one batch serves the next."""

    def __init__(self, relation: Relation, family: int) -> None:
        self.relation, self.family, self.view = relation, family, relation.views[family]
        self.sides: list[Side] = []
        self._side_index: dict[Side, int] = {}
        self.outcomes: list[Outcome] = []
        self._outcome_index: dict[int, int] = {}
        self._layers: dict[tuple[Direction, int, int], list[_Layer] | None] = {}
        self._pieces: dict[tuple[Direction, int], list[Piece]] = {}
        self._default, self._doubt = self._side(_DEFAULT), self._side(_DOUBT)
        classes = relation.classes
        self._class = [-1 if pod.host_network else classes.of_pod[id(pod)] for pod in relation.model.world.pods]

    def judge(self, sources: Sequence[int], destinations: Sequence[int], traffic: Sequence[int]) -> Judged:
        """The outcome of each flow. Pods in their node's network are not judged here: ValueError names the first."""
        cells = {one: self.view.cells.of(one) for one in set(traffic)}
        classes, size, count = self._class, self.relation.classes.size, self.view.cells.count
        place = list(map(classes.__getitem__, sources))
        target = list(map(classes.__getitem__, destinations))
        if -1 in place or -1 in target:
            at = place.index(-1) if -1 in place else target.index(-1)
            raise ValueError(f"flow {at} has a pod in its node's network")
        # One integer names (source class, destination class, cell): flows that share it share their outcome.
        keys = [
            (one * size + other) * count + cell
            for one, other, cell in zip(place, target, map(cells.__getitem__, traffic), strict=True)
        ]
        found = self._settle(list(dict.fromkeys(keys)), size, count)
        index = list(map(found.__getitem__, keys))
        if self.relation.model.profile.pod_to_itself is Ternary.YES:
            always = self._side(_ITSELF)
            itself = self._outcome(always << 24 | always)
            for at in [at for at, (one, other) in enumerate(zip(sources, destinations, strict=True)) if one == other]:
                index[at] = itself
        return Judged(index, self.outcomes)

    def _settle(self, keys: list[int], size: int, count: int) -> dict[int, int]:
        """The outcome of each (source class, destination class, cell)."""
        by_source: defaultdict[int, list[int]] = defaultdict(list)
        by_destination: defaultdict[int, list[int]] = defaultdict(list)
        block = size * count
        for at, key in enumerate(keys):
            cell = key % count
            by_source[key // block * count + cell].append(at)
            by_destination[key % block].append(at)
        both = [0] * len(keys)
        for group, listed in by_source.items():
            source, cell = divmod(group, count)
            ends = [keys[at] % block // count for at in listed]
            for at, side in zip(listed, self._sides(Direction.EGRESS, source, cell, ends), strict=True):
                both[at] = side << 24
        for group, listed in by_destination.items():
            destination, cell = divmod(group, count)
            ends = [keys[at] // block for at in listed]
            for at, side in zip(listed, self._sides(Direction.INGRESS, destination, cell, ends), strict=True):
                both[at] |= side
        outcomes = {one: self._outcome(one) for one in set(both)}
        return dict(zip(keys, map(outcomes.__getitem__, both), strict=True))

    def _sides(self, direction: Direction, subject: int, cell: int, ends: list[int]) -> list[int]:
        """What decides between a subject and each of `ends`."""
        layers = self._layers_of(direction, subject, cell)
        decided: dict[int, int] = {}
        if layers is None:
            row = self.view.subject_row(direction, subject, cell)
            return [self._doubtful(row, direction, subject, cell, end) for end in ends]
        undecided, passed = bitset(ends), 0
        tier: tuple[float, str] | None = None
        for layer in layers:
            if layer.tier != tier:
                undecided |= passed
                passed, tier = 0, layer.tier
            hit = layer.ends & undecided
            if hit:
                undecided ^= hit
                if layer.side is None:
                    passed |= hit
                else:
                    side = layer.side
                    for end in members(hit):
                        decided[end] = side
                if not undecided and not passed:
                    break
        default = self._default
        return [decided.get(end, default) for end in ends]

    def _layers_of(self, direction: Direction, subject: int, cell: int) -> list[_Layer] | None:
        """The rules about a subject that match a cell, in order; None where some only may match, so that sets alone cannot tell."""
        key = (direction, subject, cell)
        if key in self._layers:
            return self._layers[key]
        found: list[_Layer] | None = []
        for rule, mask, sure, may in self._pieces_of(direction, subject):
            if not mask >> cell & 1 or rule.action is Action.LOG:
                continue
            if sure != may or rule.action is Action.UNKNOWN or rule.block is not None:
                found = None
                break
            side = None
            if rule.action is not Action.PASS:
                side = self._side(Side(rule.action is Action.ALLOW, rule.rule.ref, rule.rule.tier.name))
            assert found is not None
            found.append(_Layer(may, side, rule.tier))
        self._layers[key] = found
        return found

    def _pieces_of(self, direction: Direction, subject: int) -> list[Piece]:
        """What the rules about a subject say of pods."""
        key = (direction, subject)
        found = self._pieces.get(key)
        if found is None:
            view, pods = self.view, self.relation.classes.pods
            found = self._pieces[key] = [
                Piece(rule, mask, sure & pods, may & pods)
                for rule, mask, sure, may in view.pieces(direction, subject, view.by_subject[direction].of(subject))
                if may & pods
            ]
        return found

    def _doubtful(self, row: tuple[int, int], direction: Direction, subject: int, cell: int, end: int) -> int:
        """What decides where some rules only may match: the verdict is the row's, the rule the first on the way that says the same."""
        allowed = True if row[0] >> end & 1 else None if row[1] >> end & 1 else False
        if allowed is None:
            return self._doubt
        says = Action.ALLOW if allowed else Action.DENY
        passed: CompiledRule | None = None
        for rule, mask, sure, may in self._pieces_of(direction, subject):
            if not mask >> cell & 1 or not may >> end & 1:
                continue
            # A sure pass ends its tier, but for the other policies of its priority where the order among them is not defined.
            if passed and rule.tier == passed.tier and (rule.block != passed.block or rule.lane == passed.lane):
                continue
            if rule.action is says:
                return self._side(Side(allowed, rule.rule.ref, rule.rule.tier.name))
            if rule.action is Action.PASS and sure >> end & 1:
                passed = rule
        return self._default if allowed else self._side(Side(False, None))

    def _outcome(self, key: int) -> int:
        found = self._outcome_index.get(key)
        if found is None:
            found = self._outcome_index[key] = len(self.outcomes)
            egress, ingress = self.sides[key >> 24], self.sides[key & 0xFFFFFF]
            self.outcomes.append(Outcome(conjunction(egress.allowed, ingress.allowed), egress, ingress))
        return found

    def _side(self, side: Side) -> int:
        found = self._side_index.get(side)
        if found is None:
            found = self._side_index[side] = len(self.sides)
            self.sides.append(side)
        return found
