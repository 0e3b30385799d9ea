"""One view on everything that holds a pod template, so that a check walks workloads and containers once for all kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from seawall.model.cluster.meta import Object, ObjectMeta, ObjectRef
from seawall.model.cluster.pod import Container, Pod, PodSpec, PodTemplate, SecurityContext
from seawall.model.cluster.workload_kinds import (
    CloneSet,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    PodTemplateObject,
    ReplicaSet,
    ReplicationController,
    Rollout,
    StatefulSet,
)

if TYPE_CHECKING:
    from seawall.model.cluster.pod import Volume


class Position(StrEnum):
    """Where a container stands in its pod. A sidecar is an init container that keeps running."""

    MAIN = "main"
    INIT = "init"
    SIDECAR = "sidecar"
    EPHEMERAL = "ephemeral"


class ContainerView:
    """A container, its position, and the way to say where in the object something is: `path` leads to it from the object's root, by index."""

    __slots__ = ("container", "index", "path", "position", "security", "workload")

    def __init__(self, workload: Workload, container: Container, position: Position, index: int) -> None:
        self.workload, self.container, self.position, self.index = workload, container, position, index
        self.security: SecurityContext = container.security
        self.path = f"{workload.pod_path}.{_LISTS[position]}[{index}]"

    @property
    def name(self) -> str:
        return self.container.name

    @property
    def runs_on(self) -> bool:
        """Whether it runs as long as the pod does: main containers and sidecars."""
        return self.position is Position.MAIN or self.position is Position.SIDECAR

    @property
    def user(self) -> int | None:
        """The user id that it runs as, by its own word or the pod's; None where the image decides."""
        own = self.security.run_as_user
        return self.workload.pod.security.run_as_user if own is None else own

    @property
    def refuses_root(self) -> bool:
        """Whether it is not started as root, by its own word or the pod's."""
        own = self.security.run_as_non_root
        return bool(self.workload.pod.security.run_as_non_root if own is None else own)

    def at(self, field: str = "") -> str:
        """Path of one of the container's fields from the object's root."""
        return f"{self.path}.{field}" if field else self.path

    def __repr__(self) -> str:
        return f"<{self.position} container {self.name} of {self.workload.ref}>"


_LISTS = {
    Position.MAIN: "containers",
    Position.INIT: "initContainers",
    Position.SIDECAR: "initContainers",
    Position.EPHEMERAL: "ephemeralContainers",
}


class Workload:
    """An object that holds a pod template, or a pod itself.

    `template` metadata and `pod` are the template's; `owner` is who to talk to about it: the object itself, or the top of the chain of
    controllers for a pod that one of them made. `pod_path` leads from the object's root to the pod spec.
    """

    def __init__(
        self, source: Object, metadata: ObjectMeta, pod: PodSpec, pod_path: str, owner: ObjectRef | None = None
    ) -> None:
        self.object, self.metadata, self.pod, self.pod_path = source, metadata, pod, pod_path
        self.ref = source.ref
        self.owner = owner or self.ref

    @property
    def kind(self) -> str:
        return self.object.kind

    @property
    def namespace(self) -> str:
        return self.object.metadata.namespace

    @property
    def name(self) -> str:
        return self.object.name

    @property
    def labels(self) -> dict[str, str]:
        """The labels that the pods carry."""
        return self.metadata.labels

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations that the pods carry."""
        return self.metadata.annotations  # type: ignore[return-value]  # dict is invariant; AnnotationText is str

    @property
    def account(self) -> str:
        return self.pod.account

    @cached_property
    def _containers(self) -> tuple[ContainerView, ...]:
        pod = self.pod
        found = [ContainerView(self, container, Position.MAIN, index) for index, container in enumerate(pod.containers)]
        for index, container in enumerate(pod.init_containers):
            position = Position.SIDECAR if container.restart_policy == "Always" else Position.INIT
            found.append(ContainerView(self, container, position, index))
        for index, container in enumerate(pod.ephemeral_containers):
            found.append(ContainerView(self, container, Position.EPHEMERAL, index))
        return tuple(found)

    def containers(self) -> tuple[ContainerView, ...]:
        """All containers: main, init, sidecar and ephemeral. Narrowing is the caller's explicit act."""
        return self._containers

    def running_containers(self) -> Iterator[ContainerView]:
        """Main containers and sidecars: those that run as long as the pod."""
        return (view for view in self._containers if view.runs_on)

    def volumes(self) -> Iterator[tuple[str, Volume]]:
        """Every volume with its path."""
        for index, volume in enumerate(self.pod.volumes):
            yield f"{self.pod_path}.volumes[{index}]", volume

    def at(self, field: str = "") -> str:
        """Path of one of the pod spec's fields from the object's root."""
        return f"{self.pod_path}.{field}" if field else self.pod_path

    @property
    def template_path(self) -> str:
        """Path of the template, where the pods' own metadata stands; "" for a pod."""
        return self.pod_path.removesuffix("spec").removesuffix(".")

    def at_metadata(self, field: str) -> str:
        """Path of one of the pod metadata's fields from the object's root."""
        return f"{self.template_path}.metadata.{field}" if self.template_path else f"metadata.{field}"

    def __repr__(self) -> str:
        return f"<workload {self.ref}>"


def _spec_template(
    thing: Deployment | ReplicaSet | StatefulSet | DaemonSet | ReplicationController | Job | Rollout | CloneSet,
) -> PodTemplate:
    return thing.spec.template


_TEMPLATES: dict[type[Object], tuple[Callable[..., PodTemplate], str]] = {
    Deployment: (_spec_template, "spec.template.spec"),
    ReplicaSet: (_spec_template, "spec.template.spec"),
    StatefulSet: (_spec_template, "spec.template.spec"),
    DaemonSet: (_spec_template, "spec.template.spec"),
    ReplicationController: (_spec_template, "spec.template.spec"),
    Job: (_spec_template, "spec.template.spec"),
    Rollout: (_spec_template, "spec.template.spec"),
    CloneSet: (_spec_template, "spec.template.spec"),
    CronJob: (lambda thing: thing.spec.job_template.spec.template, "spec.jobTemplate.spec.template.spec"),
    PodTemplateObject: (lambda thing: thing.template, "template.spec"),
}

POD_PATHS: dict[type[Object], str] = {Pod: "spec"} | {kind: path for kind, (_, path) in _TEMPLATES.items()}
"""Where the pod spec stands in the objects of every kind that holds one."""

TEMPLATE_TYPES: tuple[type[Object], ...] = tuple(_TEMPLATES)
"""The kinds that hold a pod template; `Pod` is none of them."""


def workload_of(thing: Object, owner: ObjectRef | None = None) -> Workload:
    """The view on `thing`, which must be a pod or one of TEMPLATE_TYPES."""
    if isinstance(thing, Pod):
        return Workload(thing, thing.metadata, thing.spec, POD_PATHS[Pod], owner)
    read, path = _TEMPLATES[type(thing)]
    template = read(thing)
    return Workload(thing, template.metadata, template.spec, path, owner)


def workloads_of(things: Iterable[Object]) -> Iterator[Workload]:
    """A view on each of `things` that holds a pod template or is a pod."""
    return (workload_of(thing) for thing in things if type(thing) in _TEMPLATES or isinstance(thing, Pod))
