"""Who talks to whom: nodes, edges and groups of a window, and what changed against another."""

from __future__ import annotations

from typing import Literal

from seawall.app.answer import Answer, Window

Grain = Literal["cluster", "namespace", "workload", "pod"]
NodeHealth = Literal["ok", "degraded", "failing", "unknown"]
Exposure = Literal["internet", "cluster", "none", "unknown"]
Change = Literal["new", "gone", "changed", "same"]
GroupBy = Literal["namespace", "cluster", "node", ""]
Lens = Literal["verdict", "health", "dns", "exposure", "findings"]


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
