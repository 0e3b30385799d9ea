"""Recorded traffic as the engines take it: columns of edges, and where in a world their ends stand.

An edge is one pair of ends and one kind of traffic, from client to server. Ends are named as the roll-ups name them: workloads, nodes, and for what is
neither a DNS name or a network. Everything here is a column; nothing is done flow by flow.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from seawall.kit.prefixes import Prefix, PrefixSet, prefix
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.pod import Container
from seawall.policy.model import PROTOCOLS, TCP, kind_of_traffic
from seawall.policy.reach import Group, Reaching
from seawall.policy.world import End, NodeEnd, PodEnd, World

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.uint8]


class EndName(NamedTuple):
    """One end of an edge, as a roll-up names it. `peer` is a node, a DNS name or a network for what is no workload; `service` is `namespace/name`."""

    entity: str
    namespace: str = ""
    workload: str = ""
    kind: str = ""
    peer: str = ""
    service: str = ""

    def __str__(self) -> str:
        if self.workload:
            return f"{self.namespace}/{self.workload}"
        if self.entity == "service":
            return f"service {self.service}"
        if self.entity == "node":
            return f"node {self.peer or 'unknown'}"
        if self.peer and self.namespace:
            return f"{self.peer} in {self.namespace}"
        return self.peer or (f"something in {self.namespace}" if self.namespace else "an unknown end")


class Edges(NamedTuple):
    """Columns of one length. `source` and `destination` are indices into `ends`; `traffic` as in `model.kind_of_traffic`, port 0 where there is none.

    Events are counted by what the dataplane did: `allowed` (or audited), `denied`, `unknown`. Times are UTC nanoseconds. `networks` are those in which
    a DNS name was seen; a name that is missing there was never seen with an address.
    """

    ends: tuple[EndName, ...]
    source: Ints
    destination: Ints
    traffic: Ints
    allowed: Ints
    denied: Ints
    unknown: Ints
    first: Ints
    last: Ints
    networks: Mapping[str, tuple[str, ...]] = {}

    @property
    def size(self) -> int:
        return len(self.source)

    @property
    def events(self) -> Ints:
        return self.allowed + self.denied + self.unknown

    def take(self, rows: Any) -> Edges:
        """Some of the rows, by a mask or by number."""
        return Edges(
            self.ends,
            self.source[rows],
            self.destination[rows],
            self.traffic[rows],
            self.allowed[rows],
            self.denied[rows],
            self.unknown[rows],
            self.first[rows],
            self.last[rows],
            self.networks,
        )


def distinct(*columns: Ints) -> tuple[Ints, Ints]:
    """The distinct rows of columns of numbers from 0 on, sorted (one row of the answer a column), and for each row its place among them."""
    keys, sizes = _as_one(columns)
    found, inverse = np.unique(keys, return_inverse=True)
    return _apart(found, sizes), inverse.reshape(-1)


def distinct_only(*columns: Ints) -> Ints:
    """As `distinct`, without the places, which cost more than the rest."""
    keys, sizes = _as_one(columns)
    return _apart(np.unique(keys), sizes)


def _as_one(columns: Sequence[Ints]) -> tuple[Ints, list[int]]:
    """Each row as one number: sorted many times as fast as rows are."""
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    if math.prod(sizes) >= 1 << 63:
        raise ValueError("rows of so wide columns do not fit into one number")
    keys = columns[0]
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        keys = keys * size + column
    return keys, sizes


def _apart(keys: Ints, sizes: Sequence[int]) -> Ints:
    parts = []
    for size in reversed(sizes[1:]):
        keys, part = np.divmod(keys, size)
        parts.append(part)
    return np.stack([keys, *reversed(parts)])


class Party(NamedTuple):
    """Who an edge is between inside the cluster: a workload, or a node. `own`: the node as its own pods see it, for what a kubelet sends them."""

    name: str
    ref: ObjectRef | None
    pods: tuple[PodEnd, ...] = ()
    node: NodeEnd | None = None
    own: bool = False

    @property
    def in_node_network(self) -> bool:
        return self.node is not None or all(pod.host_network for pod in self.pods)

    @property
    def nodes(self) -> tuple[NodeEnd, ...]:
        """The nodes that its packets come from, where it has no address of its own."""
        if self.node is not None:
            return (self.node,)
        found = {pod.node.name: pod.node for pod in self.pods if pod.node is not None}
        return tuple(found.values())


class Unplaced(NamedTuple):
    """Ends that have no place in the world, and why."""

    end: EndName
    why: str


class Placed(msgspec.Struct, frozen=True, eq=False):
    """Edges with their ends in a world.

    For each end `party` is its index in `parties`, `network` in `networks`, or -1; an end with neither is in `unplaced`. Services are gone: an edge to one
    has become edges to what stands behind it.
    """

    edges: Edges
    world: World
    parties: tuple[Party, ...]
    party: Ints
    networks: tuple[Prefix, ...]
    network: Ints
    names: tuple[str, ...]
    name: Ints
    unplaced: Mapping[int, Unplaced]

    @property
    def source(self) -> Ints:
        """The party of each edge's source, or -1."""
        return self.party[self.edges.source]

    @property
    def destination(self) -> Ints:
        return self.party[self.edges.destination]


def place(edges: Edges, reaching_groups: Sequence[Group], world: World) -> Placed:
    """Finds every end of the edges in the world."""
    edges = _through_services(edges, world)
    finder = _Finder(reaching_groups, world)
    count = len(edges.ends)
    party, network, name = (np.full(count, -1, np.int64) for _ in range(3))
    networks: dict[Prefix, int] = {}
    names: dict[str, int] = {}
    unplaced: dict[int, Unplaced] = {}
    for index, end in enumerate(edges.ends):
        found = finder.find(end)
        if isinstance(found, int):
            party[index] = found
        elif isinstance(found, Prefix):
            network[index] = networks.setdefault(found, len(networks))
        elif found:
            unplaced[index] = Unplaced(end, found)
        else:
            name[index] = names.setdefault(end.peer, len(names))
    edges, party, network, name = _kubelets(edges, party, network, name, finder)
    return Placed(edges, world, tuple(finder.parties), party, tuple(networks), network, tuple(names), name, unplaced)


class _Finder:
    """Knows the parties of a world."""

    def __init__(self, groups: Sequence[Group], world: World) -> None:
        self.parties = [Party(f"{group.pods[0].namespace}/{group.ref.name}", group.ref, group.pods) for group in groups]
        self._workloads = {
            (group.pods[0].namespace, group.ref.name, group.ref.kind): at for at, group in enumerate(groups)
        }
        by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (namespace, workload, _), at in self._workloads.items():
            by_name[namespace, workload].append(at)
        self._by_name = {key: found[0] for key, found in by_name.items() if len(found) == 1}
        self.nodes: dict[str, int] = {}
        for node in world.nodes.values():
            self.nodes[node.name] = len(self.parties)
            self.parties.append(Party(f"node {node.name}", None, node=node))
        self.own: dict[str, int] = {}
        for node in world.nodes.values():
            self.own[node.name] = len(self.parties)
            self.parties.append(Party(f"node {node.name}", None, node=node, own=True))
        self._pods = pod_networks(world)
        self._taken = addresses_in(world)

    def find(self, end: EndName) -> int | Prefix | str:
        """The party's index or the network; else why there is none, "" for a DNS name."""
        if end.workload:
            at = self._workloads.get(
                (end.namespace, end.workload, end.kind), self._by_name.get((end.namespace, end.workload))
            )
            return at if at is not None else "it is not in the cluster any more"
        if end.entity == "node":
            return self.nodes.get(
                end.peer, "no such node is in the cluster" if end.peer else "the record does not say which node"
            )
        if end.entity == "pod":
            return "it was a pod that is gone, and nothing says of which workload"
        if end.entity == "service":
            return "nothing stands behind the service"
        if not end.peer:
            return "the record has no address for it"
        try:
            found = prefix(end.peer)
        except ValueError:
            return ""
        if meets(self._taken, found):
            return "its network holds pods or nodes of today, so that no policy can name it alone"
        if meets(self._pods, found):
            return "its address is of the pods' network, and no pod has it today"
        return found


def meets(addresses: PrefixSet, network: Prefix) -> bool:
    """Whether the network has any of the addresses."""
    spans = addresses.family(network.family).spans
    low, high = network.span
    at = bisect_right(spans, (high, _BEYOND)) - 1
    return at >= 0 and spans[at][1] >= low


_BEYOND = 1 << 130


def addresses_in(world: World) -> PrefixSet:
    """Every address that a pod or a node has today."""
    ends: tuple[PodEnd | NodeEnd, ...] = (*world.pods, *world.nodes.values())
    return PrefixSet.of(
        Prefix(one.family, one.value, 32 if one.family == 4 else 128) for end in ends for one in end.addresses
    )


def pod_networks(world: World) -> PrefixSet:
    """The networks from which the nodes give their pods addresses, as far as the nodes say."""
    found: list[Prefix] = []
    for node in world.nodes.values():
        spec = node.object.spec if node.object is not None else None
        for text in (*getattr(spec, "pod_cidrs", ()), getattr(spec, "pod_cidr", "")):
            if text:
                try:
                    found.append(prefix(text))
                except ValueError:
                    continue
    return PrefixSet.of(found)


def _through_services(edges: Edges, world: World) -> Edges:
    """Edges to a Service as edges to the workloads behind it, at the port that they listen on: policies see what is left after translation."""
    to_service = np.array([end.entity == "service" and not end.workload for end in edges.ends], bool)
    if not len(edges.ends) or not to_service.any():
        return edges
    ends = list(edges.ends)
    index = {end: at for at, end in enumerate(ends)}
    rows = np.flatnonzero(to_service[edges.destination])
    keys, inverse = distinct(edges.destination[rows], edges.traffic[rows])
    targets: list[list[tuple[int, int]]] = []
    for at, traffic in keys.T.tolist():
        found: list[tuple[int, int]] = []
        for end, target in _behind(ends[at], traffic, world):
            if end not in index:
                index[end] = len(ends)
                ends.append(end)
            found.append((index[end], target))
        targets.append(found or [(at, traffic)])
    counts = np.array([len(found) for found in targets])[inverse]
    flat = np.array([pair for at in inverse.tolist() for pair in targets[at]], np.int64).reshape(-1, 2)
    kept = np.flatnonzero(~to_service[edges.destination])
    again = np.concatenate([kept, np.repeat(rows, counts)])
    wide = edges.take(again)
    wide.destination[len(kept) :] = flat[:, 0]
    wide.traffic[len(kept) :] = flat[:, 1]
    return wide._replace(ends=tuple(ends))


def _behind(end: EndName, traffic: int, world: World) -> Iterable[tuple[EndName, int]]:
    namespace, _, name = end.service.partition("/")
    service = world.services.get((namespace, name))
    if service is None:
        return
    protocol, port = traffic >> 16, traffic & 0xFFFF
    for entry in service.spec.ports:
        if entry.port == port and PROTOCOLS.get(entry.protocol or "TCP") == protocol:
            seen: set[tuple[EndName, int]] = set()
            for backend in world.backends(service, entry):
                if backend.port is None:
                    continue
                found = _name_of(backend.end, world), protocol << 16 | backend.port
                if found not in seen:
                    seen.add(found)
                    yield found


def _name_of(end: End, world: World) -> EndName:
    if isinstance(end, PodEnd):
        owner = world.owner(end)
        return EndName("pod", end.namespace, owner.name, owner.kind)
    if isinstance(end, NodeEnd):
        return EndName("node", peer=end.name)
    one = end.address
    return EndName("external", peer=f"{one}/{32 if one.family == 4 else 128}" if one is not None else end.domain)


def _kubelets(edges: Edges, party: Ints, network: Ints, name: Ints, finder: _Finder) -> tuple[Edges, Ints, Ints, Ints]:
    """Traffic that a node sends to a probed port of a workload that has a pod there is its kubelet's, and comes from the pod's own node."""
    if not edges.size:
        return edges, party, network, name
    first = min(finder.nodes.values(), default=len(finder.parties))
    nodes = len(finder.nodes)
    source, destination = party[edges.source], party[edges.destination]
    candidates = np.flatnonzero(
        (source >= first) & (source < first + nodes) & (destination >= 0) & (destination < first)
    )
    if not len(candidates):
        return edges, party, network, name
    home = {
        finder.nodes[pod.node.name] * first + at
        for at, one in enumerate(finder.parties[:first])
        for pod in one.pods
        if pod.node is not None and not pod.host_network
    }
    probed = {
        at << 24 | traffic
        for at, one in enumerate(finder.parties[:first])
        for traffic in {number for pod in one.pods for number in probed_ports(pod)}
    }
    at_home = np.isin(source[candidates] * first + destination[candidates], np.fromiter(home, np.int64, len(home)))
    asked = np.isin(
        destination[candidates] << 24 | edges.traffic[candidates], np.fromiter(probed, np.int64, len(probed))
    )
    mine = candidates[at_home & asked]
    ends = list(edges.ends)
    again = {}
    for end in np.unique(edges.source[mine]).tolist():
        again[end] = len(ends)
        ends.append(edges.ends[end])
    lookup = np.arange(len(ends))
    for old, new in again.items():
        lookup[old] = new
    moved = edges.source.copy()
    moved[mine] = lookup[edges.source[mine]]
    own = np.array([party[old] + nodes for old in again], np.int64)
    none = np.full(len(again), -1, np.int64)
    return (
        edges._replace(ends=tuple(ends), source=moved),
        np.concatenate([party, own]),
        np.concatenate([network, none]),
        np.concatenate([name, none]),
    )


def probed_ports(pod: PodEnd) -> Iterable[int]:
    """The traffic that the kubelet sends to a pod to ask how it is."""
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        for probe in (container.liveness_probe, container.readiness_probe, container.startup_probe):
            if probe is None:
                continue
            port = _probed(probe, container)
            if port is not None:
                yield kind_of_traffic(TCP, port)


def _probed(probe: Any, container: Container) -> int | None:
    for action in (probe.http_get, probe.tcp_socket, probe.grpc):
        if action is None:
            continue
        port = action.port
        if isinstance(port, int):
            return port
        if isinstance(port, str):
            if port.isdigit():
                return int(port)
            return next((one.container_port for one in container.ports if one.name == port), None)
    return None


def classes_of(placed: Placed, reaching: Reaching, *, targets: bool = False) -> list[tuple[int, ...]]:
    """For each party the classes of the relation that its pods, or the node, are in.

    A node that sends is another than the receiver's, or `own`; as a target it is both, for pods on it and elsewhere send alike.
    """
    classes = reaching.relation.classes
    found: list[tuple[int, ...]] = []
    for party in placed.parties:
        if party.node is None:
            found.append(tuple(dict.fromkeys(map(reaching.class_of, party.pods))))
            continue
        first = classes.pod_count + 3 * classes.of_node[id(party.node)]
        found.append((first, first + 1) if targets else (first,) if party.own else (first + 1,))
    return found
