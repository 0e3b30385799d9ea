"""Equivalence classes of ends, and peers as bitsets over them.

Two pods are in one class where no rule can tell them apart: they agree in every attribute that some expression looks at, in the named
ports that some rule names, and in lying inside or outside every set of addresses that some rule speaks of. Work is then per class, however
many pods there are. A node stands in three classes, for it may be the other end's own node, another one, or that is not known. Addresses
outside are a space of their own, cut where some rule cuts it.

Every peer becomes two bitsets: the classes that it surely matches, and those that it may match.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

from seawall.kit.bitsets import Weights, bitset
from seawall.kit.intervals import cells
from seawall.kit.prefixes import Address
from seawall.policy.judge import NO, YES, matches
from seawall.policy.labels import All, Expression, Match, Not, holds, matches_of
from seawall.policy.labels import Any as AnyMatch
from seawall.policy.model import (
    AllOf,
    AnyOf,
    Domains,
    Everyone,
    NamedPort,
    Net,
    NoneOf,
    OtherNode,
    Outside,
    OwnNode,
    Peer,
    Rule,
    Selected,
    Ternary,
    Unsure,
)
from seawall.policy.world import End, NodeEnd, OutsideEnd, PodEnd, World

Bits = tuple[int, int]
"""Surely, and possibly; the first is part of the second."""

NOTHING: Bits = (0, 0)
Variant = Literal["own", "other", "unsure"]
VARIANTS: tuple[Variant, ...] = ("own", "other", "unsure")


class Interest:
    """What a set of rules looks at: the attributes of pods and of nodes, the named ports, the sets of addresses."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.pod: set[tuple[str, str]] = set()
        self.node: set[tuple[str, str]] = set()
        self.named: set[NamedPort] = set()
        self.pod_nets: set[Net] = set()
        self.nets: set[Net] = set()
        self.labels: set[Expression] = set()
        """Expressions over the pods' own labels alone, such that theirs decide every expression that looks at labels."""
        self.host_pods = False
        self.families: set[int] = set()
        self._seen: set[Any] = set()
        for rule in rules:
            self._peer(rule.subject)
            self._peer(rule.peer)
            traffic = rule.traffic
            if traffic.named or traffic.excluded:
                self.named.update(traffic.named)
                self.named.update(traffic.excluded)

    def _peer(self, peer: Peer) -> None:
        if peer in self._seen:
            return
        self._seen.add(peer)
        if isinstance(peer, Selected):
            self._where(peer.where, peer.kind)
            self.host_pods = self.host_pods or (peer.kind == "pod" and peer.host_network is not Ternary.NO)
        elif isinstance(peer, Net):
            self.nets.add(peer)
            if peer.pods is not Ternary.NO:
                self.pod_nets.add(peer)
        elif isinstance(peer, AllOf | AnyOf):
            for part in peer.parts:
                self._peer(part)
        elif isinstance(peer, NoneOf):
            self._peer(peer.part)
        elif isinstance(peer, Unsure):
            self._peer(peer.within)

    def _where(self, where: Expression, kind: str) -> None:
        if kind == "node":
            self.node.update((match.scope, match.key) for match in matches_of(where))
        elif where not in self._seen:
            self._seen.add(where)
            self._pods(where)

    def _pods(self, where: Expression) -> None:
        """Notes the attributes in `where`, and its tests of labels: together where they stand in one conjunction, each alone where they are
        mixed with others."""
        mine: list[Expression] = []
        for part in where.parts if isinstance(where, All) else (where,):
            tests = (part,) if isinstance(part, Match) else tuple(matches_of(part))
            self.pod.update([(match.scope, match.key) for match in tests])
            labels = [match for match in tests if match.scope == "label"]
            if labels and len(labels) == len(tests):
                mine.append(part)
            else:
                self.labels.update(labels)
        if mine:
            self.labels.add(mine[0] if len(mine) == 1 else All(tuple(mine)))

    def __le__(self, other: Interest) -> bool:
        """Whether `other` looks at everything that this does, sets of addresses apart."""
        return (
            self.pod <= other.pod
            and self.node <= other.node
            and self.named <= other.named
            and (not self.host_pods or other.host_pods)
        )


class Classes:
    """The classes of a world for a set of rules. Index 0 up: pods, then nodes and pods in their network, three each."""

    def __init__(
        self,
        world: World,
        interest: Interest,
        families: Iterable[int],
        sort: Callable[[PodEnd], Any] | None = None,
    ) -> None:
        """`sort` gives a pod's key where another key than the interest's is wanted, so that two worlds can have classes in step."""
        self.world, self.interest, self.families = world, interest, tuple(sorted(families))
        self._cuts = {
            family: [
                low for low, _ in cells([net.prefixes.family(family) for net in interest.pod_nets], (0, _TOP[family]))
            ]
            for family in self.families
        }
        self.key_of = sort or self.key_function()
        self.of_pod: dict[int, int] = {}
        self.pods_of: list[list[PodEnd]] = []
        index: dict[Any, int] = {}
        hosts: list[PodEnd] = []
        key_of, of_pod, pods_of = self.key_of, self.of_pod, self.pods_of
        for pod in world.pods:
            if pod.host_network:
                hosts.append(pod)
                continue
            key = key_of(pod)
            found = index.get(key)
            if found is None:
                index[key] = found = len(pods_of)
                pods_of.append([])
            of_pod[id(pod)] = found
            pods_of[found].append(pod)
        self.index = index
        self.pod_count = len(pods_of)
        self._node_like(hosts)
        self.size = self.pod_count + 3 * len(self.node_ends)
        self.everyone = (1 << self.size) - 1
        self.pods = (1 << self.pod_count) - 1
        self.nodes = self.everyone & ~self.pods
        self.weights = Weights([len(found) for found in pods_of])
        self._values: dict[tuple[str, str, str], dict[str, int]] = {}
        self._where: dict[tuple[str, Expression], int] = {}
        self._peers: dict[tuple[Peer, int], Bits] = {}

    # -------------------------------------------------------------------------------------------- sorting ends into classes

    def key_function(self) -> Callable[[PodEnd], Any]:
        """A function from a pod to its class's key."""
        interest = self.interest
        by_name = ("fact", "namespace") in interest.pod
        labels = sorted(key for scope, key in interest.pod if scope == "label")
        others = sorted(
            (scope, key)
            for scope, key in interest.pod
            if scope != "label" and not (by_name and (scope == "namespace" or (scope, key) == ("fact", "namespace")))
        )
        named = sorted(interest.named, key=lambda port: (port.protocol, port.name))
        families, cuts = self.families, self._cuts
        alike: dict[Any, int] = {}
        signatures: dict[Any, int] = {}
        self._alike, self._label_keys = alike, labels
        expressions = sorted(interest.labels, key=repr)
        plain = len(expressions) > _MOST_EXPRESSIONS

        def sign(values: tuple[str | None, ...]) -> Any:
            """A number for labels, equal for those that no expression tells apart."""
            if plain:
                return values
            known = dict(zip(labels, values, strict=True))
            truth = tuple([holds(one, lambda _, key: known.get(key)) for one in expressions])
            found = alike[values] = signatures.setdefault(truth, len(signatures))
            return found

        resolved: dict[Any, Any] = {}

        def resolve(pod: PodEnd) -> Any:
            """What the named ports mean on it."""
            ports = pod.ports()
            found = resolved.get(ports)
            if found is None:
                found = resolved[ports] = tuple(pod.resolve(port) for port in named)
            return found

        flat = all(len(found) == 1 for found in cuts.values())

        def place(pod: PodEnd) -> Any:
            """Where its addresses lie among the cuts, for each family."""
            if len(pod.addresses) == 1:
                family, value = pod.addresses[0]
                return family, (0 if flat else bisect_right(cuts[family], value)) if family in cuts else -1
            return tuple(
                tuple(sorted(bisect_right(cuts[family], one.value) for one in pod.addresses if one.family == family))
                for family in families
            )

        def key(pod: PodEnd) -> Any:
            get = pod.labels.get
            values = tuple([get(name) for name in labels])
            known = alike.get(values)
            found: tuple[Any, ...] = (
                pod.namespace if by_name else None,
                sign(values) if known is None else known,
                place(pod),
            )
            if others:
                found += tuple([pod.attribute(scope, name) for scope, name in others])
            if named:
                found += (resolve(pod),)
            return found

        return key

    def with_pod(self, world: World, added: PodEnd | None, removed: PodEnd | None) -> Classes | None:
        """The classes after a pod came or went; None where that makes a class, or touches pods in their node's network."""
        place = self.index.get(self.key_of(added)) if added is not None and not added.host_network else None
        if (added is not None and place is None) or (removed is not None and removed.host_network):
            return None
        if removed is not None and len(self.pods_of[self.of_pod[id(removed)]]) == 1:
            return None
        found = Classes.__new__(Classes)
        found.__dict__.update(self.__dict__)
        found.world, found.of_pod, found.pods_of = world, dict(self.of_pod), list(self.pods_of)
        found.__dict__.pop("_sorted", None)
        found.__dict__.pop("_placements", None)
        if removed is not None:
            gone = found.of_pod.pop(id(removed))
            found.pods_of[gone] = [pod for pod in found.pods_of[gone] if pod is not removed]
        if added is not None:
            assert place is not None
            found.of_pod[id(added)] = place
            found.pods_of[place] = [*found.pods_of[place], added]
        found.weights = Weights([len(pods) for pods in found.pods_of])
        return found

    def _node_like(self, hosts: Sequence[PodEnd]) -> None:
        """Nodes and pods in their network, one class for each that some rule tells apart."""
        self.node_ends: list[End] = []
        self.of_node: dict[int, int] = {}
        index: dict[Any, int] = {}
        ends: tuple[PodEnd | NodeEnd, ...] = (*self.world.nodes.values(), *hosts)
        for end in ends:
            node = end if isinstance(end, NodeEnd) else end.node
            addresses = end.addresses or (node.addresses if node is not None else ())
            key = (
                node is None,
                tuple(node.attribute(scope, name) for scope, name in sorted(self.interest.node)) if node else None,
                tuple(sorted({(one.family, self._net_place(one)) for one in addresses})),
                self.key_of(end) if isinstance(end, PodEnd) and self.interest.host_pods else isinstance(end, PodEnd),
            )
            found = index.get(key)
            if found is None:
                index[key] = found = len(self.node_ends)
                self.node_ends.append(end)
            self.of_node[id(end)] = found

    def _net_place(self, one: Address) -> tuple[bool, ...]:
        return tuple(one in net.prefixes for net in self._all_nets())

    def _all_nets(self) -> list[Net]:
        if not hasattr(self, "_nets"):
            self._nets = sorted(self.interest.nets, key=lambda net: repr(net.prefixes))
        return self._nets

    def class_of(self, end: PodEnd | NodeEnd, beside: End | None = None) -> int:
        """The class of an end; that of a node depends on the end `beside` it."""
        if isinstance(end, PodEnd) and not end.host_network:
            return self.of_pod[id(end)]
        return self.pod_count + 3 * self.of_node[id(end)] + VARIANTS.index(variant(end, beside))

    def end_of(self, index: int) -> tuple[End, Variant]:
        """An end that stands for a class, and the variant that it is there."""
        if index < self.pod_count:
            return self.pods_of[index][0], "own"
        place, kind = divmod(index - self.pod_count, 3)
        return self.node_ends[place], VARIANTS[kind]

    def covers(self, interest: Interest) -> bool:
        """Whether rules with this interest tell no two ends of a class apart, so that the classes hold for them too."""
        if not interest <= self.interest or any(map(self._splits_labels, interest.labels - self.interest.labels)):
            return False
        if any(net not in self.interest.nets for net in interest.nets) and self.node_ends:
            for net in interest.nets - self.interest.nets:
                if self._splits_nodes(net):
                    return False
        return not any(self._splits_pods(net) for net in interest.pod_nets - self.interest.pod_nets)

    def _splits_labels(self, expression: Expression) -> bool:
        """Whether an expression tells labels apart that no expression told apart before."""
        seen: dict[int, bool] = {}
        for values, number in self._alike.items():
            known = dict(zip(self._label_keys, values, strict=True))
            truth = holds(expression, lambda _, key, known=known: known.get(key))  # type: ignore[misc]
            if seen.setdefault(number, truth) != truth:
                return True
        return False

    def _splits_nodes(self, net: Net) -> bool:
        seen: dict[int, bool] = {}
        hosts = [pod for pod in self.world.pods if pod.host_network]
        ends: tuple[PodEnd | NodeEnd, ...] = (*self.world.nodes.values(), *hosts)
        for end in ends:
            node = end if isinstance(end, NodeEnd) else end.node
            inside = any(one in net.prefixes for one in end.addresses or (node.addresses if node is not None else ()))
            if seen.setdefault(self.of_node[id(end)], inside) != inside:
                return True
        return False

    def _splits_pods(self, net: Net) -> bool:
        for family in self.families:
            placed = self._placed(family)
            values = [value for value, _ in placed]
            inside: dict[int, int] = defaultdict(int)
            for low, high in net.prefixes.family(family):
                for _, found in placed[bisect_left(values, low) : bisect_right(values, high)]:
                    inside[found] += 1
            for found, count in inside.items():
                if count != len(self.pods_of[found]):
                    return True
        return False

    def _placed(self, family: int) -> list[tuple[int, int]]:
        """Addresses of pods with the class of each, in order."""
        if not hasattr(self, "_sorted"):
            self._sorted: dict[int, list[tuple[int, int]]] = {}
        if family not in self._sorted:
            self._sorted[family] = sorted(
                (one.value, self.of_pod[id(pod)])
                for pod in self.world.pods
                if not pod.host_network
                for one in pod.addresses
                if one.family == family
            )
        return self._sorted[family]

    # -------------------------------------------------------------------------------------------- expressions

    def where(self, expression: Expression, kind: str = "pod") -> int:
        """The classes of pods (or of nodes) that the expression holds for; pods in their node's network are not among the pods."""
        key = (kind, expression)
        found = self._where.get(key)
        if found is None:
            found = self._where[key] = self._evaluate(expression, kind)
        return found

    def _evaluate(self, expression: Expression, kind: str) -> int:
        whole = self.pods if kind == "pod" else self.nodes
        if isinstance(expression, All):
            for part in expression.parts:
                whole &= self.where(part, kind)
                if not whole:
                    break
            return whole
        if isinstance(expression, AnyMatch):
            found = 0
            for part in expression.parts:
                found |= self.where(part, kind)
            return found
        if isinstance(expression, Not):
            return whole & ~self.where(expression.part, kind)
        return self._match(expression, kind, whole)

    def _match(self, match: Match, kind: str, whole: int) -> int:
        values = self.values(match.scope, match.key, kind)
        if match.operator in ("in", "not in"):
            found = 0
            for value in match.values:
                found |= values.get(value, 0)
            return found if match.operator == "in" else whole & ~found
        found = 0
        for value, bits in values.items():
            if match.operator in ("has", "has not") or match.test(value):
                found |= bits
        return whole & ~found if match.operator == "has not" else found

    def values(self, scope: str, key: str, kind: str) -> dict[str, int]:
        """The classes by the value of an attribute."""
        name = (kind, scope, key)
        found = self._values.get(name)
        if found is None:
            lists: dict[str, list[int]] = defaultdict(list)
            if kind == "pod":
                for index, pods in enumerate(self.pods_of):
                    value = pods[0].attribute(scope, key)
                    if value is not None:
                        lists[value].append(index)
            else:
                for place, end in enumerate(self.node_ends):
                    node = end if isinstance(end, NodeEnd) else end.node if isinstance(end, PodEnd) else None
                    value = node.attribute(scope, key) if node is not None else None
                    if value is not None:
                        lists[value] += range(self.pod_count + 3 * place, self.pod_count + 3 * place + 3)
            found = self._values[name] = {value: bitset(indices) for value, indices in lists.items()}
        return found

    # -------------------------------------------------------------------------------------------- peers

    def bits(self, peer: Peer, family: int) -> Bits:
        """The classes that a peer surely and possibly matches over a family."""
        key = (peer, family)
        found = self._peers.get(key)
        if found is None:
            found = self._bits(peer, family)
            if found[0] is not found[1] and found[0] == found[1]:
                found = (found[0], found[0])
            self._peers[key] = found
        return found

    def _bits(self, peer: Peer, family: int) -> Bits:
        if isinstance(peer, Selected):
            found = self.where(peer.where, peer.kind)
            sure, may = found, found
            if peer.kind == "pod" and peer.host_network is not Ternary.NO:
                more = self._each_node(peer, family)
                sure, may = sure | more[0], may | more[1]
            return sure, may
        if isinstance(peer, Everyone):
            return self.everyone, self.everyone
        if isinstance(peer, AnyOf):
            sure = may = 0
            for part in peer.parts:
                one = self.bits(part, family)
                sure, may = sure | one[0], may | one[1]
            return sure, may
        if isinstance(peer, AllOf):
            sure = may = self.everyone
            for part in peer.parts:
                one = self.bits(part, family)
                sure, may = sure & one[0], may & one[1]
            return sure, may
        if isinstance(peer, NoneOf):
            sure, may = self.bits(peer.part, family)
            return self.everyone & ~may, self.everyone & ~sure
        if isinstance(peer, Net):
            return self._net(peer, family)
        if isinstance(peer, OwnNode | OtherNode):
            return self._each_node(peer, family)
        if isinstance(peer, Unsure):
            return 0, self.bits(peer.within, family)[1]
        assert isinstance(peer, Outside | Domains)
        return NOTHING

    def _net(self, peer: Net, family: int) -> Bits:
        more = self._each_node(peer, family)
        if peer.pods is Ternary.NO:
            return more
        spans = peer.prefixes.family(family)
        if not spans:
            return more
        whole = spans.spans == ((0, _TOP[family]),)
        sure = may = 0
        # Where the set was cut by when the classes were made, classes whose addresses lie alike are all in or all out.
        groups = self._placements if peer in self.interest.nets else enumerate_classes(self.pods_of)
        for addresses, bits in groups:
            if addresses:
                if any(one.family == family and one.value in spans for one in addresses):
                    sure, may = sure | bits, may | bits
            else:
                may |= bits
                if whole:
                    sure |= bits
        if peer.pods is Ternary.EITHER:
            sure = 0
        return sure | more[0], may | more[1]

    @cached_property
    def _placements(self) -> list[tuple[tuple[Address, ...], int]]:
        """The classes by where their addresses lie among the cuts, with the addresses of one of each."""
        found: dict[Any, list[int]] = defaultdict(list)
        for index, pods in enumerate(self.pods_of):
            place = tuple(
                (one.family, bisect_right(self._cuts[one.family], one.value))
                if one.family in self._cuts
                else (one.family, 0)
                for one in pods[0].addresses
            )
            found[place].append(index)
        return [(self.pods_of[indices[0]][0].addresses, bitset(indices)) for indices in found.values()]

    def _each_node(self, peer: Peer, family: int) -> Bits:
        """A peer over the classes of nodes, each asked for itself: they are few."""
        sure, may = [], []
        for place, end in enumerate(self.node_ends):
            for kind, name in enumerate(VARIANTS):
                found = matches_node(peer, end, name, family)
                if found:
                    index = self.pod_count + 3 * place + kind
                    may.append(index)
                    if found == YES:
                        sure.append(index)
        return bitset(sure), bitset(may)

    def named(self, port: NamedPort) -> dict[int, int]:
        """The classes by the traffic (see `model.TRAFFIC_SPAN`) that a named port means on them."""
        found: dict[int, int] = defaultdict(int)
        for pod, classes in self._by_ports:
            for protocol, number in pod.resolve(port):
                found[protocol << 16 | number] |= classes
        return dict(found)

    @cached_property
    def _by_ports(self) -> list[tuple[PodEnd, int]]:
        """The classes by the ports that their pods declare, with a pod of each."""
        found: dict[Any, list[int]] = defaultdict(list)
        for index, pods in enumerate(self.pods_of):
            found[pods[0].ports()].append(index)
        return [(self.pods_of[indices[0]][0], bitset(indices)) for indices in found.values()]


def enumerate_classes(pods_of: Sequence[Sequence[PodEnd]]) -> Iterator[tuple[tuple[Address, ...], int]]:
    """Each class by itself, with the addresses of one of its pods."""
    for index, pods in enumerate(pods_of):
        yield pods[0].addresses, 1 << index


_MOST_EXPRESSIONS = 2_000
"""Above so many expressions over labels, pods are told apart by the labels themselves."""

_TOP = {4: (1 << 32) - 1, 6: (1 << 128) - 1}


def variant(end: PodEnd | NodeEnd, beside: End | None) -> Variant:
    """Whether a node, or a pod in its network, is the own node of the end beside it."""
    node = end.node if isinstance(end, PodEnd) else end
    home = beside if isinstance(beside, NodeEnd) else beside.node if isinstance(beside, PodEnd) else None
    if isinstance(beside, OutsideEnd):
        return "other"
    if node is None or home is None:
        return "unsure"
    return "own" if node is home else "other"


def matches_node(peer: Peer, end: End, kind: Variant, family: int) -> int:
    """Whether a peer matches a node that is the subject's own, another, or either."""
    if isinstance(peer, OwnNode):
        return {"own": YES, "other": NO, "unsure": 1}[kind]
    if isinstance(peer, OtherNode):
        return {"own": NO, "other": YES, "unsure": 1}[kind]
    return matches(peer, end, end, family, [])


class OutsideCells:
    """The space of addresses outside, of one family, cut where a rule cuts it; `spans[i]` is cell i."""

    def __init__(self, nets: Iterable[Net], family: int, domains: Sequence[str] = ()) -> None:
        self.family = family
        self.spans = cells([net.prefixes.family(family) for net in nets], (0, _TOP[family]))
        self.size = len(self.spans)
        self.everyone = (1 << self.size) - 1
        self._lows = [low for low, _ in self.spans]
        self._peers: dict[Peer, Bits] = {}

    def cell_of(self, value: int) -> int:
        return bisect_right(self._lows, value) - 1

    def bits(self, peer: Peer, family: int) -> Bits:
        """The cells that a peer surely and possibly matches."""
        found = self._peers.get(peer)
        if found is None:
            found = self._bits(peer, family)
            if found[0] == found[1]:
                found = (found[0], found[0])
            self._peers[peer] = found
        return found

    def _bits(self, peer: Peer, family: int) -> Bits:
        if isinstance(peer, Everyone):
            return self.everyone, self.everyone
        if isinstance(peer, Net):
            spans = peer.prefixes.family(self.family).spans
            found = bitset(cell for span in spans for cell in range(self.cell_of(span[0]), self.cell_of(span[1]) + 1))
            return found, found
        if isinstance(peer, AnyOf):
            sure = may = 0
            for part in peer.parts:
                one = self.bits(part, family)
                sure, may = sure | one[0], may | one[1]
            return sure, may
        if isinstance(peer, AllOf):
            sure = may = self.everyone
            for part in peer.parts:
                one = self.bits(part, family)
                sure, may = sure & one[0], may & one[1]
            return sure, may
        if isinstance(peer, NoneOf):
            sure, may = self.bits(peer.part, family)
            return self.everyone & ~may, self.everyone & ~sure
        if isinstance(peer, Outside):
            return (self.everyone, self.everyone) if peer.family in (0, family) else NOTHING
        if isinstance(peer, Domains):
            return 0, self.everyone
        if isinstance(peer, Unsure):
            return 0, self.bits(peer.within, family)[1]
        return NOTHING
