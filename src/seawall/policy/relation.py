"""The set evaluator: who may talk to whom, for all pairs and all traffic at once.

Rows of bits over classes of ends (`classes`), one for each destination and each *cell* of traffic, a cell being traffic that no rule divides.
A destination's row holds the sources that its ingress lets in; its column of egress holds the sources whose egress lets out to it; the
connection is allowed where both have the bit. The same first match as in `judge`, done for all sources together: what may still be undecided,
what may pass to the next tier, what may be allowed and what may be denied are sets.

Incremental: one policy changes, and only the rows of the pods that it selects are computed again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from seawall.kit.bitsets import Sums, bitset, members
from seawall.kit.intervals import IntervalSet, Span, cells
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.policy.classes import Bits, Classes, Interest, OutsideCells
from seawall.policy.judge import Verdict, conjunction
from seawall.policy.lower import PolicyModel, rule_key
from seawall.policy.model import (
    TRAFFIC_SPAN,
    Action,
    AnyOf,
    Direction,
    NamedPort,
    Net,
    Rule,
    Ternary,
    Traffic,
)
from seawall.policy.world import End, OutsideEnd, PodEnd

Row = tuple[int, int]
"""Ends that are allowed, and ends of which it cannot be told; the others are denied."""


Rows = tuple[Row, ...]
"""A row for each cell of traffic."""


class _Part(NamedTuple):
    """Where a rule's traffic matches: the cells in `mask`, for the destinations in `ends` (None: all), surely or perhaps."""

    mask: int
    ends: int | None
    sure: bool


class CompiledRule:
    """A rule over classes: whom it is about, whom it speaks of (each surely and perhaps), and its traffic."""

    __slots__ = ("action", "block", "key", "lane", "peer", "rule", "subject", "tier", "traffic")

    def __init__(self, rule: Rule, subject: Bits, peer: Bits) -> None:
        self.rule, self.subject, self.peer = rule, subject, peer
        self.action, self.traffic = rule.action, rule.traffic
        self.key = rule_key(rule)
        self.tier = (rule.tier.order, rule.tier.name)
        tied = rule.tier.ties == "undefined"
        self.block = rule.order[:2] if tied else None
        self.lane = rule.order[2] if tied else ""


class Cells:
    """Traffic cut into cells. A cell is a set of spans that every rule treats alike; `of(traffic)` finds the cell of one value."""

    def __init__(self, sets: Iterable[IntervalSet], named: dict[NamedPort, dict[int, int]]) -> None:
        self.named = named
        points = {IntervalSet.of(number) for found in named.values() for number in found}
        distinct = sorted((one for one in {*sets, *points} if one.spans != (TRAFFIC_SPAN,)), key=_spans)
        self.spans: list[Span] = cells(distinct, TRAFFIC_SPAN)
        self.lows = [low for low, _ in self.spans]
        covering: list[list[int]] = [[] for _ in self.spans]
        for index, one in enumerate(distinct):
            for place in self.places(one):
                covering[place].append(index)
        ids: dict[tuple[int, ...], int] = {}
        self.ids = [ids.setdefault(tuple(found), len(ids)) for found in covering]
        self.count = len(ids)
        self._parts: dict[Traffic, list[_Part]] = {}

    def places(self, traffic: IntervalSet) -> Iterator[int]:
        """Where among `spans` the traffic lies."""
        for low, high in traffic:
            yield from range(bisect_right(self.lows, low) - 1, bisect_right(self.lows, high))

    @property
    def everything(self) -> int:
        return (1 << self.count) - 1

    def of(self, traffic: int) -> int:
        return self.ids[bisect_right(self.lows, traffic) - 1]

    def traffic(self, cell: int) -> IntervalSet:
        """The traffic of a cell."""
        return IntervalSet(span for span, one in zip(self.spans, self.ids, strict=True) if one == cell)

    def divided_by(self, traffic: IntervalSet) -> bool:
        """Whether some cell lies partly in `traffic`."""
        inside: dict[int, bool] = {}
        for place, (low, high) in enumerate(self.spans):
            piece = traffic & IntervalSet([(low, high)])
            whole = piece.spans == ((low, high),)
            if piece and not whole:
                return True
            if inside.setdefault(self.ids[place], whole) != whole:
                return True
        return False

    def split_by(self, sets: Iterable[IntervalSet]) -> tuple[Cells, list[int]]:
        """Cells that `sets` do not divide either: the old ones keep their ids, and each new one is listed with the cell that it was part of."""
        found = Cells((), self.named)
        found.spans, found.lows, found.ids, found.count = (
            list(self.spans),
            list(self.lows),
            list(self.ids),
            self.count,
        )
        origin: list[int] = []
        for one in sets:
            if found.divided_by(one):
                found._cut(one, origin)
        return found, origin

    def _cut(self, traffic: IntervalSet, origin: list[int]) -> None:
        spans: list[Span] = []
        ids: list[int] = []
        inside: list[bool] = []
        for (low, high), one in zip(self.spans, self.ids, strict=True):
            for piece in cells((traffic,), (low, high)):
                spans.append(piece)
                ids.append(one)
                inside.append(piece[0] in traffic)
        mixed = {one for one, within in zip(ids, inside, strict=True) if within} & {
            one for one, within in zip(ids, inside, strict=True) if not within
        }
        fresh: dict[int, int] = {}
        for place, (one, within) in enumerate(zip(ids, inside, strict=True)):
            if within and one in mixed:
                if one not in fresh:
                    fresh[one] = self.count
                    self.count += 1
                    origin.append(one)
                ids[place] = fresh[one]
        self.spans, self.ids, self.lows = spans, ids, [low for low, _ in spans]

    def mask(self, traffic: IntervalSet) -> int:
        """The cells that lie in `traffic`."""
        if traffic.spans == (TRAFFIC_SPAN,):
            return self.everything
        return bitset({self.ids[place] for place in self.places(traffic)})

    def parts(self, traffic: Traffic, family: int) -> list[_Part]:
        """Where a rule's traffic matches; nowhere over the other family."""
        if traffic.family not in (0, family):
            return []
        found = self._parts.get(traffic)
        if found is None:
            found = self._parts[traffic] = self._parts_of(traffic)
        return found

    def _parts_of(self, traffic: Traffic) -> list[_Part]:
        sure = not traffic.unsure
        plain = self.mask(traffic.numbers)
        if not traffic.named and not traffic.excluded:
            return [_Part(plain, None, sure)] if plain else []
        excluded: dict[int, int] = defaultdict(int)
        for port in traffic.excluded:
            for number, ends in self.named[port].items():
                excluded[self.of(number)] |= ends
        meant: dict[int, int] = defaultdict(int)
        for port in traffic.named:
            for number, ends in self.named[port].items():
                meant[self.of(number)] |= ends
        found: list[_Part] = []
        for cell, ends in meant.items():
            if not plain >> cell & 1 and (left := ends & ~excluded.get(cell, 0)):
                found.append(_Part(1 << cell, left, sure))
        for cell, ends in excluded.items():
            if plain >> cell & 1:
                found.append(_Part(1 << cell, ~ends, sure))
                plain &= ~(1 << cell)
        if plain:
            found.append(_Part(plain, None, sure))
        return found


def _spans(traffic: IntervalSet) -> tuple[Span, ...]:
    return traffic.spans


class Piece(NamedTuple):
    """A rule's contribution to one row: the ends that it matches in the cells of `mask`."""

    rule: CompiledRule
    mask: int
    sure: int
    may: int


class _Run:
    """Neighbouring rules of a row that do the same, so that their order does not matter: what all cells share, and what some have more."""

    __slots__ = ("action", "block", "lane", "may", "more", "sure", "tier")

    tier: tuple[float, str]
    block: tuple[int, float] | None
    lane: str
    action: Action

    def __init__(self, rule: CompiledRule | _Run) -> None:
        self.tier, self.block, self.lane, self.action = rule.tier, rule.block, rule.lane, rule.action
        self.sure = self.may = 0
        self.more: dict[int, Bits] = {}

    def fits(self, rule: CompiledRule) -> bool:
        return (
            self.action is rule.action
            and self.tier == rule.tier
            and self.block == rule.block
            and self.lane == rule.lane
        )

    def add(self, mask: int, sure: int, may: int, everything: int) -> None:
        """Lays these ends over the cells of `mask`. Where surely and perhaps are the same set they stay one integer, which spares half the work."""
        if mask == everything:
            self.lay(sure, may)
            return
        known = self.more.get(mask)
        if known is None:
            self.more[mask] = (sure, may)
        elif known[0] is known[1] and sure is may:
            both = known[1] | may
            self.more[mask] = (both, both)
        else:
            self.more[mask] = (known[0] | sure, known[1] | may)

    def lay(self, sure: int, may: int) -> None:
        """Lays these ends over all cells."""
        if self.sure is self.may and sure is may:
            self.sure = self.may = self.may | may if self.may else may
        else:
            self.sure |= sure
            self.may |= may

    def at(self, cells_of: int) -> Bits:
        """The ends in one cell (any of `cells_of`)."""
        sure, may = self.sure, self.may
        certain = sure is may
        for mask, (one, other) in self.more.items():
            if mask & cells_of:
                if certain and one is other:
                    sure = may = may | other if may else other
                else:
                    certain = False
                    sure, may = sure | one, may | other
        return sure, may


def rows_of(pieces: Iterable[Piece], everything: int, everyone: int, count: int) -> Rows:
    """The rows that pieces, in the order of their rules, make: one for each of `count` cells."""
    runs: list[_Run] = []
    last: _Run | None = None
    for rule, mask, sure, may in pieces:
        if last is None or not last.fits(rule):
            last = _Run(rule)
            runs.append(last)
        last.add(mask, sure, may, everything)
    return rows_of_runs(runs, everything, everyone, count)


def rows_of_runs(runs: Sequence[_Run], everything: int, everyone: int, count: int) -> Rows:
    """The rows that runs make, in order."""
    masks = frozenset([mask for run in runs for mask in run.more])
    if not masks:
        return (first_match(runs, [(run.sure, run.may) for run in runs], everyone),) * count
    rows: list[Row] = [(0, 0)] * count
    for part, listed in _parts_of(everything, masks):
        row = first_match(runs, [run.at(part) for run in runs], everyone)
        for cell in listed:
            rows[cell] = row
    return tuple(rows)


@lru_cache(maxsize=1 << 12)
def _parts_of(everything: int, masks: frozenset[int]) -> list[tuple[int, tuple[int, ...]]]:
    """The parts of `everything` that no mask divides, each with its cells; few sets of masks recur in all rows."""
    return [(part, tuple(members(part))) for part in partition(everything, masks)]


def partition(everything: int, masks: Iterable[int]) -> list[int]:
    """`everything` cut into sets (of cells, of classes) that no mask divides."""
    parts = [everything]
    for mask in masks:
        cut: list[int] = []
        for part in parts:
            inside = part & mask
            if inside and inside != part:
                cut += (inside, part ^ inside)
            else:
                cut.append(part)
        parts = cut
    return parts


def first_match(runs: Sequence[_Run], ends: Sequence[Bits], everyone: int) -> Row:
    """What the first matching rule says of every end; `ends[i]` are those that run i speaks of in the cell of traffic that is asked about."""
    allowed = denied = passed = 0
    undecided = everyone
    tier: Any = None
    at, count = 0, len(runs)
    while at < count and (undecided or passed):
        run = runs[at]
        if passed and run.tier != tier:
            undecided |= passed
            passed = 0
        tier = run.tier
        if run.block is not None:
            end = at + 1
            while end < count and runs[end].tier == tier and runs[end].block == run.block:
                end += 1
            if runs[end - 1].lane != run.lane:
                found = _tie(runs[at:end], ends[at:end], undecided)
                undecided, allowed, denied, passed = (
                    found[0],
                    allowed | found[1],
                    denied | found[2],
                    passed | found[3],
                )
                at = end
                continue
        sure, may = ends[at]
        at += 1
        action = run.action
        if not may or action is Action.LOG:
            continue
        hit = may if undecided is everyone else may & undecided
        if action is Action.ALLOW:
            allowed = allowed | hit if allowed else hit
        elif action is Action.DENY:
            denied = denied | hit if denied else hit
        elif action is Action.PASS:
            passed |= hit
        else:
            allowed |= hit
            denied |= hit
        if sure is may:
            undecided ^= hit
        else:
            undecided ^= undecided & sure
    allowed |= undecided
    if passed:
        allowed |= passed
    if not denied:
        return allowed, 0
    unknown = allowed & denied
    return (allowed ^ unknown, unknown) if unknown else (allowed, 0)


def _tie(runs: Sequence[_Run], ends: Sequence[Bits], undecided: int) -> tuple[int, int, int, int]:
    """Policies of one priority, any of which may be asked first: undecided, allowed, denied and passed after them."""
    stays, allowed, denied, passed = undecided, 0, 0, 0
    lane: Any = None
    mine = 0
    for run, (sure, may) in zip(runs, ends, strict=True):
        if run.lane != lane:
            if lane is not None:
                stays &= mine
            lane, mine = run.lane, undecided
        if run.action is Action.LOG:
            continue
        hit = may & mine
        if run.action in (Action.ALLOW, Action.UNKNOWN):
            allowed |= hit
        if run.action in (Action.DENY, Action.UNKNOWN):
            denied |= hit
        if run.action is Action.PASS:
            passed |= hit
        mine ^= mine & sure
    return stays & mine, allowed, denied, passed


# ------------------------------------------------------------------------------------------------ one family


_REMEMBERED = 256
"""How many rows are remembered for classes to come where not all are kept: those that share rows lie close together."""
_LOCAL = 96
"""A rule about no more classes than this is listed with each of them; others are few and asked of groups of classes."""


class View:
    """The relation over one IP family."""

    def __init__(
        self, classes: Classes, family: int, rules: Sequence[Rule], dense: bool, sets: Iterable[IntervalSet] = ()
    ) -> None:
        """`sets` are further sets of traffic to cut by, so that two views can have cells in step."""
        self.classes, self.family = classes, family
        named = {port: classes.named(port) for port in classes.interest.named}
        self.cells = Cells({*(rule.traffic.numbers for rule in rules), *sets}, named)
        self.rules: dict[Direction, list[CompiledRule]] = {direction: [] for direction in Direction}
        for rule in rules:
            compiled = self.compile(rule)
            if compiled is not None:
                self.rules[rule.direction].append(compiled)
        self.by_subject = {direction: _BySubject(found) for direction, found in self.rules.items()}
        self.dense = dense
        self._ingress: list[Rows] | None = None
        self._egress: list[Rows] | None = None
        self.outside: OutsideCells | None = None
        self.masks: dict[tuple[int, IntervalSet], IntervalSet] = {}
        """The traffic of sets of cells, as readers ask for it again and again."""

    def compile(self, rule: Rule) -> CompiledRule | None:
        """The rule over classes; None where it is about nobody here or speaks of no traffic."""
        subject = self.classes.bits(rule.subject, self.family)
        if not subject[1] or not self.cells.parts(rule.traffic, self.family):
            return None
        return CompiledRule(rule, subject, self.classes.bits(rule.peer, self.family))

    # -------------------------------------------------------------------------------------------- rows

    def pieces(self, direction: Direction, subject: int, rules: Iterable[CompiledRule]) -> list[Piece]:
        """What each of the rules about a subject contributes to its row."""
        found: list[Piece] = []
        ingress = direction is Direction.INGRESS
        for rule in rules:
            sure, may = rule.peer
            if not rule.subject[0] >> subject & 1:
                sure = 0
            for mask, ends, certain in self.cells.parts(rule.traffic, self.family):
                if ends is None:
                    found.append(Piece(rule, mask, sure if certain else 0, may))
                elif ingress:
                    if ends >> subject & 1:
                        found.append(Piece(rule, mask, sure if certain else 0, may))
                else:
                    both = may & ends
                    found.append(Piece(rule, mask, (both if sure is may else sure & ends) if certain else 0, both))
        return found

    def subject_rows(self, direction: Direction, subject: int) -> Rows:
        """The rows of one subject over its other ends: sources for ingress, destinations for egress."""
        rules = self.by_subject[direction].of(subject)
        return rows_of(
            self.pieces(direction, subject, rules), self.cells.everything, self.classes.everyone, self.cells.count
        )

    def subject_row(self, direction: Direction, subject: int, cell: int) -> Row:
        """The row of one subject in one cell."""
        if direction is Direction.INGRESS and self._ingress is not None:
            return self._ingress[subject][cell]
        return self.subject_rows(direction, subject)[cell]

    @property
    def ingress(self) -> list[Rows]:
        """For each class as destination, the sources that its ingress lets in."""
        if self._ingress is None:
            self._ingress = list(self.ingress_rows())
        return self._ingress

    @property
    def egress(self) -> list[Rows]:
        """For each class as destination, the sources whose egress lets out to it."""
        if self._egress is None:
            self._egress = list(self.egress_rows())
        return self._egress

    def ingress_rows(self) -> Iterator[Rows]:
        """`ingress`, one by one; subjects with the same rules share their rows."""
        about = self.by_subject[Direction.INGRESS]
        shared: dict[Any, Rows] = {}
        meanings = self.meanings
        for subject in range(self.classes.size):
            key = about.signature(subject), meanings[subject]
            rows = shared.get(key)
            if rows is None:
                if not self.dense and len(shared) >= _REMEMBERED:
                    shared.clear()
                rows = shared[key] = self.subject_rows(Direction.INGRESS, subject)
            yield rows

    @cached_property
    def meanings(self) -> list[int]:
        """A number for each class, equal for those on which every named port means the same."""
        parts = partition(
            self.classes.everyone, [ends for meant in self.cells.named.values() for ends in meant.values()]
        )
        found = [0] * self.classes.size
        for number, part in enumerate(parts):
            if number:
                for one in members(part):
                    found[one] = number
        return found

    def egress_rows(self) -> Iterator[Rows]:
        """`egress`, one by one: rules sorted by whom they speak of, so that one destination meets all sources' rules at once."""
        return _ByPeer(self).rows()

    # -------------------------------------------------------------------------------------------- changing

    @cached_property
    def of_policy(self) -> dict[Direction, dict[ObjectRef, tuple[CompiledRule, ...]]]:
        """The rules that each policy has in a direction."""
        found: dict[Direction, dict[ObjectRef, tuple[CompiledRule, ...]]] = {}
        for direction, listed in self.rules.items():
            by_policy: dict[ObjectRef, list[CompiledRule]] = defaultdict(list)
            for one in listed:
                if one.rule.ref.policy is not None:
                    by_policy[one.rule.ref.policy].append(one)
            found[direction] = {ref: tuple(mine) for ref, mine in by_policy.items()}
        return found

    def over(self, classes: Classes) -> View:
        """The same rows over classes in step with those they were made for, of other weights."""
        found = View.__new__(View)
        found.classes, found.family, found.dense, found.cells = classes, self.family, self.dense, self.cells
        found.rules, found.by_subject, found.outside, found.masks = (
            self.rules,
            self.by_subject,
            self.outside,
            self.masks,
        )
        found._ingress, found._egress = self._ingress, self._egress
        return found

    def changed(self, policy: ObjectRef, rules: Sequence[Rule]) -> tuple[View, list[int], list[int]]:
        """The view with `rules` in place of those that `policy` had; the destinations whose rows changed, and for new cells the old ones."""
        found = View.__new__(View)
        found.classes, found.family, found.dense = self.classes, self.family, self.dense
        found.outside, found.masks = None, {}
        found.cells, origin = self.cells.split_by({rule.traffic.numbers for rule in rules})
        found.rules, found.by_subject, found.of_policy = {}, {}, {}
        touched: dict[Direction, int] = {}
        for direction in Direction:
            old = self.of_policy[direction].get(policy, ())
            new = tuple(
                one for rule in rules if rule.direction is direction and (one := found.compile(rule)) is not None
            )
            gone = set(map(id, old))
            kept = [one for one in self.rules[direction] if id(one) not in gone] if old else self.rules[direction]
            found.rules[direction] = sorted([*kept, *new], key=_key) if new else kept
            found.of_policy[direction] = {**self.of_policy[direction], policy: new}
            touched[direction] = _union([one.subject[1] for one in (*old, *new)])
            found.by_subject[direction] = self.by_subject[direction].changed(policy, new, touched[direction])
        ingress = [_widened(rows, origin) for rows in self.ingress] if origin else list(self.ingress)
        egress = [_widened(rows, origin) for rows in self.egress] if origin else list(self.egress)
        for subject in members(touched[Direction.INGRESS]):
            ingress[subject] = found.subject_rows(Direction.INGRESS, subject)
        destinations = self._turn_egress(found, touched[Direction.EGRESS], origin, egress)
        found._ingress, found._egress = ingress, egress
        return found, sorted(destinations | set(members(touched[Direction.INGRESS]))), origin

    def _turn_egress(self, found: View, touched: int, origin: list[int], egress: list[Rows]) -> set[int]:
        """Brings `egress` up to date for the sources in `touched`: their own rows before and after say which bits to turn."""
        groups: dict[tuple[Rows, Rows], int] = defaultdict(int)
        memo: dict[Any, tuple[Rows, Rows]] = {}
        for source in members(touched):
            key = (
                self.by_subject[Direction.EGRESS].signature(source),
                found.by_subject[Direction.EGRESS].signature(source),
            )
            if key not in memo:
                before = _widened(self.subject_rows(Direction.EGRESS, source), origin)
                memo[key] = (before, found.subject_rows(Direction.EGRESS, source))
            groups[memo[key]] |= 1 << source
        # Sources whose rows turn alike in a cell are turned together.
        turns: dict[tuple[int, int, int], int] = defaultdict(int)
        for (before, after), sources in groups.items():
            for cell, (old, new) in enumerate(zip(before, after, strict=True)):
                if old is not new and old != new:
                    turns[cell, old[0] ^ new[0], old[1] ^ new[1]] |= sources
        turned: dict[int, list[Row]] = {}
        for (cell, allowed, unknown), sources in turns.items():
            for destination in members(allowed | unknown):
                rows = turned.get(destination)
                if rows is None:
                    rows = turned[destination] = list(egress[destination])
                row = rows[cell]
                rows[cell] = (
                    row[0] ^ sources if allowed >> destination & 1 else row[0],
                    row[1] ^ sources if unknown and unknown >> destination & 1 else row[1],
                )
        for destination, rows in turned.items():
            egress[destination] = tuple(rows)
        return set(turned)

    # -------------------------------------------------------------------------------------------- reading

    def row(self, destination: int, cell: int) -> Row:
        """The sources that may reach a destination: allowed, and not known."""
        ingress, egress = self.ingress[destination][cell], self.egress[destination][cell]
        return meet(ingress, egress)

    def verdict(self, source: int, destination: int, cell: int) -> Verdict:
        allowed, unknown = self.row(destination, cell)
        return True if allowed >> source & 1 else None if unknown >> source & 1 else False


def _widened(rows: Rows, origin: list[int]) -> Rows:
    """The rows with one more for each new cell, equal to that of the cell it was part of."""
    if not origin:
        return rows
    found = list(rows)
    for one in origin:
        found.append(found[one])
    return tuple(found)


def meet(first: Row, second: Row) -> Row:
    """Both directions together."""
    allowed = first[0] & second[0]
    if not first[1] and not second[1]:
        return allowed, 0
    return allowed, (first[0] | first[1]) & (second[0] | second[1]) ^ allowed


class _BySubject:
    """The rules of a direction, found by the class that they are about."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.general: list[CompiledRule] = []
        self.local: dict[int, list[CompiledRule]] = defaultdict(list)
        known: dict[int, tuple[int, ...]] = {}
        local = self.local
        for rule in rules:
            about = rule.subject[1]
            found = known.get(id(about))
            if found is None:
                found = known[id(about)] = tuple(members(about)) if about.bit_count() <= _LOCAL else ()
            if found:
                for subject in found:
                    local[subject].append(rule)
            else:
                self.general.append(rule)

    def _file(self, rule: CompiledRule) -> None:
        about = rule.subject[1]
        if about.bit_count() > _LOCAL:
            self.general.append(rule)
        else:
            local = self.local
            for subject in members(about):
                local[subject].append(rule)

    def changed(self, gone: ObjectRef, rules: Sequence[CompiledRule], touched: int) -> _BySubject:
        """The same with `rules` in place of those of the policy `gone`; `touched` are the classes that either are about."""
        found = _BySubject(())
        found.general = [one for one in self.general if one.rule.ref.policy != gone]
        found.local = defaultdict(list, self.local)
        for subject in members(touched):
            found.local[subject] = [one for one in self.local.get(subject, ()) if one.rule.ref.policy != gone]
        for rule in rules:
            found._file(rule)
        for subject in members(touched):
            found.local[subject].sort(key=_key)
        found.general.sort(key=_key)
        return found

    def of(self, subject: int) -> list[CompiledRule]:
        """The rules about a class, in order."""
        local = self.local.get(subject, ())
        general = [rule for rule in self.general if rule.subject[1] >> subject & 1]
        if not general:
            return list(local)
        return sorted([*local, *general], key=_key)

    def signature(self, subject: int) -> Any:
        """Equal for classes that the same rules are about, and as surely."""
        return (
            tuple([(id(rule), _surely(rule, subject)) for rule in self.local.get(subject, ())]),
            tuple(
                [(at, _surely(rule, subject)) for at, rule in enumerate(self.general) if rule.subject[1] >> subject & 1]
            ),
        )


def _surely(rule: CompiledRule, subject: int) -> bool:
    """Whether a rule that may be about a class surely is."""
    sure, may = rule.subject
    return sure is may or bool(sure >> subject & 1)


def _key(rule: CompiledRule) -> Any:
    return rule.key


class _Item:
    """Sources by whom their rules speak of: a rule's peer, kept apart by run and traffic, and all subjects whose rules say so."""

    __slots__ = ("key", "mask", "may", "peer", "rule", "sure")

    def __init__(self, rule: CompiledRule, key: int, mask: int, peer: Bits) -> None:
        self.rule, self.key, self.mask, self.peer = rule, key, mask, peer
        self.sure: list[int] = []
        self.may: list[int] = []


class _Base:
    """The runs that a group of destinations has in common. Those of one destination are laid over them, cell by cell."""

    def __init__(self, view: View, runs: dict[int, _Run]) -> None:
        self.view, self.runs = view, runs
        self._masks = frozenset([mask for run in runs.values() for mask in run.more])
        self._plans: dict[tuple[frozenset[int], frozenset[int]], _Plan] = {}

    @cached_property
    def plain(self) -> Rows:
        """The rows of a destination with nothing of its own."""
        return self.rows({})

    def rows(self, more: dict[tuple[int, int], _Run]) -> Rows:
        """The rows with `more` runs (by number) in some cells (a mask)."""
        runs, place, parts = self._plan(more)
        everyone = self.view.classes.everyone
        # The last run first, so that an earlier one overrules it.
        mine = sorted(((place[number], mask, run.sure, run.may) for (number, mask), run in more.items()), reverse=True)
        settled = all(sure is may for _, _, sure, may in mine)
        rows: list[Row] = [(0, 0)] * self.view.cells.count
        for part, listed, base, overruled in parts:
            if settled and overruled is not None:
                row = overruled.with_more(runs, [(at, may) for at, mask, _, may in mine if mask & part])
            else:
                ends = list(base)
                for at, mask, one, other in mine:
                    if mask & part:
                        sure, may = ends[at]
                        both = may | other if may else other
                        ends[at] = (both, both) if sure is may and one is other else (sure | one, both)
                row = first_match(runs, ends, everyone)
            for cell in listed:
                rows[cell] = row
        return tuple(rows)

    def _plan(self, more: dict[tuple[int, int], _Run]) -> _Plan:
        """The runs in order, and what they say before `more` is laid over them; few destinations have runs or cuts that their group has not."""
        fresh = {number: run for (number, _), run in more.items() if number not in self.runs}
        everything = self.view.cells.everything
        masks = frozenset([mask for _, mask in more if mask != everything]) - self._masks
        key = frozenset(fresh), masks
        found = self._plans.get(key)
        if found is None:
            empty = {number: _Run(run) for number, run in fresh.items()}
            runs = dict(sorted({**self.runs, **empty}.items()))
            listed_runs = list(runs.values())
            recurs = not fresh and not masks
            everyone = self.view.classes.everyone
            parts: list[tuple[int, tuple[int, ...], list[Bits], _Settled | None]] = []
            for part, listed in _parts_of(everything, self._masks | masks):
                ends = [run.at(part) for run in listed_runs]
                parts.append((part, listed, ends, _Settled.of(listed_runs, ends, everyone) if recurs else None))
            found = _Plan(listed_runs, {number: at for at, number in enumerate(runs)}, parts)
            if recurs:
                self._plans[key] = found
        return found


class _Plan(NamedTuple):
    """Runs in order, where each stands by its number, and for each set of cells that no mask divides what each run says there."""

    runs: list[_Run]
    place: dict[int, int]
    parts: list[tuple[int, tuple[int, ...], list[Bits], _Settled | None]]


class _Settled(NamedTuple):
    """A first match in which every run only allows or denies, and is sure of its ends: what a run says of more ends is laid over it.

    An end is decided by the first run that speaks of it, so the runs that have more to say are laid over the outcome from the last to the
    first, each where no run before it had spoken.
    """

    allowed: int
    before: list[int]
    """For each run the ends of which no run before it speaks."""

    @classmethod
    def of(cls, runs: Sequence[_Run], ends: Sequence[Bits], everyone: int) -> _Settled | None:
        """None where the runs are of another kind."""
        allowed, undecided, before = 0, everyone, []
        for run, (sure, may) in zip(runs, ends, strict=True):
            if sure is not may or run.block is not None or run.action not in (Action.ALLOW, Action.DENY):
                return None
            before.append(undecided)
            hit = may & undecided
            undecided ^= hit
            if run.action is Action.ALLOW:
                allowed |= hit
        return cls(allowed | undecided, before)

    def with_more(self, runs: Sequence[_Run], more: Iterable[tuple[int, int]]) -> Row:
        """The row when some runs speak of more ends; `more` has the last run first."""
        allowed = self.allowed
        for at, ends in more:
            turned = ends & self.before[at]
            if runs[at].action is Action.ALLOW:
                allowed |= turned
            else:
                allowed ^= allowed & turned
        return allowed, 0


class _ByPeer:
    """Egress turned round: for each destination, the rows over all sources."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.items = self._items()

    def _items(self) -> list[_Item]:
        """Rules of one run with one peer and one traffic become one item; runs are counted in the rules' order."""
        view = self.view
        found: dict[Any, _Item] = {}
        run, last = -1, None
        for rule in view.rules[Direction.EGRESS]:
            state = (rule.action, rule.tier, rule.block, rule.lane)
            if state != last:
                run, last = run + 1, state
            peers = rule.rule.peer.parts if isinstance(rule.rule.peer, AnyOf) else (rule.rule.peer,)
            subject = rule.subject
            for part in view.cells.parts(rule.traffic, view.family):
                for peer in peers:
                    bits = view.classes.bits(peer, view.family)
                    if not bits[1]:
                        continue
                    key = (run, id(bits), part, subject[0] is subject[1])
                    item = found.get(key)
                    if item is None:
                        if part.ends is not None:
                            bits = (bits[0] & part.ends, bits[1] & part.ends)
                        if not part.sure:
                            bits = (0, bits[1])
                        item = found[key] = _Item(rule, run, part.mask, bits)
                    item.may.append(subject[1])
                    if subject[0] is not subject[1]:
                        item.sure.append(subject[0])
        return list(found.values())

    def rows(self) -> Iterator[Rows]:
        classes = self.view.classes
        local: dict[int, list[tuple[int, int]]] = defaultdict(list)
        wide: list[tuple[int, Bits]] = []
        values: list[Bits] = []
        for index, item in enumerate(self.items):
            may = _union(item.may)
            values.append((may if not item.sure else _union(item.sure), may))
            if item.peer[1].bit_count() > _LOCAL:
                wide.append((index, item.peer))
            else:
                sure = item.peer[0]
                for destination in members(item.peer[1]):
                    local[destination].append((index, sure >> destination & 1))
        group_of, groups = self._groups(wide)
        bases = [self._base(found, values) for found in groups]
        shared: dict[Any, Rows] = {}
        for destination in range(classes.size):
            group = group_of[destination]
            mine = local.get(destination)
            key = (group, tuple(mine) if mine else ())
            rows = shared.get(key)
            if rows is None:
                if not self.view.dense and len(shared) >= _REMEMBERED:
                    shared.clear()
                laid = bases[group]
                rows = shared[key] = laid.rows(self._together(mine, values)) if mine else laid.plain
            yield rows

    def _base(self, found: Iterable[tuple[int, int]], values: list[Bits]) -> _Base:
        """What the items of a group make, all its classes alike."""
        runs: dict[int, _Run] = {}
        everything = self.view.cells.everything
        for index, sure in found:
            item, value = self.items[index], values[index]
            run = runs.get(item.key)
            if run is None:
                run = runs[item.key] = _Run(item.rule)
            run.add(item.mask, value[0] if sure else 0, value[1], everything)
        return _Base(self.view, runs)

    def _together(self, mine: Iterable[tuple[int, int]], values: list[Bits]) -> dict[tuple[int, int], _Run]:
        """The items of one destination by their run and their traffic."""
        found: dict[tuple[int, int], _Run] = {}
        for index, sure in mine:
            item, value = self.items[index], values[index]
            run = found.get((item.key, item.mask))
            if run is None:
                run = found[item.key, item.mask] = _Run(item.rule)
            run.lay(value[0] if sure else 0, value[1])
        return found

    def _groups(self, wide: list[tuple[int, Bits]]) -> tuple[list[int], list[list[tuple[int, int]]]]:
        """The classes grouped by the wide peers that they are among, and each group's items."""
        parts = [self.view.classes.everyone]
        bits: dict[int, int] = {}
        for _, peer in wide:
            for one in peer:
                bits[id(one)] = one
        for one in bits.values():
            cut: list[int] = []
            for part in parts:
                inside = part & one
                if inside and inside != part:
                    cut += (inside, part ^ inside)
                else:
                    cut.append(part)
            parts = cut
        group_of = [0] * self.view.classes.size
        parts = [part for part in parts if part]
        lowest: dict[int, int] = {}
        for group, part in enumerate(parts):
            lowest[(part & -part).bit_length() - 1] = group
            for destination in members(part):
                group_of[destination] = group
        # One end stands for each group; the items that speak of it are the group's.
        standing = bitset(lowest)
        groups: list[list[tuple[int, int]]] = [[] for _ in parts]
        spoken: dict[int, list[tuple[int, int]]] = {}
        for index, (sure, may) in wide:
            found = spoken.get(id(may)) if sure is may else None
            if found is None:
                found = [(lowest[low], sure >> low & 1) for low in members(may & standing)]
                if sure is may:
                    spoken[id(may)] = found
            for group, certain in found:
                groups[group].append((index, certain))
        return group_of, groups


def _union(sets: Sequence[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


# ------------------------------------------------------------------------------------------------ the whole


_DENSE = 1 << 29
"""Rows are kept up to about this many bytes; above it they are made when they are asked for."""


class Count(NamedTuple):
    """Ordered pairs of different pods (those in their node's network left out)."""

    allowed: int
    unknown: int
    pairs: int


class Relation:
    """All connections of a model. Make it with `of`, follow a change with `with_policy`."""

    def __init__(self, model: PolicyModel, classes: Classes, views: dict[int, View]) -> None:
        self.model, self.classes, self.views = model, classes, views
        self._counts: dict[int, list[tuple[int, int]]] = {}

    @classmethod
    def of(cls, model: PolicyModel, rules: Sequence[Rule] | None = None) -> Relation:
        """The relation that the model's rules in force make, or those given."""
        chosen = model.enforced.rules if rules is None else rules
        families = model.families
        classes = Classes(model.world, Interest(chosen), families)
        views: dict[int, View] = {}
        for family in sorted(families):
            view = View(classes, family, chosen, dense=True)
            view.dense = classes.size * classes.size * view.cells.count // 4 <= _DENSE
            views[family] = view
        return cls(model, classes, views)

    # -------------------------------------------------------------------------------------------- changing

    def with_policy(self, policy: Object | None, replaces: ObjectRef | None = None) -> Relation:
        """The relation after one policy was added, changed (`policy` with the same name, or in the place of `replaces`) or removed (None).

        Only the rows of those whom the policy selects, before or after, are made again. Where it looks at something that no rule looked at
        before (a label, a named port, a block that parts pods until now alike), the classes no longer hold and all is made again.
        """
        gone = replaces or (policy.ref if policy is not None else None)
        if gone is None:
            raise ValueError("neither a policy nor the name of one was given")
        model = self.model.with_policy(policy, gone)
        lowered = model.lowered[-1] if policy is not None else None
        rules = lowered.rules if lowered is not None and not lowered.stage else ()
        if not self._holds_for(model, rules):
            return Relation.of(model)
        views: dict[int, View] = {}
        counts: dict[int, list[tuple[int, int]]] = {}
        for family, view in self.views.items():
            views[family], destinations, origin = view.changed(gone, rules)
            if family in self._counts:
                counts[family] = self._recounted(family, views[family], destinations, origin)
        found = Relation(model, self.classes, views)
        found._counts = counts
        return found

    def _holds_for(self, model: PolicyModel, rules: Sequence[Rule]) -> bool:
        if not all(view.dense for view in self.views.values()):
            return False
        return set(model.families) == set(self.views) and self.classes.covers(Interest(rules))

    def _recounted(
        self, family: int, view: View, destinations: Iterable[int], origin: list[int]
    ) -> list[tuple[int, int]]:
        """The tally after the rows of `destinations` changed."""
        old, found = self.views[family], list(self._counts[family])
        cells_before = list(range(len(found)))
        # A new cell may have been cut out of one that is new itself.
        for one in origin:
            found.append(found[one])
            cells_before.append(cells_before[one])
        for destination in destinations:
            if destination >= self.classes.pod_count:
                continue
            ingress, egress = old.ingress[destination], old.egress[destination]
            for cell, (inner, outer) in enumerate(
                zip(view.ingress[destination], view.egress[destination], strict=True)
            ):
                before = ingress[cells_before[cell]], egress[cells_before[cell]]
                # A cell whose rows are the very ones of before weighs what it weighed.
                if inner is not before[0] or outer is not before[1]:
                    gone = self._weigh(destination, meet(*before))
                    come = self._weigh(destination, meet(inner, outer))
                    allowed, unknown = found[cell]
                    found[cell] = allowed - gone[0] + come[0], unknown - gone[1] + come[1]
        return found

    def with_pod(self, added: PodEnd | None, removed: PodEnd | None = None) -> Relation:
        """The relation after one pod came, went, or changed (both given).

        A pod like another that is there only changes how much its class weighs; one unlike all others makes a class and all is made again.
        """
        world = self.model.world.with_pod(added, removed)
        model = PolicyModel(world, self.model.profile, self.model.lowered, assume_rejected=self.model.assume_rejected)
        changed = self.classes.with_pod(world, added, removed)
        if changed is None:
            return Relation.of(model)
        views = {family: view.over(changed) for family, view in self.views.items()}
        return Relation(model, changed, views)

    # -------------------------------------------------------------------------------------------- one pair

    def verdict(self, source: End, destination: End, traffic: int, family: int) -> Verdict:
        """Whether one flow is allowed; as `Judge.judge`, without the trace."""
        view = self.views[family]
        cell = view.cells.of(traffic)
        if isinstance(source, OutsideEnd) or isinstance(destination, OutsideEnd):
            return self._outside(source, destination, cell, family)
        if source is destination and isinstance(source, PodEnd):
            exempt = self.model.profile.pod_to_itself
            if exempt is Ternary.YES:
                return True
        from_class = self.classes.class_of(source, destination)
        to_class = self.classes.class_of(destination, source)
        if view.dense:
            return view.verdict(from_class, to_class, cell)
        egress = _at(view.subject_rows(Direction.EGRESS, from_class)[cell], to_class)
        ingress = _at(view.subject_rows(Direction.INGRESS, to_class)[cell], from_class)
        return conjunction(egress, ingress)

    def _outside(self, source: End, destination: End, cell: int, family: int) -> Verdict:
        direction, subject, other = Direction.EGRESS, source, destination
        if isinstance(source, OutsideEnd):
            direction, subject, other = Direction.INGRESS, destination, source
        if isinstance(subject, OutsideEnd):
            return True
        assert isinstance(other, OutsideEnd)
        assert other.address is not None
        space = self.outside(family)
        rows = self.outside_rows(direction, self.classes.class_of(subject, other), family)
        return _at(rows[cell], space.cell_of(other.address.value))

    # -------------------------------------------------------------------------------------------- the outside

    def outside(self, family: int, more: Iterable[Net] = ()) -> OutsideCells:
        """The addresses outside, cut where a rule cuts them, and at first call where `more` does."""
        view = self.views[family]
        if view.outside is None:
            nets: set[Net] = set(more)
            for found in view.rules.values():
                nets.update(Interest(rule.rule for rule in found).nets)
            view.outside = OutsideCells(nets, family)
        return view.outside

    def outside_rows(self, direction: Direction, subject: int, family: int) -> Rows:
        """What of the outside a class may be reached from, or reach: rows over the cells of `outside`."""
        view, space = self.views[family], self.outside(family)
        pieces: list[Piece] = []
        for rule in view.by_subject[direction].of(subject):
            sure, may = space.bits(rule.rule.peer, family)
            if not rule.subject[0] >> subject & 1:
                sure = 0
            for mask, ends, certain in view.cells.parts(rule.traffic, family):
                if (
                    ends is None
                    or (direction is Direction.INGRESS and ends >> subject & 1)
                    or (ends < 0 and direction is Direction.EGRESS)
                ):
                    pieces.append(Piece(rule, mask, sure if certain else 0, may))
        return rows_of(pieces, view.cells.everything, space.everyone, view.cells.count)

    # -------------------------------------------------------------------------------------------- counting

    def count(self, traffic: int) -> Count:
        """How many ordered pairs of pods may use this traffic. Pods that share two families count where all of them agree."""
        if len(self.views) == 1:
            ((family, view),) = self.views.items()
            return self.totals(family)[view.cells.of(traffic)]
        return self._count_families(traffic)

    def totals(self, family: int) -> list[Count]:
        """The counts of every cell over one family."""
        found = self._tally(family)
        pods = len(self.model.world.pods) - sum(pod.host_network for pod in self.model.world.pods)
        return [Count(allowed, unknown, pods * (pods - 1)) for allowed, unknown in found]

    def _tally(self, family: int) -> list[tuple[int, int]]:
        """The pairs allowed, and those not known, in each cell."""
        if family not in self._counts:
            view, pods = self.views[family], self.classes.pods
            count = range(view.cells.count)
            # Destinations that stand for equally many pods are summed together and multiplied once.
            by_weight: dict[int, tuple[list[Sums], list[Sums]]] = {}
            itself = [[0, 0] for _ in count]
            ingress = view.ingress if view.dense else view.ingress_rows()
            egress = view.egress if view.dense else view.egress_rows()
            for destination, inner, outer in zip(range(self.classes.pod_count), ingress, egress, strict=False):
                own, many = 1 << destination, len(self.classes.pods_of[destination])
                if many not in by_weight:
                    by_weight[many] = [Sums() for _ in count], [Sums() for _ in count]
                allowed, unknown = by_weight[many]
                for cell, (one, other) in enumerate(zip(inner, outer, strict=True)):
                    surely = one[0] & other[0]
                    allowed[cell].add(surely)
                    if surely & own:
                        itself[cell][0] += many
                    if one[1] & pods or other[1] & pods:
                        perhaps = meet(one, other)[1] & pods
                        unknown[cell].add(perhaps)
                        if perhaps & own:
                            itself[cell][1] += many
            weights = self.classes.weights
            self._counts[family] = [
                (
                    sum(many * sums[0][cell].weigh(weights) for many, sums in by_weight.items()) - itself[cell][0],
                    sum(many * sums[1][cell].weigh(weights) for many, sums in by_weight.items()) - itself[cell][1],
                )
                for cell in count
            ]
        return self._counts[family]

    def _weigh(self, destination: int, row: Row) -> tuple[int, int]:
        weights, many = self.classes.weights, len(self.classes.pods_of[destination])
        allowed = weights.of(row[0]) - (row[0] >> destination & 1)
        unknown = weights.of(row[1]) - (row[1] >> destination & 1) if row[1] else 0
        return allowed * many, unknown * many

    def _count_families(self, traffic: int) -> Count:
        allowed = unknown = 0
        pods = 0
        has = {family: self.has_family(family) for family in self.views}
        for destination in range(self.classes.pod_count):
            yes, no = self.classes.pods, 0
            shared = 0
            for family, view in self.views.items():
                if not has[family] >> destination & 1:
                    continue
                row = view.row(destination, view.cells.of(traffic))
                mine = has[family]
                shared |= mine
                yes &= row[0] | ~mine
                no |= ~(row[0] | row[1]) & mine
            yes &= shared
            may = shared & ~yes & ~(no & self._denied_by_all(destination, traffic, has))
            one = self._weigh(destination, (yes & self.classes.pods, may & self.classes.pods))
            allowed, unknown, pods = allowed + one[0], unknown + one[1], pods + len(self.classes.pods_of[destination])
        return Count(allowed, unknown, pods * (pods - 1))

    def _denied_by_all(self, destination: int, traffic: int, has: dict[int, int]) -> int:
        found = self.classes.pods
        for family, view in self.views.items():
            if has[family] >> destination & 1:
                row = view.row(destination, view.cells.of(traffic))
                found &= ~(row[0] | row[1]) | ~has[family]
        return found

    def has_family(self, family: int) -> int:
        """The classes that have an address of the family, or may have one."""
        return bitset(
            index
            for index, pods in enumerate(self.classes.pods_of)
            if not pods[0].addresses or any(one.family == family for one in pods[0].addresses)
        )


def _at(row: Row, index: int) -> Verdict:
    return True if row[0] >> index & 1 else None if row[1] >> index & 1 else False
