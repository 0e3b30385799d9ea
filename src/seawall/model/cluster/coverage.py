"""What a source could hold, what it could not read, and how reading what is missing says so."""

from __future__ import annotations

from typing import Literal

import msgspec


class Scope(msgspec.Struct, frozen=True):
    """What a source can hold at all.

    A folder of manifests is the declared world: it never holds nodes' facts, running pods' status or flags, so what needs them is out of
    scope there. `description` finishes the sentence "what was looked at was …".
    """

    name: Literal["files", "live", "snapshot", "recording"]
    description: str
    runtime: bool
    """Whether the source knows what runs (nodes, pod status, endpoint slices) and not only what is declared."""
    namespaces: tuple[str, ...] = ()
    """The namespaces that were asked for; empty for all of them."""


FILES = Scope("files", "manifests", runtime=False)
LIVE = Scope("live", "a live cluster", runtime=True)

RUNTIME_KINDS = frozenset({"Node", "EndpointSlice", "CertificateSigningRequest", "VolumeAttachment", "ResourceSlice"})
"""Kinds that are made by a cluster and hardly ever declared in files."""

GapReason = Literal[
    "forbidden", "unreachable", "unreadable", "undecodable", "refused", "truncated", "unsupported", "unknown-kind"
]


class Gap(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something in scope that could not be read. `kind` is its API kind ("" where even that is unknown), `where` a place to look at.

    `group` is the kind's API group where another group has a kind of that name (NetworkPolicy of Kubernetes and of Calico), so that losing one is not losing both.
    `name` and `namespace` are those of one object that is missing for it, as far as they could be read.
    """

    reason: GapReason
    what: str
    where: str = ""
    kind: str = ""
    count: int = 1
    name: str = ""
    namespace: str = ""
    group: str = ""

    def about(self, kind: str, group: str) -> bool:
        """Whether objects of a kind may be missing for it."""
        return self.kind == kind and self.group in ("", group)

    def __str__(self) -> str:
        times = f" (x{self.count})" if self.count > 1 else ""
        return f"{self.where}: {self.what}{times}" if self.where else f"{self.what}{times}"


class Coverage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was read and what was not. `objects` counts by kind, `unknown_kinds` counts documents of kinds Seawall does not know."""

    objects: dict[str, int] = {}
    gaps: tuple[Gap, ...] = ()
    unknown_kinds: dict[str, int] = {}
    sources: tuple[str, ...] = ()

    def gaps_of(self, kind: str, group: str) -> tuple[Gap, ...]:
        """The gaps that touch objects of a kind."""
        return tuple(gap for gap in self.gaps if gap.about(kind, group))


class NotCollected(Exception):
    """Objects of `kind` were asked for and could not be read, so the answer cannot be told; the engine turns this into UNKNOWN."""

    def __init__(self, kind: str, why: str) -> None:
        self.kind, self.why = kind, why
        super().__init__(f"{kind} was not collected: {why}")


class OutOfScope(NotCollected):
    """The source never holds such objects, so the question does not arise."""
