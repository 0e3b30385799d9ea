"""What the oracle answers. An answer with ``error`` set is a refusal by upstream, in upstream's words."""

from __future__ import annotations

import json as json_module
from decimal import Decimal
from typing import Any, Literal

import msgspec

Level = Literal["baseline", "restricted"]


class Yaml(msgspec.Struct, frozen=True):
    """One document converted to JSON.

    ``unstable``: upstream itself answers now this, now that, because two keys become the same string (``1`` and ``"1"``).
    """

    json: str | None = None
    error: str | None = None
    unstable: bool = False

    @property
    def value(self) -> Any:
        """The document as Python values; ValueError if upstream refused it."""
        if self.json is None:
            raise ValueError(self.error)
        return json_module.loads(self.json)


class Documents(msgspec.Struct, frozen=True):
    """A stream split into documents. ``error`` ends the stream: what follows was not read."""

    documents: tuple[Yaml, ...] = ()
    error: str | None = None


class Selection(msgspec.Struct, frozen=True):
    """A selector read: its canonical text, and one verdict per label set asked about."""

    canonical: str = ""
    matches: tuple[bool, ...] = ()
    error: str | None = None


class Quantity(msgspec.Struct, frozen=True):
    """A quantity read. ``value`` and ``milli`` are rounded up and capped at 64 bits; ``compared`` is -1, 0 or 1."""

    canonical: str = ""
    format: Literal["", "DecimalSI", "BinarySI", "DecimalExponent"] = ""
    exact: str = "0"
    value: int = 0
    milli: int = 0
    compared: int | None = None
    error: str | None = None

    @property
    def decimal(self) -> Decimal:
        """The exact value."""
        return Decimal(self.exact)


class FieldError(msgspec.Struct, frozen=True):
    """A field that validation refuses. ``type`` is upstream's: ``FieldValueRequired``, ``FieldValueInvalid``, …"""

    field: str
    type: str


class Validation(msgspec.Struct, frozen=True):
    """A pod validated as for a create. ``error``: it could not even be decoded."""

    refusals: tuple[FieldError, ...] = ()
    error: str | None = None


class PssFailure(msgspec.Struct, frozen=True):
    """A check that refuses a pod. ``since`` is the policy version from which this form of the check judges.

    ``fields`` are the paths at fault, sorted (``spec.containers[0].ports[1].hostPort``); how they are found: README.
    """

    check: str
    since: str
    reason: str
    detail: str
    fields: tuple[str, ...]


class Pss(msgspec.Struct, frozen=True):
    """A pod judged. ``verdicts[level][version]`` lists indices into ``failures``, in upstream's order; none: allowed.

    ``error``: the pod cannot be decoded, ``field`` being the path at fault without indices. ``warnings``: unknown and
    repeated members, which the API server drops.
    """

    failures: tuple[PssFailure, ...] = ()
    verdicts: dict[Level, dict[str, tuple[int, ...]]] = {}
    warnings: tuple[str, ...] = ()
    error: str | None = None
    field: str | None = None

    def at(self, level: Level, version: str) -> tuple[PssFailure, ...]:
        """The failures at a level and version (``v1.24``, ``latest``); KeyError if that was not asked."""
        return tuple(self.failures[index] for index in self.verdicts[level][version])

    def allowed(self, level: Level, version: str) -> bool:
        return not self.verdicts[level][version]


class LevelVersion(msgspec.Struct, frozen=True):
    level: Literal["privileged", "baseline", "restricted"]
    version: str


class LabelPolicy(msgspec.Struct, frozen=True):
    """The policy that a namespace's labels ask for, where the cluster's own default is privileged."""

    enforce: LevelVersion
    audit: LevelVersion
    warn: LevelVersion
    errors: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """What an authorizer says of one request."""

    decision: Literal["allow", "deny", "noOpinion"]
    reason: str = ""
    error: str | None = None

    @property
    def allowed(self) -> bool:
        return self.decision == "allow"


class Decisions(msgspec.Struct, frozen=True):
    """One decision per request, in order. ``error``: the objects or the policy file cannot be read."""

    decisions: tuple[Decision, ...] = ()
    error: str | None = None
