"""Many flows at once, each with the rules that decided it: for replaying what was recorded.

A flow is three integers: source and destination as indices into the world's pods, and its traffic. What comes back is one small number a
flow, an index into the distinct outcomes. The deciding rules depend on classes only: for each direction the rules about a subject are
laid over its other ends once, in order, as one byte for each end that says which of them decided; after that a flow is two look-ups.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import msgspec

from seawall.kit.bitsets import members
from seawall.policy.judge import Verdict, conjunction
from seawall.policy.model import Action, Direction, RuleRef, Ternary
from seawall.policy.relation import Relation


class Side(msgspec.Struct, frozen=True):
    """How one direction was decided: `rule` None is the cluster's default, or what could not be told."""

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


_ITSELF = Side(True, None, "a pod always reaches its own address")


class Batch:
    """Judges flows among the pods of a relation over one family. What was laid out for one batch serves the next."""

    def __init__(self, relation: Relation, family: int) -> None:
        self.relation, self.family, self.view = relation, family, relation.views[family]
        self.sides: list[Side] = []
        self._side_index: dict[tuple[Verdict, RuleRef | None, str], int] = {}
        self._laid: dict[tuple[Direction, int, int], list[int]] = {}
        self.outcomes: list[Outcome] = []
        self._outcome_index: dict[int, int] = {}
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
        by_cell = list(map(cells.__getitem__, traffic))
        # One integer names (source class, destination class, cell): flows that share it share their outcome.
        keys = [(one * size + other) * count + cell for one, other, cell in zip(place, target, by_cell, strict=True)]
        found: dict[int, int] = dict.fromkeys(keys, 0)
        self._settle(found, size, count)
        index = list(map(found.__getitem__, keys))
        if self.relation.model.profile.pod_to_itself is Ternary.YES:
            itself = self._outcome(self._side(_ITSELF), self._side(_ITSELF))
            for at in [at for at, (one, other) in enumerate(zip(sources, destinations, strict=True)) if one == other]:
                index[at] = itself
        return Judged(index, self.outcomes)

    def _settle(self, found: dict[int, int], size: int, count: int) -> None:
        """The outcome of each (source class, destination class, cell)."""
        egress: dict[int, list[int]] = {}
        ingress: dict[int, list[int]] = {}
        outcome_of = self._outcome_index
        for key in found:
            pair, cell = divmod(key, count)
            source, destination = divmod(pair, size)
            out_key, in_key = source * count + cell, destination * count + cell
            out = egress.get(out_key)
            if out is None:
                out = egress[out_key] = self._lay(Direction.EGRESS, source, cell)
            into = ingress.get(in_key)
            if into is None:
                into = ingress[in_key] = self._lay(Direction.INGRESS, destination, cell)
            both = out[destination] << 24 | into[source]
            outcome = outcome_of.get(both)
            found[key] = self._outcome(both >> 24, both & 0xFFFFFF) if outcome is None else outcome

    def _outcome(self, egress: int, ingress: int) -> int:
        key = egress << 24 | ingress
        found = self._outcome_index.get(key)
        if found is None:
            found = self._outcome_index[key] = len(self.outcomes)
            out, into = self.sides[egress], self.sides[ingress]
            self.outcomes.append(Outcome(conjunction(out.allowed, into.allowed), out, into))
        return found

    def _side(self, side: Side) -> int:
        key = (side.allowed, side.rule, side.tier)
        found = self._side_index.get(key)
        if found is None:
            found = self._side_index[key] = len(self.sides)
            self.sides.append(side)
        return found

    def _lay(self, direction: Direction, subject: int, cell: int) -> list[int]:
        """For each other end the side that decides: the rules about the subject laid over all ends in order."""
        signature = (direction, subject, cell)
        laid = self._laid.get(signature)
        if laid is not None:
            return laid
        view, classes = self.view, self.relation.classes
        allowed, unknown = view.subject_row(direction, subject, cell)
        laid = list(repeat(self._side(Side(True, None)), classes.size))
        undecided = classes.everyone & ~unknown
        passed, tier = 0, None
        for piece in view.pieces(direction, subject, view.by_subject[direction].of(subject)):
            rule = piece.rule
            if not piece.mask >> cell & 1 or rule.action is Action.LOG:
                continue
            if rule.tier != tier:
                undecided |= passed
                passed, tier = 0, rule.tier
            hit = piece.may & undecided
            if not hit:
                continue
            undecided &= ~piece.sure
            if rule.action is Action.PASS:
                passed |= hit
                continue
            if rule.action is Action.UNKNOWN:
                continue
            says = hit & (allowed if rule.action is Action.ALLOW else ~allowed)
            side = self._side(Side(rule.action is Action.ALLOW, rule.rule.ref, rule.rule.tier.name))
            undecided &= ~says
            for end in members(says):
                laid[end] = side
        if unknown:
            doubt = self._side(Side(None, None))
            for end in members(unknown):
                laid[end] = doubt
        self._laid[signature] = laid
        return laid
