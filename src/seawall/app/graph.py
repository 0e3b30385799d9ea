"""Who talks to whom: nodes, edges and groups of a window, and what changed against another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, Window, entity_id
from seawall.app.filter_grammar import FilterError
from seawall.app.moment import moment, rfc3339
from seawall.app.predicate import Selection, not_carried, selected
from seawall.app.principals import sees
from seawall.app.services import Services
from seawall.app.veil import HIDDEN, may_see_somewhere
from seawall.kit.errors import UserError
from seawall.model.event import KINDS, ROLLUPS
from seawall.model.event.read_scope import ReadScope
from seawall.store.predicate import Predicate

Grain = Literal["cluster", "namespace", "workload", "pod"]
NodeHealth = Literal["ok", "degraded", "failing", "unknown"]
Exposure = Literal["internet", "cluster", "none", "unknown"]
Change = Literal["new", "gone", "changed", "same"]
GroupBy = Literal["namespace", "cluster", ""]
Lens = Literal["verdict", "health", "dns", "exposure", "findings"]

FLOW, DNS, EDGE_MINUTE = KINDS["flow"], KINDS["dns"], ROLLUPS["edge_minute"]
MOST_EDGES = 20_000
OUTSIDE = "outside"
DEGRADED, FAILING = 0.05, 0.5
"""Shares of events at a node that were denied or failed."""
CHANGED = 2.0
"""An edge has changed where its events are that many times more or fewer, or another verdict appears or disappears."""


class NodeFindings(Answer, frozen=True):
    critical: int
    high: int


class GraphNode(Answer, frozen=True):
    """`id` is the entity's (`kind/namespace/name`; where clusters are mixed, `@` and the cluster's id follow).

    `kind` is `workload`, `pod`, `namespace`, `cluster`, `node`, `service`, `address` (a name or network outside, group `outside`) or `domain`
    (lens `dns`), `workloadKind` the API kind of a workload. `unknown` says that the verdict of some event at this node is known to nobody.
    """

    id: str
    kind: str
    name: str
    namespace: str
    cluster: str
    workload_kind: str
    parent: str | None
    labels: dict[str, str]
    findings: NodeFindings
    unknown: bool
    health: NodeHealth | None
    """Lens `health` only: by the share of events in the window that were denied or failed."""
    exposure: Exposure | None
    """Lens `exposure` only: from where traffic reached it in the window."""


class GraphEdge(Answer, frozen=True):
    """From client to server. Counts are events of the reporter that saw most; `bytes` is null where the source counts none (never zero)."""

    id: str
    source: str
    target: str
    protocol: str
    port: int | None
    events: int
    bytes: int | None
    allowed: int
    denied: int
    unknown: int
    errors: int
    policies: list[str]
    encrypted: bool | None
    simulated: bool
    last_seen: str
    change: Change | None


class GraphGroup(Answer, frozen=True):
    id: str
    name: str
    nodes: int


class Truncated(Answer, frozen=True):
    """How many nodes and edges there are beyond those given: those with the fewest events."""

    nodes: int
    edges: int


class Graph(Answer, frozen=True):
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    groups: list[GraphGroup]
    truncated: Truncated | None
    window: Window
    compared: Window | None
    notes: list[str]


class End(msgspec.Struct, frozen=True):
    """One end of an edge, before it is a node."""

    kind: str
    cluster: str
    namespace: str
    name: str
    workload_kind: str = ""


class Pair(msgspec.Struct, frozen=True):
    """What makes an edge one edge."""

    source: End
    target: End
    protocol: str
    port: int | None
    simulated: bool


class Traffic(msgspec.Struct):
    """What went over an edge."""

    events: int = 0
    bytes: int | None = None
    allowed: int = 0
    denied: int = 0
    unknown: int = 0
    errors: int = 0
    policies: frozenset[str] = frozenset()
    last: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self.events += row["events"]
        self.allowed += row["allowed"]
        self.denied += row["denied"]
        self.unknown += row["unknown"]
        self.errors += row["errors"]
        if row["bytes"] is not None:
            self.bytes = (self.bytes or 0) + row["bytes"]
        self.policies |= frozenset(row["deciding"])
        self.last = max(self.last, row["last_time"])

    @property
    def verdicts(self) -> tuple[bool, bool, bool]:
        return self.allowed > 0, self.denied > 0, self.errors > 0


Edges = dict[Pair, Traffic]


def graph(
    services: Services,
    scope: ReadScope,
    selection: Selection,
    *,
    grain: Grain = "workload",
    group: GroupBy = "namespace",
    lens: Lens = "verdict",
    compare: str = "",
    limit: int = 2000,
) -> Graph:
    """The graph of a window. Raises FilterError for a filter that flows cannot answer, UserError for a `compare` that is no window."""
    edges, beyond = edges_of(services, scope, selection, grain, lens)
    before: Edges | None = None
    compared = None
    if compare:
        other = _other_window(selection, compare, services.clock())
        before, _ = edges_of(services, scope, other, grain, lens)
        compared = Window(start=rfc3339(other.start), end=rfc3339(other.end))
    gone = {pair: before[pair] for pair in before.keys() - edges.keys()} if before is not None else {}
    kept, lost_nodes, lost_edges = _busiest(edges | gone, limit)
    clusters = {end.cluster for pair in kept for end in (pair.source, pair.target)}
    ids = _Ids(mixed=len(clusters) > 1)
    nodes = _nodes(services, scope, selection, kept, ids, group, lens)
    return Graph(
        nodes=nodes,
        edges=[_edge(pair, traffic, ids, _change(pair, edges, before)) for pair, traffic in kept.items()],
        groups=_groups(nodes),
        truncated=Truncated(nodes=lost_nodes, edges=lost_edges + beyond) if lost_nodes or lost_edges + beyond else None,
        window=Window(start=rfc3339(selection.start), end=rfc3339(selection.end)),
        compared=compared,
        notes=_notes(selection, lens),
    )


def _other_window(selection: Selection, text: str, now: int) -> Selection:
    start, slash, end = text.partition("/")
    try:
        if not slash:
            raise ValueError(f"`{text}` is no window")
        return msgspec.structs.replace(selection, start=moment(start, now), end=moment(end, now))
    except ValueError as error:
        raise UserError(str(error), where="compare", do="write FROM/TO") from None


def _notes(selection: Selection, lens: Lens) -> list[str]:
    table = DNS if lens == "dns" else FLOW
    return [f"{table.name} rows carry no {part}, so none can match" for part in not_carried(table, selection)]


# ------------------------------------------------------------------------------------------------ edges


def edges_of(
    services: Services, scope: ReadScope, selection: Selection, grain: Grain, lens: Lens = "verdict"
) -> tuple[Edges, int]:
    """The edges of a window, busiest first, and how many more there are than could be read."""
    window = {"since": selection.start, "until": selection.end, "limit": MOST_EDGES}
    edges: Edges = defaultdict(Traffic)
    if lens == "dns":
        rows = services.store.rows("graph_of_names", scope, where=selected(DNS, selection, time=""), **window)
        for row in rows:
            edges[_asked(row)].add(row | {"bytes": None, "deciding": (), "unknown": _unanswered(row)})
    else:
        query, where = _flow_query(selection, grain)
        rows = services.store.rows(query, scope, where=where, grain=grain, **window)
        for row in rows:
            row["deciding"] = [one if may_see_somewhere(scope, one) else HIDDEN for one in row["deciding"]]
        for row in rows:
            edges[_pair(row, grain)].add(row)
    return dict(edges), rows[0]["edges_in_all"] - len(rows) if rows else 0


def _flow_query(selection: Selection, grain: Grain) -> tuple[str, Predicate]:
    """The roll-up where it can answer; else the events themselves."""
    if grain != "pod" and not not_carried(EDGE_MINUTE, selection):
        try:
            return "graph", selected(EDGE_MINUTE, selection, time="")
        except FilterError:
            return "graph_of_flows", selected(FLOW, selection, time="")
    return "graph_of_flows", selected(FLOW, selection, time="")


def _pair(row: Mapping[str, Any], grain: Grain) -> Pair:
    port = row["dst_port"] or None
    return Pair(_end(row, "src_", grain), _end(row, "dst_", grain), row["network_transport"], port, row["simulated"])


def _end(row: Mapping[str, Any], end: str, grain: Grain) -> End:
    cluster, entity, namespace = row["cluster"], row[f"{end}entity"], row[f"{end}namespace"]
    peer, workload, pod = row[f"{end}peer"], row[f"{end}workload"], row.get(f"{end}pod", "")
    if grain == "cluster":
        inside = entity in ("pod", "node", "service")
        return End("cluster", cluster, "", cluster) if inside else End("address", cluster, "", entity or "unknown")
    if grain == "namespace":
        if namespace:
            return End("namespace", cluster, "", namespace)
        return End("node", cluster, "", peer or "unknown") if entity == "node" else _outside(cluster, entity, peer)
    if pod:
        return End("pod", cluster, namespace, pod, row[f"{end}workload_kind"])
    if workload:
        return End("workload", cluster, namespace, workload, row[f"{end}workload_kind"])
    if entity == "service" and end == "dst_" and row["service"]:
        of, _, name = row["service"].rpartition("/")
        return End("service", cluster, of, name)
    if entity == "node":
        return End("node", cluster, "", peer or "unknown")
    if namespace:  # something of this namespace, and nobody said what
        return End("namespace", cluster, "", namespace)
    return _outside(cluster, entity, peer)


def _outside(cluster: str, entity: str, peer: str) -> End:
    return End("address", cluster, "", peer or entity or "unknown")


def _asked(row: Mapping[str, Any]) -> Pair:
    asker = (
        End("workload", row["cluster"], row["namespace"], row["workload"], row["workload_kind"])
        if row["workload"]
        else End("address", row["cluster"], "", "unknown")
    )
    return Pair(asker, End("domain", row["cluster"], "", row["question"]), "dns", None, row["simulated"])


def _unanswered(row: Mapping[str, Any]) -> int:
    return max(0, int(row["events"] - row["allowed"] - row["errors"] - row["denied"]))


def _busiest(edges: Edges, limit: int) -> tuple[Edges, int, int]:
    """The busiest edges that `limit` nodes have room for; how many nodes and edges that leaves out."""
    every = {end for pair in edges for end in (pair.source, pair.target)}
    if len(every) <= limit:
        return edges, 0, 0
    kept: Edges = {}
    room: set[End] = set()
    for pair, traffic in sorted(edges.items(), key=lambda one: -one[1].events):
        ends = {pair.source, pair.target}
        if len(room | ends) <= limit:
            room |= ends
            kept[pair] = traffic
    return kept, len(every) - len(room), len(edges) - len(kept)


def _change(pair: Pair, now: Edges, before: Edges | None) -> Change | None:
    if before is None:
        return None
    if pair not in before:
        return "new"
    if pair not in now:
        return "gone"
    one, other = now[pair], before[pair]
    ratio = one.events / other.events if other.events else float("inf")
    return "same" if one.verdicts == other.verdicts and 1 / CHANGED <= ratio <= CHANGED else "changed"


def _edge(pair: Pair, traffic: Traffic, ids: _Ids, change: Change | None) -> GraphEdge:
    source, target = ids.of(pair.source), ids.of(pair.target)
    simulated = " simulated" if pair.simulated else ""
    return GraphEdge(
        id=f"{source} {target} {pair.protocol}/{pair.port or ''}{simulated}",
        source=source,
        target=target,
        protocol=pair.protocol,
        port=pair.port,
        events=traffic.events,
        bytes=traffic.bytes,
        allowed=traffic.allowed,
        denied=traffic.denied,
        unknown=traffic.unknown,
        errors=traffic.errors,
        policies=sorted(traffic.policies),
        encrypted=None,  # nothing here says so yet
        simulated=pair.simulated,
        last_seen=rfc3339(traffic.last),
        change=change,
    )


# ------------------------------------------------------------------------------------------------ nodes


class _Ids:
    def __init__(self, *, mixed: bool) -> None:
        self._mixed = mixed

    def of(self, end: End) -> str:
        return self.mark(entity_id(end.kind, end.namespace, end.name), end.cluster)

    def mark(self, name: str, cluster: str) -> str:
        return f"{name}@{cluster}" if self._mixed else name

    def group(self, end: End, group: GroupBy) -> str | None:
        if not group:
            return None
        if end.kind in ("address", "domain"):
            return OUTSIDE
        if group == "cluster":
            return entity_id("cluster", "", end.cluster)
        if end.kind in ("cluster", "node", "namespace"):
            return None
        return self.mark(entity_id("namespace", "", end.namespace), end.cluster)


def _nodes(
    services: Services,
    scope: ReadScope,
    selection: Selection,
    edges: Edges,
    ids: _Ids,
    group: GroupBy,
    lens: Lens,
) -> list[GraphNode]:
    at_node: dict[End, list[tuple[bool, Pair, Traffic]]] = defaultdict(list)
    for pair, traffic in edges.items():
        at_node[pair.source].append((False, pair, traffic))
        at_node[pair.target].append((True, pair, traffic))
    faults = _faults(services, scope, selection.end)
    labels = _labels(services, scope, at_node)
    names = services.clusters.ids()
    return [
        GraphNode(
            id=ids.of(end),
            kind=end.kind,
            name=names.get(end.name, end.name) if end.kind == "cluster" else end.name,
            namespace=end.namespace,
            cluster=end.cluster,
            workload_kind=end.workload_kind,
            parent=ids.group(end, group),
            labels=labels.get(end, {}),
            findings=faults.get(_object_of(end), _NONE),
            unknown=any(traffic.unknown for _, _, traffic in touching),
            health=_health(touching) if lens == "health" else None,
            exposure=_exposure(touching) if lens == "exposure" else None,
        )
        for end, touching in at_node.items()
    ]


_NONE = NodeFindings(critical=0, high=0)


def _object_of(end: End) -> tuple[str, str, str]:
    """(cluster, namespace, name) by which findings of a node are counted; a namespace counts those of everything in it."""
    return (end.cluster, end.name, "") if end.kind == "namespace" else (end.cluster, end.namespace, end.name)


def _faults(services: Services, scope: ReadScope, at: int) -> dict[tuple[str, str, str], NodeFindings]:
    """Open critical and high findings by (cluster, namespace, name), and by (cluster, namespace, "")."""
    if not scope.reads("finding_transition"):
        return {}
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    try:
        rows = services.store.rows("findings_of_objects", scope, moment=at)
    except PermissionError:
        return {}
    for row in rows:
        for key in {(row["cluster"], row["namespace"], row["object"]), (row["cluster"], row["namespace"], "")}:
            counts[key][row["severity"]] += row["findings"]
    return {key: NodeFindings(critical=found["critical"], high=found["high"]) for key, found in counts.items()}


def _labels(services: Services, scope: ReadScope, ends: Iterable[End]) -> dict[End, dict[str, str]]:
    """Labels of workloads and namespaces, where a snapshot is at hand and the reader may see them."""
    wanted: dict[str, list[End]] = defaultdict(list)
    for end in ends:
        if end.kind in ("workload", "namespace", "service") and scope.reads("objects"):
            wanted[end.cluster].append(end)
    found: dict[End, dict[str, str]] = {}
    for cluster_id, there in wanted.items():
        cluster = services.clusters.current(cluster_id)
        if cluster is None:
            continue
        by_name = {(one.object.namespace, one.object.name): one.object.labels for one in cluster.workloads}
        for end in there:
            if end.kind == "namespace":
                labels = cluster.namespace_labels(end.name) if sees(scope, cluster_id, end.name) else {}
            else:
                labels = by_name.get((end.namespace, end.name), {}) if sees(scope, cluster_id, end.namespace) else {}
            if labels:
                found[end] = dict(labels)
    return found


def _health(touching: list[tuple[bool, Pair, Traffic]]) -> NodeHealth:
    known = sum(traffic.events - traffic.unknown for _, _, traffic in touching)
    if not known:
        return "unknown"
    share = sum(traffic.denied + traffic.errors for _, _, traffic in touching) / known
    return "failing" if share >= FAILING else "degraded" if share >= DEGRADED else "ok"


def _exposure(touching: list[tuple[bool, Pair, Traffic]]) -> Exposure:
    callers = {pair.source.kind: pair.source.name for inward, pair, _ in touching if inward}
    if any(inward and pair.source.kind == "address" and pair.source.name != "unknown" for inward, pair, _ in touching):
        return "internet"
    if "address" in callers:
        return "unknown"
    return "cluster" if callers else "none"


def _groups(nodes: list[GraphNode]) -> list[GraphGroup]:
    sizes = Counter(node.parent for node in nodes if node.parent)
    return [
        GraphGroup(id=name, name=name.partition("@")[0].rpartition("/")[2], nodes=count)
        for name, count in sorted(sizes.items())
    ]
