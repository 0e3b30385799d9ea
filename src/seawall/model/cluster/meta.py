"""What every Kubernetes object has: its metadata, a reference to it, and where it was read."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import msgspec

from seawall.model.cluster.redaction import AnnotationText

Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that Go can hold; the API server refuses a larger one."""


class Struct(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """A part of a Kubernetes object, with only the fields that Seawall uses. Absent and null are the same, as in the API."""


class OwnerReference(Struct, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class ObjectMeta(Struct, frozen=True):
    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, AnnotationText] = {}
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The one owner that manages the object, if any."""
        return next((owner for owner in self.owner_references if owner.controller), None)


class ObjectRef(NamedTuple):
    """Names one object. `group` is the API group ("" for core); `namespace` is "" for what belongs to the cluster."""

    kind: str
    namespace: str
    name: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} ({self.kind})" if self.namespace else f"{self.name} ({self.kind})"


class Origin(NamedTuple):
    """Where an object was read. `line` is the first line of its document, from 1 (0: not from a text); `document` counts documents from 0."""

    source: str
    line: int = 0
    document: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


NOWHERE = Origin("")


class Object(Struct, frozen=True):
    """A Kubernetes object. `origin` is set by the source that read it, `unknown` names the fields of its pod template that Seawall does not know; neither is a field of the API, hence the odd names."""

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    origin: Origin = msgspec.field(default=NOWHERE, name="(origin)")
    unknown: tuple[str, ...] = msgspec.field(default=(), name="(unknown)")

    @property
    def group(self) -> str:
        group, slash, _ = self.api_version.rpartition("/")
        return group if slash else ""

    @property
    def namespace(self) -> str:
        return self.metadata.namespace

    @property
    def name(self) -> str:
        return self.metadata.name or self.metadata.generate_name

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.labels

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.kind, self.metadata.namespace, self.name, self.group)


def place(thing: Object, origin: Origin) -> None:
    """Tell `thing`, fresh from the decoder and not yet shared, where it was read."""
    msgspec.structs.force_setattr(thing, "origin", origin)


def name_unknown(thing: Object, fields: tuple[str, ...]) -> None:
    """Tell `thing`, fresh from the decoder and not yet shared, which of its fields are not known."""
    msgspec.structs.force_setattr(thing, "unknown", fields)
