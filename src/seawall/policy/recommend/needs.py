"""What each unit was seen to need, generalised by rules that are few and stated:

* a peer in the cluster is its unit: the pods that its labels select, whichever of them was seen; where no label tells it from its neighbours, its namespace;
* a port is the port that was seen; more than `MOST_PORTS` ports of one protocol above `DYNAMIC` with one peer are that whole range;
* an address outside is its network as the roll-ups keep it (/24, /48); more than `MOST_NETWORKS` public ones on one port are every public address;
* a node is its own addresses, seen nodes only;
* DNS is always left open; the kubelet's probes need no rule, for a node always reaches its own pods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from seawall.kit.intervals import EMPTY, IntervalSet
from seawall.kit.prefixes import Address, Prefix, PrefixSet, prefix
from seawall.model.cluster.network_kinds import Service
from seawall.policy.model import SCTP, TCP, UDP, Direction, ports_of
from seawall.policy.observed import Ints, Party, Placed, addresses_in, distinct, distinct_only, meets, pod_networks
from seawall.policy.recommend.units import Unit, Units
from seawall.policy.world import PodEnd, World

MOST_NETWORKS = 20
MOST_PORTS = 10
DYNAMIC = 32_768
DNS_NAMESPACE = "kube-system"
DNS_LABELS = {"k8s-app": "kube-dns"}


class Pods(NamedTuple):
    """The pods of a namespace ("": of every one) that labels select; all of them where there are none."""

    namespace: str
    labels: tuple[tuple[str, str], ...]


EVERY_POD = Pods("", ())


class Networks(NamedTuple):
    """Addresses outside: one network, or every public address (`public`)."""

    cidr: str
    excepted: tuple[str, ...] = ()
    public: bool = False


class Nodes(NamedTuple):
    """A node, by its addresses."""

    name: str
    addresses: tuple[str, ...]


class Name(NamedTuple):
    """A DNS name, for dialects that have them."""

    domain: str


Peer = Pods | Networks | Nodes | Name


class Opening(NamedTuple):
    """What a unit may exchange with peers. `mandatory` is the part of `traffic` that is open whether or not it was seen."""

    direction: Direction
    peers: tuple[Peer, ...]
    traffic: IntervalSet
    mandatory: IntervalSet = EMPTY


class Draft(msgspec.Struct, frozen=True, eq=False):
    """A policy to be written: its unit is isolated in both directions but for the openings."""

    unit: Unit
    openings: tuple[Opening, ...]


class Drafted(msgspec.Struct, frozen=True, eq=False):
    """The drafts. `reason[i]` numbers in `reasons` why edge i has no opening, -1 where it has one or needs none; `assumed` says what was taken for granted."""

    drafts: tuple[Draft, ...]
    reasons: tuple[str, ...]
    reason: Ints
    assumed: tuple[str, ...]


_NO_PORTS = "policies of these APIs name TCP, UDP and SCTP ports, and this is neither"
_NO_NODE_ADDRESS = "no address of its node is known, and policies name nodes by address only"
_NAME_ALONE = "it is known by name only, and this dialect names addresses"


def draft(
    placed: Placed, observed: npt.NDArray[np.bool_], units: Units, chosen: Collection[Unit], *, names: bool
) -> Drafted:
    """Drafts for the chosen units from the edges that `observed` marks. `names`: the dialect can say DNS names."""
    return _Drafting(placed, observed, units, chosen, names).drafted()


class _Drafting:
    def __init__(
        self, placed: Placed, observed: npt.NDArray[np.bool_], units: Units, chosen: Collection[Unit], names: bool
    ) -> None:
        self.placed, self.observed, self.units, self.names = placed, observed, units, names
        self.chosen = sorted(chosen, key=lambda unit: (unit.namespace, unit.name))
        number = {id(unit): at for at, unit in enumerate(self.chosen)}
        self.subject = np.array([self._subject(party, number) for party in placed.parties], np.int64)
        self.reasons: dict[str, int] = {}
        self.reason = np.full(placed.edges.size, -1, np.int64)
        self.seen: list[dict[tuple[Direction, Peer], set[int]]] = [defaultdict(set) for _ in self.chosen]
        self.always: list[dict[tuple[Direction, Peer], IntervalSet]] = [{} for _ in self.chosen]
        self.assumed: list[str] = []
        self.public = _public(placed.world)

    def _subject(self, party: Party, number: dict[int, int]) -> int:
        unit = self.units.of.get(party.ref) if party.ref is not None and not party.in_node_network else None
        return number.get(id(unit), -1) if unit is not None else -1

    def drafted(self) -> Drafted:
        for direction in Direction:
            self._observe(direction)
        self._dns()
        drafts = tuple(self._openings(at) for at in range(len(self.chosen)))
        return Drafted(drafts, tuple(self.reasons), self.reason, tuple(dict.fromkeys(self.assumed)))

    def _because(self, rows: Ints, why: str) -> None:
        self.reason[rows] = self.reasons.setdefault(why, len(self.reasons))

    # -------------------------------------------------------------------------------------------- what was seen

    def _observe(self, direction: Direction) -> None:
        placed, edges = self.placed, self.placed.edges
        mine, other = (
            (placed.source, edges.destination) if direction is Direction.EGRESS else (placed.destination, edges.source)
        )
        rows = np.flatnonzero(self.observed & (mine >= 0))
        rows = rows[self.subject[mine[rows]] >= 0]
        protocol, port = edges.traffic[rows] >> 16, edges.traffic[rows] & 0xFFFF
        spoken = np.isin(protocol, (TCP, UDP, SCTP)) & (port > 0)
        self._because(rows[~spoken], _NO_PORTS)
        rows = rows[spoken]
        subject = self.subject[mine[rows]]
        at_network = placed.network[other[rows]]
        self._networks(direction, rows, subject, at_network)
        left = np.flatnonzero(at_network < 0)
        keys, inverse = distinct(subject[left], other[rows[left]], edges.traffic[rows[left]])
        refused: dict[str, list[int]] = defaultdict(list)
        for at, (one, end, traffic) in enumerate(keys.T.tolist()):
            peers = self._peers(end, direction)
            if isinstance(peers, str):
                if peers:
                    refused[peers].append(at)
                continue
            for peer in peers:
                self.seen[one][direction, peer].add(traffic)
        for why, which in refused.items():
            self._because(rows[left[np.isin(inverse, which)]], why)

    def _networks(self, direction: Direction, rows: Ints, subject: Ints, network: Ints) -> None:
        """Networks outside: each by itself, or all public ones where they are many."""
        outside = np.flatnonzero(network >= 0)
        if not len(outside):
            return
        keys = distinct_only(subject[outside], self.placed.edges.traffic[rows[outside]], network[outside])
        public = np.array([self._is_public(one) for one in self.placed.networks], bool)
        open_to_all = public[keys[2]]
        groups, inverse = distinct(keys[0], keys[1])
        many = np.bincount(inverse, weights=open_to_all, minlength=groups.shape[1]) > MOST_NETWORKS
        families = sorted({self.placed.networks[one].family for one in np.unique(keys[2]).tolist()})
        for one, traffic in groups[:, many].T.tolist():
            for family in families:
                self.seen[one][direction, self.public[family]].add(traffic)
        alone = ~(many[inverse] & open_to_all)
        for one, traffic, which in keys[:, alone].T.tolist():
            self.seen[one][direction, Networks(str(self.placed.networks[which]))].add(traffic)

    def _is_public(self, network: Prefix) -> bool:
        return not meets(_PRIVATE, network)

    def _peers(self, end: int, direction: Direction) -> Iterable[Peer] | str:
        """How the other end is named; else why it cannot be, "" for what needs no rule."""
        placed = self.placed
        if end in placed.unplaced:
            return placed.unplaced[end].why
        if placed.name[end] >= 0:
            domain = placed.names[int(placed.name[end])]
            if self.names and direction is Direction.EGRESS:
                return (Name(domain),)
            seen = placed.edges.networks.get(domain, ())
            return [Networks(one) for one in seen] or _NAME_ALONE
        party = placed.parties[int(placed.party[end])]
        if party.own:
            return ""
        if party.in_node_network:
            found = [Nodes(node.name, tuple(map(_single, node.addresses))) for node in party.nodes if node.addresses]
            return found or _NO_NODE_ADDRESS
        unit = self.units.of.get(party.ref) if party.ref is not None else None
        if unit is not None:
            return (Pods(unit.namespace, tuple(unit.selector.items())),)
        namespace = party.pods[0].namespace
        self.assumed.append(
            f"{party.name} has no labels of its own that last, so that as a peer it is every pod of {namespace}"
        )
        return (Pods(namespace, ()),)

    # -------------------------------------------------------------------------------------------- what is always open

    def _dns(self) -> None:
        peers = self._dns_peers()
        for at, unit in enumerate(self.chosen):
            for peer, traffic in peers:
                if peer == Pods(unit.namespace, tuple(unit.selector.items())):
                    self.always[at][Direction.INGRESS, EVERY_POD] = traffic
                else:
                    self.always[at][Direction.EGRESS, peer] = traffic

    def _dns_peers(self) -> list[tuple[Peer, IntervalSet]]:
        world = self.placed.world
        found: dict[Peer, IntervalSet] = defaultdict(IntervalSet)
        for service in _dns_services(world):
            for port in service.spec.ports:
                if port.port != 53:
                    continue
                protocol = UDP if port.protocol == "UDP" else TCP
                for backend in world.backends(service, port):
                    if not isinstance(backend.end, PodEnd) or backend.port is None:
                        continue
                    unit = self.units.of.get(world.owner(backend.end))
                    selector = tuple((service.spec.selector or {}).items())
                    labels = tuple(unit.selector.items()) if unit is not None and unit.labels else selector
                    if backend.end.host_network:
                        node = backend.end.node
                        if node is None or not node.addresses:
                            continue
                        peer: Peer = Nodes(node.name, tuple(map(_single, node.addresses)))
                    else:
                        peer = Pods(backend.end.namespace, labels)
                    found[peer] |= ports_of(protocol, backend.port, backend.port)
        if not found:
            self.assumed.append(
                f"the input has no DNS service, so that DNS is taken to be the pods of {DNS_NAMESPACE} with "
                + ", ".join(f"{key}={value}" for key, value in DNS_LABELS.items())
            )
            found[Pods(DNS_NAMESPACE, tuple(DNS_LABELS.items()))] = ports_of(UDP, 53, 53) | ports_of(TCP, 53, 53)
        return list(found.items())

    # -------------------------------------------------------------------------------------------- openings

    def _openings(self, at: int) -> Draft:
        seen = {key: _generalised(frozenset(found)) for key, found in self.seen[at].items()}
        always = {key: found - seen.get(key, EMPTY) for key, found in self.always[at].items()}
        whole = {key: seen.get(key, EMPTY) | always[key] if key in always else seen[key] for key in seen | always}
        # Units never overlap: only what was widened, or is always open, can name what another peer names too.
        broad = [key for key in whole if key in always or _is_broad(key[1])]
        groups: dict[tuple[Direction, IntervalSet, IntervalSet], list[Peer]] = defaultdict(list)
        for (direction, peer), traffic in whole.items():
            left = traffic
            for key in broad:
                if key[0] is direction and _wider(key[1], peer):
                    left -= whole[key]
            if left:
                groups[direction, left, always.get((direction, peer), EMPTY) & left].append(peer)
        openings = [
            Opening(direction, tuple(sorted(peers, key=repr)), traffic, mandatory)
            for (direction, traffic, mandatory), peers in groups.items()
        ]
        openings.sort(
            key=lambda one: (one.direction is Direction.EGRESS, bool(one.mandatory), one.traffic.spans, repr(one.peers))
        )
        return Draft(self.chosen[at], tuple(openings))


@lru_cache(maxsize=1 << 12)
def _generalised(seen: frozenset[int]) -> IntervalSet:
    """The ports as seen, but for many of the dynamic range."""
    found = IntervalSet.of(*seen)
    if len(seen) <= MOST_PORTS:
        return found
    for protocol in (TCP, UDP, SCTP):
        dynamic = ports_of(protocol, DYNAMIC)
        if len(found & dynamic) > MOST_PORTS:
            found |= dynamic
    return found


def _is_broad(peer: Peer) -> bool:
    return (isinstance(peer, Pods) and not peer.labels) or (isinstance(peer, Networks) and peer.public)


def _wider(one: Peer, other: Peer) -> bool:
    """Whether the first names everything that the second does, and more."""
    if isinstance(one, Pods) and isinstance(other, Pods):
        if one == EVERY_POD:
            return other != EVERY_POD
        return one.namespace == other.namespace and set(one.labels) < set(other.labels)
    if isinstance(one, Networks) and isinstance(other, Networks):
        return one != other and not addresses_of(other) - addresses_of(one)
    return False


def addresses_of(networks: Networks) -> PrefixSet:
    """The addresses that a peer of networks stands for."""
    return PrefixSet.of((prefix(networks.cidr),)) - PrefixSet.of(map(prefix, networks.excepted))


def _single(one: Address) -> str:
    return f"{one}/{32 if one.family == 4 else 128}"


_PRIVATE_BLOCKS = {
    4: (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ),
    6: ("::1/128", "fc00::/7", "fe80::/10", "ff00::/8"),
}
"""What is not public: RFC 1918, 6598, 3927 (the metadata service among it), 4193, 4291; and multicast."""
_PRIVATE = PrefixSet.of(prefix(one) for blocks in _PRIVATE_BLOCKS.values() for one in blocks)


def _public(world: World) -> dict[int, Networks]:
    """Every public address of a family, without those that pods and nodes of this cluster have."""
    ours = pod_networks(world) | addresses_in(world)
    found: dict[int, Networks] = {}
    for family, whole in ((4, "0.0.0.0/0"), (6, "::/0")):
        more = PrefixSet.of(one for one in (ours - _PRIVATE).prefixes() if one.family == family)
        found[family] = Networks(whole, (*_PRIVATE_BLOCKS[family], *map(str, more.prefixes())), public=True)
    return found


def _dns_services(world: World) -> list[Service]:
    """The services that resolve names in the cluster: `kube-dns` by the name that kubeadm and most others give it."""
    return [
        service
        for (namespace, name), service in world.services.items()
        if namespace == DNS_NAMESPACE
        and (
            name in ("kube-dns", "coredns", "rke2-coredns-rke2-coredns")
            or (service.spec.selector or {}).get("k8s-app") == "kube-dns"
        )
    ]
