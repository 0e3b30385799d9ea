"""What matters: a finding, how bad it is, and how it is told apart from others."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any, Literal

import msgspec

from seawall.model.cluster.meta import ObjectRef


class Severity(StrEnum):
    """How bad it is, by what an attacker gains. `rank` orders: 0 (info) to 4 (critical)."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Status(StrEnum):
    """FAIL is a fault, UNKNOWN could not be told (and why), SKIPPED is a fault that somebody accepted (who, until when)."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Change(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The change to one field that mends a finding. `path` leads from the object's root; `value` is JSON (None with `unset`).

    `safe`: what works goes on working with it, as the rule's documentation argues (`Automatic`); any other may break the workload.
    """

    op: Literal["set", "unset", "append"]
    path: str
    value: Any = None
    safe: bool = False


class Suppression(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who accepted a finding, why and until when (ISO date, "" for no end); `where` is the annotation or file that says so."""

    reason: str
    owner: str
    until: str
    where: str


class Reference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An object as findings and reports name it."""

    kind: str
    name: str
    namespace: str = ""
    group: str = ""

    @classmethod
    def of(cls, ref: ObjectRef) -> Reference:
        return cls(ref.kind, ref.name, ref.namespace, ref.group)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} ({self.kind})" if self.namespace else f"{self.name} ({self.kind})"


class Finding(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """One fault in one place.

    `id` is the fingerprint: the same fault of the same workload keeps it across scans, pod names and reordered lists. `object` is where it
    was seen, `owner` who to talk to; `path` leads to the field, `file` and `line` to its text (line 0: not from a text). `count` says how
    many objects show it (forty pods of one template: one finding).
    """

    id: str
    rule: str
    severity: Severity
    status: Status
    message: str
    object: Reference
    owner: Reference
    path: str = ""
    file: str = ""
    line: int = 0
    change: Change | None = None
    count: int = 1
    why: str = ""
    """For UNKNOWN: what was missing."""
    suppression: Suppression | None = None

    @property
    def place(self) -> str:
        """`file:line`, as terminals link it."""
        return f"{self.file}:{self.line}" if self.line else self.file


def identity(cluster: str, owner: ObjectRef) -> str:
    """What `fingerprint` knows a workload of a cluster by."""
    return "\0".join((cluster, owner.group, owner.kind, owner.namespace, owner.name))


def fingerprint(rule: str, identity: str, where: str) -> str:
    """The identity of a finding: rule, owning workload and the path by *name*, never by a list index or a pod's hash."""
    text = f"{rule}\0{identity}\0{where}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
