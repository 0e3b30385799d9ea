"""The whole of it: a control plane, real nodes, and names that resolve."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.e2e.cluster import build, cgroups, dns, images, network, packages
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.node import Node
from tests.e2e.cluster.processes import wait_for

READY_SECONDS = 90.0


@dataclass
class Cluster:
    control_plane: ControlPlane
    nodes: list[Node] = field(default_factory=list)

    @classmethod
    def start(cls, name: str | None = None, *, nodes: int = 2) -> Cluster:
        """Start a control plane with that many ready nodes and cluster DNS; see `ControlPlane.start`."""
        require_nodes()
        control_plane = ControlPlane.prepare(name)
        try:
            return cls._grow(control_plane, nodes, meanwhile=control_plane.bring_up)
        except BaseException:
            control_plane.end()
            raise

    @classmethod
    def extend(cls, control_plane: ControlPlane, nodes: int = 2) -> Cluster:
        """Add nodes and DNS to a running control plane that has none."""
        require_nodes()
        return cls._grow(control_plane, nodes, meanwhile=lambda: None)

    @classmethod
    def _grow(cls, control_plane: ControlPlane, nodes: int, meanwhile: Callable[[], None]) -> Cluster:
        """Make nodes ready side by side with `meanwhile`, then let them join."""

        def prepared(index: int) -> Node:
            return Node.prepare(control_plane, index, images.archive("base", images.base_images(control_plane.version)))

        with ThreadPoolExecutor() as pool:
            preparing = [pool.submit(prepared, index) for index in range(1, nodes + 1)]
            meanwhile()
            made = cls(control_plane, [node.result() for node in preparing])
        for node in made.nodes:
            node.join()
        # No kube-proxy runs beside the API server: what it sends to a Service goes by way of a node that has one.
        control_plane.instance.namespaces.run("ip", "route", "add", network.SERVICES, "via", made.nodes[0].address)
        dns.install(control_plane)
        made._wait_until_ready()
        instance = control_plane.instance
        holders = {node.name: node.namespaces.holder.pid for node in made.nodes}
        instance.remember({**instance.recall(), "nodes": holders})
        return made

    def end(self) -> None:
        self.control_plane.end()

    def node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def _wait_until_ready(self) -> None:
        watched = [daemon for node in self.nodes for daemon in node.daemons.values()]
        wait_for("nodes", lambda: all(self._ready(node) for node in self.nodes), READY_SECONDS, watched)
        wait_for("cluster DNS", lambda: dns.available(self.control_plane), READY_SECONDS, watched)

    def _ready(self, node: Node) -> bool:
        if not self.control_plane.answers(f"/api/v1/nodes/{node.name}"):
            return False  # the kubelet has not registered it yet
        conditions = self.control_plane.get("node", node.name)["status"]["conditions"]
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def require_nodes() -> None:
    """Raises `Missing` when this machine has not what a node needs."""
    cgroups.require_version_1()
    packages.require()
    for name in ("kubelet", "kube-proxy", "coredns"):
        build.program(name)
