"""Who can talk: the pods, nodes and services of a cluster, and everything outside it.

Pods come from Pod objects; where a source declares workloads and no pods of them, each workload's template stands for one pod without an
address. Pods that have ended are left out: they keep their labels and lose their address. Namespaces carry the label
`kubernetes.io/metadata.name`, which the API server always sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from seawall.kit.prefixes import Address, address
from seawall.model.cluster.access_kinds import ServiceAccount
from seawall.model.cluster.cluster_kinds import Namespace, Node
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import EndpointSlice, Service, ServicePort
from seawall.model.cluster.pod import Pod, PodSpec
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload
from seawall.policy.model import PROTOCOLS, NamedPort

NAMESPACE_NAME = "kubernetes.io/metadata.name"


class NodeEnd:
    """A node, known from its object or from a pod that says it runs there."""

    __slots__ = ("addresses", "labels", "name", "object")

    def __init__(
        self, name: str, labels: Mapping[str, str], addresses: tuple[Address, ...], source: Node | None = None
    ) -> None:
        self.name, self.labels, self.addresses, self.object = name, labels, addresses, source

    def attribute(self, scope: str, key: str) -> str | None:
        if scope == "label":
            return self.labels.get(key)
        return self.name if (scope, key) == ("fact", "name") else None

    def __str__(self) -> str:
        return f"{self.name} (Node)"


class PodEnd:
    """A pod, or the one pod that stands for a workload's template (`template`). No address: not known yet."""

    __slots__ = (
        "account_labels",
        "addresses",
        "host_network",
        "labels",
        "name",
        "namespace",
        "namespace_labels",
        "node",
        "source",
        "spec",
        "template",
    )

    def __init__(
        self,
        source: Object,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        spec: PodSpec,
        namespace_labels: Mapping[str, str],
        account_labels: Mapping[str, str] | None = None,
        addresses: tuple[Address, ...] = (),
        node: NodeEnd | None = None,
        template: bool = False,
    ) -> None:
        self.source, self.namespace, self.name, self.labels, self.spec = source, namespace, name, labels, spec
        self.namespace_labels, self.account_labels = namespace_labels, account_labels
        self.addresses, self.node, self.template = addresses, node, template
        self.host_network = spec.host_network

    def attribute(self, scope: str, key: str) -> str | None:
        if scope == "label":
            return self.labels.get(key)
        if scope == "namespace":
            return self.namespace_labels.get(key)
        if scope == "account":
            return self.account_labels.get(key) if self.account_labels else None
        match key:
            case "namespace":
                return self.namespace
            case "name":
                return self.name
            case "account":
                return self.spec.account
            case "pod":
                return f"{self.namespace}/{self.name}"
            case "node":
                return self.node.name if self.node is not None else None
            case "orchestrator":
                return "k8s"
            case _:
                return None

    def ports(self) -> tuple[tuple[str, int, int], ...]:
        """The declared container ports as (name, protocol, number); an init container's do not count, a sidecar's do."""
        return declared_ports(self.spec)

    def resolve(self, wanted: NamedPort) -> tuple[tuple[int, int], ...]:
        """The (protocol, number) pairs that a named port means on this pod; none where it declares no such port."""
        return tuple(
            (protocol, number)
            for name, protocol, number in self.ports()
            if name == wanted.name and wanted.protocol in (0, protocol)
        )

    @property
    def ref(self) -> ObjectRef:
        return self.source.ref

    def __str__(self) -> str:
        kind = self.source.kind or "Pod"
        return f"{self.namespace}/{self.name} ({kind})"


class OutsideEnd(msgspec.Struct, frozen=True):
    """An address, or a domain name of which no address is known, that is no pod and no node."""

    address: Address | None
    domain: str = ""

    def __str__(self) -> str:
        return str(self.address) if self.address else self.domain


End = PodEnd | NodeEnd | OutsideEnd


def declared_ports(spec: PodSpec) -> tuple[tuple[str, int, int], ...]:
    found = [
        (port.name, PROTOCOLS.get(port.protocol or "TCP", 0), port.container_port)
        for container in spec.containers
        for port in container.ports
        if port.name
    ]
    for container in spec.init_containers:
        if container.restart_policy == "Always":
            found += [
                (port.name, PROTOCOLS.get(port.protocol or "TCP", 0), port.container_port)
                for port in container.ports
                if port.name
            ]
    return tuple(found)


class Backend(msgspec.Struct, frozen=True):
    """Where a service's port leads: an end and the port on it; `port` None where the name of the target port resolves to none."""

    end: End
    port: int | None


class World:
    """The ends of a cluster. Frozen once made."""

    def __init__(
        self,
        pods: Iterable[PodEnd],
        nodes: Mapping[str, NodeEnd],
        namespaces: Mapping[str, Mapping[str, str]],
        cluster: Cluster,
    ) -> None:
        self.pods: tuple[PodEnd, ...] = tuple(pods)
        self.nodes, self.namespaces, self.cluster = nodes, namespaces, cluster

    @classmethod
    def of(cls, cluster: Cluster) -> World:
        """The world that a snapshot describes."""
        build = _Builder(cluster)
        return cls(build.pods(), build.nodes, build.namespaces, cluster)

    def with_pod(self, added: PodEnd | None, removed: PodEnd | None = None) -> World:
        """The world after one pod came or went."""
        pods = [pod for pod in self.pods if pod is not removed]
        if added is not None:
            pods.append(added)
        return World(pods, self.nodes, self.namespaces, self.cluster)

    def with_workloads_at_rest(self) -> World:
        """The world with one more pod, its template, for each workload that has none now: a job between its runs, something scaled to nothing."""
        build = _Builder(self.cluster)
        running = {self.owner(pod) for pod in self.pods}
        resting = [
            build.template(workload)
            for workload in self.cluster.workloads
            if workload.kind != "Pod" and not workload.object.metadata.owner_references and workload.ref not in running
        ]
        return World([*self.pods, *resting], self.nodes, self.namespaces, self.cluster) if resting else self

    def pod(self, source: Pod) -> PodEnd:
        """The end that a pod object of this world's cluster would be; its node must be known."""
        build = _Builder(self.cluster)
        build.nodes = dict(self.nodes)
        build._node_at = {one: node for node in self.nodes.values() for one in node.addresses}
        return build._pod(source)

    # -------------------------------------------------------------------------------------------- finding ends

    @cached_property
    def by_name(self) -> dict[tuple[str, str], PodEnd]:
        return {(pod.namespace, pod.name): pod for pod in self.pods if not pod.template}

    @cached_property
    def by_address(self) -> dict[Address, PodEnd | NodeEnd]:
        """Who has an address: the node before a pod in its network, for the packet shows no more."""
        found: dict[Address, PodEnd | NodeEnd] = {}
        for pod in self.pods:
            if not pod.host_network:
                for one in pod.addresses:
                    found.setdefault(one, pod)
        for node in self.nodes.values():
            for one in node.addresses:
                found[one] = node
        return found

    @cached_property
    def by_workload(self) -> dict[ObjectRef, tuple[PodEnd, ...]]:
        """The pods of each workload, by the top of their chain of controllers."""
        found: dict[ObjectRef, list[PodEnd]] = defaultdict(list)
        for pod in self.pods:
            found[self.owner(pod)].append(pod)
        return {ref: tuple(pods) for ref, pods in found.items()}

    def owner(self, pod: PodEnd) -> ObjectRef:
        return pod.source.ref if pod.template else self.cluster.owner_of(pod.source)

    @cached_property
    def by_namespace(self) -> dict[str, tuple[PodEnd, ...]]:
        found: dict[str, list[PodEnd]] = defaultdict(list)
        for pod in self.pods:
            found[pod.namespace].append(pod)
        return {name: tuple(pods) for name, pods in found.items()}

    @cached_property
    def services(self) -> dict[tuple[str, str], Service]:
        return {
            (service.metadata.namespace or "default", service.name): service for service in self.cluster.known(Service)
        }

    @cached_property
    def by_service_address(self) -> dict[Address, Service]:
        found: dict[Address, Service] = {}
        for service in self.services.values():
            for text in service.spec.cluster_ips or (service.spec.cluster_ip,):
                if text and text != "None":
                    try:
                        found[address(text)] = service
                    except ValueError:
                        continue
        return found

    def workload(self, namespace: str, name: str, kind: str = "") -> tuple[PodEnd, ...]:
        """The pods of the workload of that name; of any kind where `kind` is ""."""
        return tuple(
            pod
            for ref, pods in self.by_workload.items()
            if ref.namespace in (namespace, "" if namespace == "default" else namespace)
            and ref.name == name
            and kind in ("", ref.kind)
            for pod in pods
        )

    @cached_property
    def families(self) -> frozenset[int]:
        """The IP families that the world shows: of pods, nodes and services; empty where it shows no address at all."""
        found = {one.family for pod in self.pods for one in pod.addresses}
        found |= {one.family for node in self.nodes.values() for one in node.addresses}
        found |= {one.family for one in self.by_service_address}
        return frozenset(found)

    # -------------------------------------------------------------------------------------------- services

    def service_pods(self, service: Service) -> tuple[PodEnd, ...]:
        """The pods that a service's selector picks; those its endpoint slices name where it has no selector."""
        namespace = service.metadata.namespace or "default"
        selector = service.spec.selector
        if selector:
            return tuple(
                pod
                for pod in self.by_namespace.get(namespace, ())
                if all(pod.labels.get(key) == value for key, value in selector.items())
            )
        return tuple(end for end in self.slice_ends(service) if isinstance(end, PodEnd))

    def slice_ends(self, service: Service) -> Iterator[End]:
        """The ends that the endpoint slices of a service name."""
        for piece in self.cluster.known(EndpointSlice):
            if (
                piece.metadata.namespace == service.metadata.namespace
                and piece.labels.get("kubernetes.io/service-name") == service.name
            ):
                for endpoint in piece.endpoints:
                    for text in endpoint.addresses:
                        yield self.end_at(text)

    def end_at(self, text: str) -> End:
        """Whose address `text` is. ValueError where it is no address."""
        one = address(text)
        return self.by_address.get(one) or OutsideEnd(one)

    def backends(self, service: Service, port: ServicePort) -> tuple[Backend, ...]:
        """Where the service's port leads after translation. A headless service translates nothing."""
        protocol = PROTOCOLS.get(port.protocol or "TCP", 0)
        target: int | str = port.port if port.target_port in (None, "", 0) else port.target_port
        found: list[Backend] = []
        if service.spec.selector:
            for pod in self.service_pods(service):
                if service.spec.cluster_ip == "None":
                    found.append(Backend(pod, port.port))
                elif isinstance(target, str) and not target.isdigit():
                    numbers = [number for _, number in pod.resolve(NamedPort(protocol, target))]
                    found.append(Backend(pod, numbers[0] if numbers else None))
                else:
                    found.append(Backend(pod, int(target)))
            return tuple(found)
        for piece in self.cluster.known(EndpointSlice):
            if (
                piece.metadata.namespace == service.metadata.namespace
                and piece.labels.get("kubernetes.io/service-name") == service.name
            ):
                numbers = [
                    entry.port
                    for entry in piece.ports
                    if (entry.name or "") == port.name and entry.port and (entry.protocol or "TCP") == port.protocol
                ]
                for endpoint in piece.endpoints:
                    found.extend(
                        Backend(self.end_at(text), numbers[0] if numbers else None) for text in endpoint.addresses
                    )
        return tuple(found)


class _Builder:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.namespaces: dict[str, Mapping[str, str]] = {
            namespace.name: {**namespace.labels, NAMESPACE_NAME: namespace.name}
            for namespace in cluster.known(Namespace)
        }
        self.accounts = {
            (account.metadata.namespace or "default", account.name): account.labels
            for account in cluster.known(ServiceAccount)
        }
        self.nodes: dict[str, NodeEnd] = {}
        for node in cluster.known(Node):
            found = tuple(
                one
                for entry in node.status.addresses
                if entry.type in ("InternalIP", "ExternalIP") and (one := _address(entry.address)) is not None
            )
            self.nodes[node.name] = NodeEnd(node.name, node.labels, found, node)
        self._node_at = {one: node for node in self.nodes.values() for one in node.addresses}
        self._homes: dict[tuple[str, str], NodeEnd | None] = {}

    def labels_of(self, namespace: str) -> Mapping[str, str]:
        found = self.namespaces.get(namespace)
        if found is None:
            found = self.namespaces[namespace] = {NAMESPACE_NAME: namespace}
        return found

    def pods(self) -> list[PodEnd]:
        found = [self._pod(pod) for pod in self.cluster.known(Pod) if not pod.finished]
        if not self.cluster.scope.runtime:
            running = {self.cluster.owner_of(pod) for pod in self.cluster.known(Pod) if pod.metadata.owner_references}
            found += [
                self.template(workload) for workload in self.cluster.template_workloads if workload.ref not in running
            ]
        return found

    def template(self, workload: Workload) -> PodEnd:
        """The one pod that stands for a workload's template."""
        namespace = workload.namespace or "default"
        return PodEnd(
            workload.object,
            namespace,
            workload.name,
            workload.labels,
            workload.pod,
            self.labels_of(namespace),
            self.accounts.get((namespace, workload.account)),
            template=True,
        )

    def _pod(self, pod: Pod) -> PodEnd:
        metadata, spec, status = pod.metadata, pod.spec, pod.status
        namespace = metadata.namespace or "default"
        home = (spec.node_name, status.host_ip)
        if home not in self._homes:
            self._homes[home] = self._node(*home)
        texts = [entry.ip for entry in status.pod_ips] or [status.pod_ip]
        return PodEnd(
            pod,
            namespace,
            metadata.name or metadata.generate_name,
            metadata.labels,
            spec,
            self.namespaces.get(namespace) or self.labels_of(namespace),
            self.accounts.get((namespace, spec.account)) if self.accounts else None,
            tuple([one for text in texts if text and (one := _address(text)) is not None]),
            self._homes[home],
        )

    def _node(self, name: str, host: str) -> NodeEnd | None:
        """The node that a pod runs on; one that no object describes is known by what its pods say of it."""
        if name:
            node = self.nodes.get(name)
        elif host:
            one = _address(host)
            node = self._node_at.get(one) if one is not None else None
        else:
            return None
        if node is None:
            one = _address(host) if host else None
            node = NodeEnd(name or host, {}, (one,) if one is not None else ())
            self.nodes[node.name] = node
            if one is not None:
                self._node_at[one] = node
        elif not node.addresses and host and (one := _address(host)) is not None:
            node.addresses = (one,)
            self._node_at[one] = node
        return node


def _address(text: str) -> Address | None:
    try:
        return address(text)
    except ValueError:
        return None
