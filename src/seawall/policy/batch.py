"""Many flows at once, each with the rules that decided it: for replaying what was recorded.

A flow is three integers: source and destination as indices into the world's pods, and its traffic. What comes back is one small number a
flow, an index into the distinct outcomes. The classes that the same rules are about, and the cells of traffic that the same of these rules
match, share one table: for every other end the side that decides. A flow then costs two look-ups, however many rules there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from seawall.policy.judge import Verdict, conjunction
from seawall.policy.model import Action, Direction, RuleRef, Ternary
from seawall.policy.relation import CompiledRule, Piece, Relation

Numbers = np.ndarray[Any, np.dtype[Any]]


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


_ROOM = 1 << 25
"""How many entries of tables are held at once; flows whose tables do not fit wait for the next round."""


class Batch:
    """Judges flows among the pods of a relation over one family. What was found for one batch serves the next."""

    def __init__(self, relation: Relation, family: int) -> None:
        self.relation, self.family, self.view = relation, family, relation.views[family]
        self.sides: list[Side] = []
        self._side_index: dict[Side, int] = {}
        self.outcomes: list[Outcome] = []
        self._outcome_of: dict[tuple[int, int], int] = {}
        self._pieces: dict[tuple[Direction, int], list[Piece]] = {}
        self._alike = {direction: self._first_alike(direction) for direction in Direction}
        self._default, self._doubt = self._side(_DEFAULT), self._side(_DOUBT)
        classes = relation.classes
        self._class = np.array(
            [-1 if pod.host_network else classes.of_pod[id(pod)] for pod in relation.model.world.pods], np.int64
        )

    def judge(self, sources: Sequence[int], destinations: Sequence[int], traffic: Sequence[int]) -> Judged:
        """The outcome of each flow. Pods in their node's network are not judged here: ValueError names the first."""
        from_pods, to_pods = np.asarray(sources, np.int64), np.asarray(destinations, np.int64)
        place, target = self._class[from_pods], self._class[to_pods]
        hosts = np.flatnonzero((place < 0) | (target < 0))
        if len(hosts):
            raise ValueError(f"flow {hosts[0]} has a pod in its node's network")
        known = self.view.cells
        cells = np.array(known.ids, np.int64)[np.searchsorted(known.lows, np.asarray(traffic, np.int64), "right") - 1]
        egress = self._sides(Direction.EGRESS, place, cells, target)
        ingress = self._sides(Direction.INGRESS, target, cells, place)
        if self.relation.model.profile.pod_to_itself is Ternary.YES:
            itself = from_pods == to_pods
            egress[itself] = ingress[itself] = self._side(_ITSELF)
        sides = len(self.sides)
        pairs, pair_of = numbered(egress * sides + ingress, sides * sides)
        outcomes = np.array([self._outcome(*divmod(pair, sides)) for pair in pairs.tolist()], np.int64)
        return Judged(outcomes[pair_of].tolist(), self.outcomes)

    def _first_alike(self, direction: Direction) -> Numbers:
        """For each class the first one that the same rules are about, on which named ports mean the same."""
        about, meanings = self.view.by_subject[direction], self.view.meanings
        first: dict[object, int] = {}
        size = self.relation.classes.size
        return np.array([first.setdefault((about.signature(one), meanings[one]), one) for one in range(size)], np.int64)

    def _sides(self, direction: Direction, subjects: Numbers, cells: Numbers, ends: Numbers) -> Numbers:
        """What decides between each subject and its end in a cell."""
        groups = self._alike[direction][subjects] * self.view.cells.count + cells
        asked, group_of = numbered(groups, self.relation.classes.size * self.view.cells.count)
        sides = np.zeros(len(groups), np.int64)
        room = max(1, _ROOM // self.relation.classes.size)
        for start in range(0, len(asked), room):
            tables, table_of = self._tables(direction, asked[start : start + room].tolist())
            mine = np.flatnonzero((group_of >= start) & (group_of < start + room))
            sides[mine] = tables[table_of[group_of[mine] - start], ends[mine]]
        return sides

    def _tables(self, direction: Direction, groups: Sequence[int]) -> tuple[Numbers, Numbers]:
        """The tables of these (class, cell), and which is whose: those that the same rules match share theirs."""
        number_of: dict[tuple[int, tuple[int, ...]], int] = {}
        tables: list[Numbers] = []
        table_of: list[int] = []
        for group in groups:
            subject, cell = divmod(group, self.view.cells.count)
            pieces = self._pieces_of(direction, subject)
            matching = tuple([at for at, piece in enumerate(pieces) if piece.mask >> cell & 1])
            number = number_of.setdefault((subject, matching), len(tables))
            if number == len(tables):
                tables.append(self._table([pieces[at] for at in matching], direction, subject, cell))
            table_of.append(number)
        return np.stack(tables), np.array(table_of, np.int64)

    def _table(self, pieces: Sequence[Piece], direction: Direction, subject: int, cell: int) -> Numbers:
        """For each end what decides between it and the subject."""
        size = self.relation.classes.size
        decided = self._decided(pieces)
        if decided is None:
            row = self.view.subject_row(direction, subject, cell)
            sides = [self._doubtful(row, direction, subject, cell, end) for end in range(size)]
            return np.array(sides, np.uint32)
        table = np.full(size, self._default, np.uint32)
        for side, ends in decided.items():
            packed = np.frombuffer(ends.to_bytes((size + 7) >> 3, "little"), np.uint8)
            table[np.unpackbits(packed, count=size, bitorder="little").view(np.bool_)] = side
        return table

    def _decided(self, pieces: Sequence[Piece]) -> dict[int, int] | None:
        """The pods that each side decides, by the first match, but for the default; None where some rule only may match, so that sets alone cannot tell."""
        undecided, passed = self.relation.classes.pods, 0
        tier: tuple[float, str] | None = None
        found: dict[int, int] = {}
        for rule, _, sure, may in pieces:
            if rule.action is Action.LOG:
                continue
            if sure != may or rule.action is Action.UNKNOWN or rule.block is not None:
                return None
            if rule.tier != tier:
                undecided |= passed
                passed, tier = 0, rule.tier
            hit = may & undecided
            undecided ^= hit
            if rule.action is Action.PASS:
                passed |= hit
            elif hit:
                side = self._side(Side(rule.action is Action.ALLOW, rule.rule.ref, rule.rule.tier.name))
                found[side] = found.get(side, 0) | hit
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

    def _outcome(self, egress: int, ingress: int) -> int:
        found = self._outcome_of.get((egress, ingress))
        if found is None:
            found = self._outcome_of[egress, ingress] = len(self.outcomes)
            out, into = self.sides[egress], self.sides[ingress]
            self.outcomes.append(Outcome(conjunction(out.allowed, into.allowed), out, into))
        return found

    def _side(self, side: Side) -> int:
        found = self._side_index.get(side)
        if found is None:
            found = self._side_index[side] = len(self.sides)
            self.sides.append(side)
        return found


def numbered(values: Numbers, end: int) -> tuple[Numbers, Numbers]:
    """The distinct values in ascending order, and the place of each value among them; all are below `end`."""
    if end > _ROOM:
        distinct, place = np.unique(values, return_inverse=True)
        return distinct, place
    # A table of what is there is made in one pass, where sorting takes many.
    place_of = np.zeros(end, np.int64)
    place_of[values] = 1
    distinct = np.flatnonzero(place_of)
    place_of[distinct] = np.arange(len(distinct))
    return distinct, place_of[values]
