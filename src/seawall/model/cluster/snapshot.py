"""The Cluster: a frozen snapshot of what is configured, that knows its scope and what could not be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from seawall.model.cluster.access_kinds import ClusterRole, Role, ServiceAccount
from seawall.model.cluster.cluster_kinds import Namespace, Node
from seawall.model.cluster.config_kinds import ConfigMap, Secret
from seawall.model.cluster.coverage import RUNTIME_KINDS, Coverage, NotCollected, OutOfScope, Scope
from seawall.model.cluster.identity import top_owner
from seawall.model.cluster.kinds import KINDS, Kind
from seawall.model.cluster.meta import Object, ObjectRef, Origin
from seawall.model.cluster.network_kinds import Ingress, Service
from seawall.model.cluster.pod import Pod
from seawall.model.cluster.workload import TEMPLATE_TYPES, Workload, workload_of

T = TypeVar("T", bound=Object)
RawReader = Callable[[Object], dict[str, Any] | None]
LinesOf = Callable[[Origin], Callable[[str], int]]

_KINDS_OF: dict[type[Object], tuple[Kind, ...]] = defaultdict(tuple)
for _row in KINDS:
    _KINDS_OF[_row.type] = (*_KINDS_OF[_row.type], _row)


class Cluster:
    """A snapshot. Frozen: make another with `replacing`.

    `id` is the UID of the kube-system namespace (a given name for files), `name` a label that may change, `taken_at` UTC nanoseconds (None where
    the source has no time). Asking for a kind that is in scope but could not be read raises NotCollected; one that the source never holds raises OutOfScope.
    """

    def __init__(
        self,
        objects: Iterable[Object],
        *,
        name: str,
        scope: Scope,
        coverage: Coverage,
        id: str = "",  # noqa: A002  the cluster's id, as everywhere
        taken_at: int | None = None,
        raw: RawReader | None = None,
        version: str = "",
        lines_of: LinesOf | None = None,
    ) -> None:
        by_type: dict[type[Object], list[Object]] = defaultdict(list)
        for thing in objects:
            by_type[type(thing)].append(thing)
        self._objects: Mapping[type[Object], tuple[Object, ...]] = {
            kind: tuple(things) for kind, things in by_type.items()
        }
        self.name, self.id, self.scope, self.coverage, self.taken_at = name, id or name, scope, coverage, taken_at
        self.version = version
        """The API server's version (`v1.36.3`), "" where it is not known."""
        self._raw, self._lines_of = raw, lines_of
        self._owners: dict[int, tuple[Object, ObjectRef]] = {}
        self._missing = tuple(gap for gap in coverage.gaps if gap.reason in ("forbidden", "unreachable") and gap.kind)

    # -------------------------------------------------------------------------------------------- reading

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """All objects of `kind`. NotCollected where they could not be listed, OutOfScope where the source never holds them."""
        for row in _KINDS_OF[kind]:
            for gap in self._missing:
                if gap.about(row.kind, row.group):
                    raise NotCollected(row.kind, gap.what)
        found = self._objects.get(kind, ())
        if not found and not self.scope.runtime and any(row.kind in RUNTIME_KINDS for row in _KINDS_OF[kind]):
            raise OutOfScope(_KINDS_OF[kind][0].kind, f"{self.scope.description} hold none")
        return found  # type: ignore[return-value]  # keyed by the type

    def known(self, kind: type[T]) -> tuple[T, ...]:
        """The objects of `kind` that could be read, whatever could not: for listing, never for concluding from absence."""
        return self._objects.get(kind, ())  # type: ignore[return-value]

    @property
    def pods(self) -> tuple[Pod, ...]:
        return self.of(Pod)

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.of(Node)

    @property
    def namespaces(self) -> tuple[Namespace, ...]:
        return self.of(Namespace)

    @property
    def services(self) -> tuple[Service, ...]:
        return self.of(Service)

    @property
    def ingresses(self) -> tuple[Ingress, ...]:
        return self.of(Ingress)

    @property
    def roles(self) -> tuple[Role, ...]:
        return self.of(Role)

    @property
    def cluster_roles(self) -> tuple[ClusterRole, ...]:
        return self.of(ClusterRole)

    @property
    def service_accounts(self) -> tuple[ServiceAccount, ...]:
        return self.of(ServiceAccount)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return self.of(Secret)

    @property
    def config_maps(self) -> tuple[ConfigMap, ...]:
        return self.of(ConfigMap)

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """What holds a pod template, and the pods that no such object made.

        Jobs of a CronJob and ReplicaSets of a Deployment are left to their owner. Pods that a controller made stand behind its template
        and come from `pod_workloads`.
        """
        alone = (pod for pod in self.known(Pod) if not pod.metadata.owner_references or self.owner_of(pod) == pod.ref)
        return (*self.template_workloads, *map(workload_of, alone))

    @cached_property
    def template_workloads(self) -> tuple[Workload, ...]:
        """Those of `workloads` that hold a pod template."""
        return tuple(
            workload_of(thing)
            for kind in TEMPLATE_TYPES
            for thing in self.known(kind)
            if thing.metadata.controller is None
        )

    @cached_property
    def pod_workloads(self) -> tuple[Workload, ...]:
        """Pods that a controller made, each with its top owner: they differ from the template by what admission added."""
        return tuple(workload_of(pod, owner) for pod in self.known(Pod) if (owner := self.owner_of(pod)) != pod.ref)

    # -------------------------------------------------------------------------------------------- finding one

    @cached_property
    def _by_ref(self) -> dict[ObjectRef, Object]:
        return {thing.ref: thing for things in self._objects.values() for thing in things}

    def get(self, ref: ObjectRef) -> Object | None:
        """The object that `ref` names, if it was read."""
        return self._by_ref.get(ref)

    def namespace(self, name: str) -> Namespace | None:
        return self._namespaces.get(name)

    @cached_property
    def _namespaces(self) -> dict[str, Namespace]:
        return {namespace.name: namespace for namespace in self.known(Namespace)}

    def namespace_labels(self, name: str) -> dict[str, str]:
        """Labels of a namespace with the one that the API server always sets; only that one where the namespace was not read."""
        namespace = self.namespace(name)
        return {**(namespace.labels if namespace else {}), "kubernetes.io/metadata.name": name}

    def owner_of(self, thing: Object) -> ObjectRef:
        """The workload that people know `thing` by: the top of its chain of controllers, or itself."""
        if not thing.metadata.owner_references:
            return thing.ref
        known = self._owners.get(id(thing))  # by identity: objects of one name differ between snapshots
        if known is None:
            known = self._owners[id(thing)] = (thing, top_owner(thing, self.get))
        return known[1]

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        return tuple(thing for things in self._objects.values() for thing in things)

    def raw(self, thing: Object) -> dict[str, Any] | None:
        """The object as the source gave it, redacted; None where the source does not keep it."""
        return self._raw(thing) if self._raw is not None else None

    def lines_of(self, origin: Origin) -> Callable[[str], int]:
        """Tells the line of a field, by its path, in the text that an object was read from; that of its nearest ancestor where it is not there; 0 for no text."""
        return self._lines_of(origin) if self._lines_of is not None else lambda path: origin.line

    def line_of(self, origin: Origin, path: str) -> int:
        """As `lines_of`, of one field."""
        return self.lines_of(origin)(path)

    def __repr__(self) -> str:
        return f"<Cluster {self.name}: {sum(map(len, self._objects.values()))} objects from {self.scope.description}>"
