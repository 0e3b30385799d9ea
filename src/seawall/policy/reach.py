"""Who reaches whom: all pairs of workloads, who can reach one, and how far each is exposed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from seawall.kit.intervals import EMPTY, IntervalSet, cells
from seawall.kit.prefixes import PrefixSet
from seawall.model.cluster.meta import ObjectRef
from seawall.policy.judge import Flow, Judge
from seawall.policy.labels import All, Expression, Match, describe, holds
from seawall.policy.lower import PolicyModel
from seawall.policy.model import (
    SCTP,
    TCP,
    UDP,
    Action,
    AllOf,
    AnyOf,
    Direction,
    Peer,
    Selected,
    describe_span,
    ports_of,
)
from seawall.policy.relation import Relation, Row, View
from seawall.policy.world import NAMESPACE_NAME, PodEnd, World

ASKED = ports_of(TCP, 1) | ports_of(UDP, 1) | ports_of(SCTP, 1)
"""The traffic that tables speak of where nobody asks for other: TCP, UDP and SCTP. Of ICMP the v1 API says nothing, so that tables of it are all doubt."""


class Group(NamedTuple):
    """Pods that are shown as one: a workload, by the top of its chain of controllers."""

    ref: ObjectRef
    pods: tuple[PodEnd, ...]

    def __str__(self) -> str:
        return str(self.ref)


class Edge(msgspec.Struct, frozen=True):
    """What one group may send to another, on all their pods; on some of them (`partial`); and of what it cannot be told."""

    source: ObjectRef
    destination: ObjectRef
    allowed: IntervalSet
    partial: IntervalSet
    unknown: IntervalSet


class OutsideEdge(msgspec.Struct, frozen=True):
    """What a group may exchange with addresses outside the cluster, `ingress` from them or `egress` to them."""

    group: ObjectRef
    direction: Direction
    addresses: PrefixSet
    allowed: IntervalSet
    unknown: IntervalSet


class Reach(msgspec.Struct, frozen=True):
    """Edges between different groups, and within a group of several pods; those with nothing allowed and nothing unknown are left out."""

    groups: tuple[ObjectRef, ...]
    pods: tuple[int, ...]
    edges: tuple[Edge, ...]
    outside: tuple[OutsideEdge, ...]


def describe_traffic_set(traffic: IntervalSet) -> list[str]:
    """The set in words; everything that tables speak of is `all`."""
    if traffic == ASKED:
        return ["all"]
    found: list[str] = []
    for low, high in traffic:
        for protocol in range(low >> 16, (high >> 16) + 1):
            start, end = max(low, protocol << 16), min(high, protocol << 16 | 0xFFFF)
            whole = (start & 0xFFFF) <= 1 and (end & 0xFFFF) == 0xFFFF
            found.append(describe_span(protocol << 16, protocol << 16 | 0xFFFF) if whole else describe_span(start, end))
    return found


class Reaching:
    """Answers about who reaches whom, on one relation."""

    def __init__(self, model: PolicyModel, relation: Relation | None = None) -> None:
        self.model, self.relation = model, relation or Relation.of(model)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The workloads, by namespace and name."""
        found = [Group(ref, pods) for ref, pods in self.model.world.by_workload.items()]
        return tuple(sorted(found, key=lambda group: (group.ref.namespace, group.ref.name, group.ref.kind)))

    def group(self, namespace: str, name: str, kind: str = "") -> tuple[Group, ...]:
        """The workloads of that name."""
        return tuple(
            one
            for one in self.groups
            if one.ref.name == name and (one.pods[0].namespace == namespace) and kind in ("", one.ref.kind)
        )

    # -------------------------------------------------------------------------------------------- pairs

    def reach(
        self,
        sources: Sequence[Group] | None = None,
        destinations: Sequence[Group] | None = None,
        traffic: IntervalSet = ASKED,
        outside: bool = True,
    ) -> Reach:
        """Edges from `sources` to `destinations` (None: all), limited to `traffic`."""
        from_groups = self.groups if sources is None else tuple(sources)
        to_groups = self.groups if destinations is None else tuple(destinations)
        edges = tuple(self._edges(from_groups, to_groups, traffic))
        shown = dict.fromkeys((*from_groups, *to_groups))
        beyond = tuple(self._outside(from_groups, to_groups, traffic)) if outside else ()
        return Reach(tuple(one.ref for one in shown), tuple(len(one.pods) for one in shown), edges, beyond)

    def _edges(self, sources: Sequence[Group], destinations: Sequence[Group], traffic: IntervalSet) -> Iterator[Edge]:
        classes = [tuple(dict.fromkeys(map(self.class_of, group.pods))) for group in sources]
        for group in destinations:
            targets = tuple(dict.fromkeys(map(self.class_of, group.pods)))
            memo: dict[tuple[tuple[int, ...], bool], tuple[IntervalSet, IntervalSet, IntervalSet]] = {}
            tables = {family: self._table(family, targets, traffic) for family in self.relation.views}
            for source, members in zip(sources, classes, strict=True):
                same = source.ref == group.ref
                if same and len(group.pods) == 1:
                    continue
                key = (members, same)
                found = memo.get(key)
                if found is None:
                    found = memo[key] = self._meet(tables, members, targets, traffic)
                if any(found):
                    yield Edge(source.ref, group.ref, *found)

    def class_of(self, pod: PodEnd) -> int:
        """A pod's class; one in its node's network as another node's, which is how most of the cluster sees it."""
        if not pod.host_network:
            return self.relation.classes.of_pod[id(pod)]
        return self.relation.classes.pod_count + 3 * self.relation.classes.of_node[id(pod)] + 1

    def _table(self, family: int, targets: tuple[int, ...], traffic: IntervalSet) -> list[tuple[int, Row, int]]:
        """For each cell of the traffic: the sources that every target admits, those of which it is not known, those that some admits."""
        view = self.relation.views[family]
        has = self._has(family)
        found: list[tuple[int, Row, int]] = []
        for cell in _cells(view, traffic):
            every, possible, some = self.relation.classes.everyone, 0, 0
            unknown = 0
            for target in targets:
                if not has >> target & 1 and target < self.relation.classes.pod_count:
                    continue
                row = view.row(target, cell)
                every &= row[0]
                some |= row[0]
                unknown |= row[1]
                possible |= row[0] | row[1]
            found.append((cell, (every, unknown), some | possible))
        return found

    def _has(self, family: int) -> int:
        if len(self.relation.views) == 1:
            return self.relation.classes.everyone
        return self.relation.has_family(family) | self.relation.classes.nodes

    def _meet(
        self,
        tables: dict[int, list[tuple[int, Row, int]]],
        members: tuple[int, ...],
        targets: tuple[int, ...],
        traffic: IntervalSet,
    ) -> tuple[IntervalSet, IntervalSet, IntervalSet]:
        sources = 0
        for one in members:
            sources |= 1 << one
        verdicts: list[tuple[IntervalSet, IntervalSet, IntervalSet]] = []
        for family, table in tables.items():
            mine = sources & self._has(family)
            if not mine or not any(self._has(family) >> target & 1 for target in targets):
                continue
            allowed = partial = unknown = 0
            for cell, (every, maybe), some in table:
                if not mine & ~every:
                    allowed |= 1 << cell
                elif mine & maybe:
                    unknown |= 1 << cell
                elif mine & some:
                    partial |= 1 << cell
            view = self.relation.views[family]
            verdicts.append(
                (_of_mask(view, allowed, traffic), _of_mask(view, partial, traffic), _of_mask(view, unknown, traffic))
            )
        if not verdicts:
            return EMPTY, EMPTY, EMPTY
        if len(verdicts) == 1:
            return verdicts[0]
        (allowed4, partial4, unknown4), (allowed6, partial6, unknown6) = verdicts
        both = allowed4 & allowed6
        doubt = (unknown4 | unknown6) - both
        return both, (allowed4 | allowed6 | partial4 | partial6) - both - doubt, doubt

    # -------------------------------------------------------------------------------------------- the outside

    def _outside(
        self, sources: Sequence[Group], destinations: Sequence[Group], traffic: IntervalSet
    ) -> Iterator[OutsideEdge]:
        for direction, groups in ((Direction.INGRESS, destinations), (Direction.EGRESS, sources)):
            for group in groups:
                yield from self.outside_of(group, direction, traffic)

    def outside_of(self, group: Group, direction: Direction, traffic: IntervalSet = ASKED) -> Iterator[OutsideEdge]:
        """What a group may exchange with the outside: allowed where every pod of it may."""
        found: dict[tuple[IntervalSet, IntervalSet], PrefixSet] = defaultdict(PrefixSet)
        for family in self.relation.views:
            members = [one for one in dict.fromkeys(map(self.class_of, group.pods)) if self._has(family) >> one & 1]
            if not members:
                continue
            view, space = self.relation.views[family], self.relation.outside(family)
            rows = [self.relation.outside_rows(direction, one, family) for one in members]
            by_verdict: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
            for index, span in enumerate(space.spans):
                allowed = unknown = 0
                for cell in _cells(view, traffic):
                    bits = [(one[cell][0] >> index & 1, one[cell][1] >> index & 1) for one in rows]
                    if all(yes for yes, _ in bits):
                        allowed |= 1 << cell
                    elif any(yes or maybe for yes, maybe in bits):
                        unknown |= 1 << cell
                by_verdict[allowed, unknown].append(span)
            for (allowed, unknown), spans in by_verdict.items():
                if allowed or unknown:
                    key = (_of_mask(view, allowed, traffic), _of_mask(view, unknown, traffic))
                    found[key] |= PrefixSet(IntervalSet(spans)) if family == 4 else PrefixSet(EMPTY, IntervalSet(spans))
        for (allowed_set, unknown_set), prefixes in found.items():
            yield OutsideEdge(group.ref, direction, prefixes, allowed_set, unknown_set)


def _cells(view: View, traffic: IntervalSet) -> list[int]:
    """The cells that have some of the traffic."""
    return sorted({view.cells.ids[place] for place in view.cells.places(traffic)})


def _of_mask(view: View, mask: int, traffic: IntervalSet) -> IntervalSet:
    if not mask:
        return EMPTY
    found = view.masks.get((mask, traffic))
    if found is None:
        found = (
            IntervalSet(span for span, one in zip(view.cells.spans, view.cells.ids, strict=True) if mask >> one & 1)
            & traffic
        )
        view.masks[mask, traffic] = found
    return found


# ------------------------------------------------------------------------------------------------ exposure

Whom = Literal["outside", "cluster", "namespace", "matching"]


class Exposure(msgspec.Struct, frozen=True):
    """How far a workload is open, in one direction.

    `whom`: the outside; any pod of the cluster, one that does not exist yet in a namespace of its own included; any pod of its own namespace;
    or pods that match `selector`, of which the input has none yet.
    """

    group: ObjectRef
    direction: Direction
    whom: Whom
    traffic: IntervalSet
    selector: str = ""
    addresses: str = ""


def exposure(reaching: Reaching, groups: Iterable[Group] | None = None) -> Iterator[Exposure]:
    """Every opening of the workloads to ends that the input does not hold."""
    model = reaching.model
    judge = Judge(model)
    asked: dict[tuple[Direction, int], list[tuple[Whom, str, IntervalSet]]] = {}
    for group in reaching.groups if groups is None else groups:
        for direction in Direction:
            for edge in reaching.outside_of(group, direction):
                if edge.allowed:
                    yield Exposure(group.ref, direction, "outside", edge.allowed, "", str(edge.addresses))
            key = (direction, reaching.class_of(group.pods[0]))
            if key not in asked:
                asked[key] = list(_strangers(judge, group.pods[0], direction))
            for whom, selector, traffic in asked[key]:
                yield Exposure(group.ref, direction, whom, traffic, selector)


def _strangers(judge: Judge, pod: PodEnd, direction: Direction) -> Iterator[tuple[Whom, str, IntervalSet]]:
    world = judge.model.world
    anyone = stranger(pod, "a-namespace-of-its-own", {}, {NAMESPACE_NAME: "a-namespace-of-its-own"})
    open_to_all = _traffic_between(judge, anyone, pod, direction)
    if open_to_all:
        yield "cluster", "", open_to_all
    neighbour = stranger(pod, pod.namespace, {}, pod.namespace_labels)
    near = _traffic_between(judge, neighbour, pod, direction) - open_to_all
    if near:
        yield "namespace", "", near
    for where in dict.fromkeys(_selectors(judge, pod, direction)):
        made = satisfying(where, pod, world)
        if made is None:
            continue
        more = _traffic_between(judge, made, pod, direction) - open_to_all
        if more and not any(_selects(where, one) for one in world.pods):
            yield "matching", describe(where), more


def _selects(where: Expression, pod: PodEnd) -> bool:
    return not pod.host_network and holds(where, pod.attribute)


def stranger(like: PodEnd, namespace: str, labels: dict[str, str], namespace_labels: object) -> PodEnd:
    """A pod that does not exist: no address, no node, the containers of `like`."""
    spec = msgspec.structs.replace(
        like.spec, host_network=False, service_account_name="", service_account="", node_name=""
    )
    return PodEnd(like.source, namespace, "a-pod-to-come", labels, spec, namespace_labels)  # type: ignore[arg-type]  # a mapping


def _traffic_between(judge: Judge, other: PodEnd, pod: PodEnd, direction: Direction) -> IntervalSet:
    """What the pod's own policies allow it to exchange with the other."""
    source, destination = (other, pod) if direction is Direction.INGRESS else (pod, other)
    family = min(judge.model.families)
    found = []
    for span in ASKED:
        for low, high in cells(judge.model.traffic_sets, span):
            if judge.direction(direction, Flow(source, destination, low, family)).allowed:
                found.append((low, high))
    return IntervalSet(found)


def _selectors(judge: Judge, pod: PodEnd, direction: Direction) -> Iterator[Expression]:
    for rule in judge.rules_about(direction, pod):
        if rule.action is Action.ALLOW:
            yield from selected_by(rule.peer)


def selected_by(peer: Peer) -> Iterator[Expression]:
    """Every expression by which a peer selects pods."""
    if isinstance(peer, Selected) and peer.kind == "pod":
        yield peer.where
    elif isinstance(peer, AnyOf | AllOf):
        for part in peer.parts:
            yield from selected_by(part)


def satisfying(where: Expression, like: PodEnd, world: World) -> PodEnd | None:
    """A pod that would match, as far as a conjunction of plain tests tells how; None where it does not."""
    parts = where.parts if isinstance(where, All) else (where,)
    labels: dict[str, str] = {}
    namespace, of_namespace = "a-namespace-of-its-own", {NAMESPACE_NAME: "a-namespace-of-its-own"}
    for part in parts:
        if not isinstance(part, Match):
            return None
        if part.operator in ("not in", "has not"):
            continue
        value = part.values[0] if part.values else "x"
        if part.scope == "label":
            labels[part.key] = value
        elif part.scope == "namespace":
            of_namespace[part.key] = value
            if part.key == NAMESPACE_NAME:
                namespace = value
        elif (part.scope, part.key) == ("fact", "namespace"):
            namespace = value
        else:
            return None
    known = world.namespaces.get(namespace)
    if known is not None:
        of_namespace = {**known, **{key: value for key, value in of_namespace.items() if key != NAMESPACE_NAME}}
    else:
        of_namespace[NAMESPACE_NAME] = namespace
    made = stranger(like, namespace, labels, of_namespace)
    return made if _selects(where, made) else None
