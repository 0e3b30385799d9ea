"""What each rule does in this world: rules that decide nothing, rules that another one covers, policies of equal priority that disagree.

Judged for the pods, nodes and addresses of the input: a rule for pods that are still to come decides nothing yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

import msgspec

from seawall.kit.bitsets import members
from seawall.policy.classes import OutsideCells
from seawall.policy.lower import PolicyModel
from seawall.policy.model import Action, Direction, Rule, RuleRef
from seawall.policy.relation import CompiledRule, Relation, View, partition


class Idle(msgspec.Struct, frozen=True):
    """A rule that changes nothing.

    `selects-nobody`: its policy selects no end of the input; `matches-nobody`: no end is its peer; `shadowed`: earlier rules decide all that
    it matches; `covered`: one other rule does the same and more (`by`), or several together do.
    """

    rule: RuleRef
    direction: Direction
    kind: Literal["selects-nobody", "matches-nobody", "shadowed", "covered"]
    by: tuple[RuleRef, ...] = ()


class Conflict(msgspec.Struct, frozen=True):
    """Two rules of equal priority in different policies that match common traffic and act differently; `pods` examples of whom it touches."""

    first: RuleRef
    second: RuleRef
    direction: Direction
    priority: float
    subject: str


class Effects:
    """Which rules have an effect, found once for a model."""

    def __init__(self, model: PolicyModel, relation: Relation | None = None) -> None:
        self.model, self.relation = model, relation or Relation.of(model)
        self._needed: set[int] = set()
        self._matched: set[int] = set()
        self._reached: set[int] = set()
        for view in self.relation.views.values():
            for direction in Direction:
                self._walk(view, direction)

    def idle(self) -> Iterator[Idle]:
        """Every written rule without effect, in the order of evaluation."""
        for direction in Direction:
            compiled = {
                id(one.rule): (view, one) for view in self.relation.views.values() for one in view.rules[direction]
            }
            for rule in self.model.enforced.rules:
                if (
                    rule.direction is not direction
                    or rule.purpose != "rule"
                    or rule.action in (Action.LOG, Action.UNKNOWN)
                ):
                    continue
                found = self._judge(rule, compiled)
                if found is not None:
                    yield found

    def _judge(self, rule: Rule, compiled: dict[int, tuple[View, CompiledRule]]) -> Idle | None:
        if id(rule) not in compiled:
            return Idle(rule.ref, rule.direction, "selects-nobody")
        if id(rule) in self._needed:
            return None
        if id(rule) not in self._matched:
            return Idle(rule.ref, rule.direction, "matches-nobody")
        if id(rule) not in self._reached:
            return Idle(rule.ref, rule.direction, "shadowed", self._before(rule, compiled))
        view, mine = compiled[id(rule)]
        covers = [
            one for one in view.by_subject[rule.direction].of(_first(mine.subject[1])) if self._covers(view, one, mine)
        ]
        same = [one for one in covers if self._covers(view, mine, one)]
        if covers and len(same) == len(covers) and all(one.key > mine.key for one in covers):
            return None  # the later of two equal rules is the idle one
        better = [one for one in covers if one not in same] or [one for one in same if one.key < mine.key]
        return Idle(rule.ref, rule.direction, "covered", tuple(one.rule.ref for one in better[:1]))

    def _before(self, rule: Rule, compiled: dict[int, tuple[View, CompiledRule]]) -> tuple[RuleRef, ...]:
        view, mine = compiled[id(rule)]
        rules = view.by_subject[rule.direction].of(_first(mine.subject[1]))
        return tuple(
            one.rule.ref
            for one in rules
            if one.key < mine.key
            and one.peer[0] & mine.peer[1]
            and one.action is not Action.LOG
            and one.rule.ref.policy is not None
        )[:3]

    def _covers(self, view: View, wide: CompiledRule, narrow: CompiledRule) -> bool:
        """Whether `wide` acts as `narrow` does on all that `narrow` matches."""
        if wide is narrow or wide.action is not narrow.action or wide.tier != narrow.tier:
            return False
        if narrow.subject[1] & ~wide.subject[0] or narrow.peer[1] & ~wide.peer[0]:
            return False
        space = self.relation.outside(view.family)
        if space.bits(narrow.rule.peer, view.family)[1] & ~space.bits(wide.rule.peer, view.family)[0]:
            return False
        covered: dict[int | None, int] = defaultdict(int)
        for mask, ends, sure in view.cells.parts(wide.traffic, view.family):
            if sure:
                covered[ends] |= mask
        return all(
            not mask & ~(covered[None] | covered[ends])
            for mask, ends, _ in view.cells.parts(narrow.traffic, view.family)
        )

    # -------------------------------------------------------------------------------------------- walking

    def _walk(self, view: View, direction: Direction) -> None:
        """Follows the first match of every subject and marks the rules that decide something no other rule decides."""
        space = self.relation.outside(view.family)
        seen: set[object] = set()
        for subject in range(self.relation.classes.size):
            key = view.by_subject[direction].signature(subject)
            if key in seen and not view.cells.named:
                continue
            seen.add(key)
            rules = view.by_subject[direction].of(subject)
            active = [(rule, view.cells.parts(rule.traffic, view.family)) for rule in rules]
            masks = {part.mask for _, parts in active for part in parts}
            for cells in partition(view.cells.everything, masks):
                chosen: list[tuple[CompiledRule, int]] = []
                for rule, parts in active:
                    peer = 0
                    for mask, ends, _ in parts:
                        if mask & cells:
                            peer |= _matched(view, space, rule, direction, subject, ends)
                    if peer:
                        chosen.append((rule, peer))
                self._first_match(chosen, (1 << (self.relation.classes.size + space.size)) - 1)

    def _first_match(self, rules: Sequence[tuple[CompiledRule, int]], everyone: int) -> None:
        undecided, passed = everyone, 0
        for _, in_tier in groupby(rules, key=lambda entry: entry[0].tier):
            undecided |= passed
            passed = 0
            for _, run in groupby(in_tier, key=lambda entry: (entry[0].action, entry[0].block, entry[0].lane)):
                mine = [(rule, peer & undecided) for rule, peer in run]
                for rule, peer in mine:
                    self._matched.add(id(rule.rule))
                    if peer:
                        self._reached.add(id(rule.rule))
                before = [0]
                for _, peer in mine:
                    before.append(before[-1] | peer)
                after = 0
                for index in range(len(mine) - 1, -1, -1):
                    rule, peer = mine[index]
                    if peer & ~(before[index] | after):
                        self._needed.add(id(rule.rule))
                    after |= peer
                action = mine[0][0].action
                if action is Action.PASS:
                    passed |= before[-1]
                if action is not Action.LOG:
                    sure = 0
                    for rule, peer in mine:
                        if rule.peer[0] is rule.peer[1] and not rule.traffic.unsure and action is not Action.UNKNOWN:
                            sure |= peer
                    undecided &= ~sure

    # -------------------------------------------------------------------------------------------- conflicts

    def conflicts(self) -> Iterator[Conflict]:
        """Rules of policies with equal priority, where the API leaves open which is asked first, that disagree on common traffic."""
        seen: set[tuple[RuleRef, RuleRef]] = set()
        for view in self.relation.views.values():
            for direction, rules in view.rules.items():
                tied = [rule for rule in rules if rule.block is not None]
                for _, block in groupby(tied, key=lambda rule: (rule.tier, rule.block)):
                    found = list(block)
                    for index, first in enumerate(found):
                        for second in found[index + 1 :]:
                            pair = (first.rule.ref, second.rule.ref)
                            if pair in seen or first.lane == second.lane or first.action is second.action:
                                continue
                            common = first.subject[1] & second.subject[1]
                            if common and self._overlap(view, first, second):
                                seen.add(pair)
                                end, _ = self.relation.classes.end_of(_first(common))
                                yield Conflict(*pair, direction, first.rule.order[1], str(end))

    def _overlap(self, view: View, first: CompiledRule, second: CompiledRule) -> bool:
        space = self.relation.outside(view.family)
        if not first.peer[1] & second.peer[1]:
            outside = space.bits(first.rule.peer, view.family)[1] & space.bits(second.rule.peer, view.family)[1]
            if not outside:
                return False
        masks = [0, 0]
        for index, rule in enumerate((first, second)):
            for part in view.cells.parts(rule.traffic, view.family):
                masks[index] |= part.mask
        return bool(masks[0] & masks[1])


def _matched(
    view: View, space: OutsideCells, rule: CompiledRule, direction: Direction, subject: int, ends: int | None
) -> int:
    """The ends that a rule's peer may be, inside and (above the classes) outside."""
    outside = space.bits(rule.rule.peer, view.family)[1] << view.classes.size
    if ends is None:
        return rule.peer[1] | outside
    if direction is Direction.INGRESS:
        return rule.peer[1] | outside if ends >> subject & 1 else 0
    return rule.peer[1] & ends | (outside if ends < 0 else 0)


def _first(bits: int) -> int:
    return next(members(bits))
