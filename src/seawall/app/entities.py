"""One thing whole: what it is, who it talks to, what is wrong with it, what decides for it, how it changed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, ObjectName
from seawall.app.findings import FindingView

EntityKind = Literal[
    "workload", "pod", "namespace", "node", "service", "identity", "address", "policy", "secret", "object"
]


class Connection(Answer, frozen=True):
    """The other end: `entity` is its id (`kind/namespace/name`). `bytes` is null where the source counts none."""

    entity: str
    protocol: str
    port: int | None
    events: int
    bytes: int | None
    allowed: int
    denied: int
    unknown: int
    simulated: bool
    last_seen: str


class Connections(Answer, frozen=True):
    inbound: list[Connection] = msgspec.field(name="in")
    outbound: list[Connection] = msgspec.field(name="out")


class PolicyOfEntity(Answer, frozen=True):
    """A policy that selects the entity; `direction` is `ingress`, `egress` or `ingress and egress`."""

    kind: str
    namespace: str
    name: str
    direction: str
    summary: str


class ObjectChange(Answer, frozen=True):
    """A change of an object: `change` is added, changed or removed, `paths` the fields that differ, `actor` who did it if the audit log says."""

    at: str
    cluster: str
    object: ObjectName
    change: Literal["added", "changed", "removed"]
    what: str
    paths: list[str]
    actor: str


class AddressOwner(Answer, frozen=True):
    """Who had an address from when to when; `until` is null while it lasts."""

    kind: str
    namespace: str
    name: str
    workload: str
    since: str
    until: str | None


class Entity(Answer, frozen=True):
    """`about` holds what identifies and describes the entity, by name; `raw` is the redacted object, null where no snapshot holds it.

    `notes` say what could not be told, and why: without a snapshot of the cluster, say, no policy is known.
    """

    kind: EntityKind
    cluster: str
    namespace: str
    name: str
    about: dict[str, Any]
    owners: list[AddressOwner]
    connections: Connections
    findings: list[FindingView]
    policy: list[PolicyOfEntity]
    changes: list[ObjectChange]
    raw: dict[str, Any] | None
    simulated: bool
    notes: list[str]
