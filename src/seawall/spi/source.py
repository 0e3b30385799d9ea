"""What a source looks like: of state (objects become one Cluster) and of events (bytes become columnar batches of one kind).

A state source reads what a person names: `accepts` tells from the text alone whether it is for this source, `read` does the I/O. An event source
has a pure `decode`, where fixtures and property tests live, and a `run` that does the only I/O.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec

from seawall.model.cluster.snapshot import Cluster

C = TypeVar("C", bound=type)


@runtime_checkable
class StateSource(Protocol):
    """Reads one Cluster."""

    def accepts(self, target: str) -> bool:
        """Whether `target` (a path, `-`, a context) is for this source. Looks, but reads no more than it must."""
        ...

    def read(self, targets: tuple[str, ...], options: StateOptions) -> Cluster:
        """One Cluster from all `targets`; what could not be read is in its coverage."""
        ...


class StateOptions(msgspec.Struct, frozen=True):
    """How to read: the name of the cluster, the key for digests (None: no digests), namespaces (empty: all), and what a source adds."""

    name: str = "files"
    key: bytes | None = None
    namespaces: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Values files for charts."""
    progress: Callable[[str, int, int], None] | None = None
    """Called as (what, done, total) on long work; total 0 where it is not known."""


class Decoded(msgspec.Struct, frozen=True):
    """What a chunk of bytes became: rows by event kind, and what could not be decoded (reason -> count), records in = rows' records + malformed + skipped."""

    batches: dict[str, Any]
    records: int
    malformed: dict[str, int] = {}
    skipped: dict[str, int] = {}


class EventSource(Protocol):
    """Decodes one producer's records into rows of the event kinds that it emits."""

    def decode(self, chunk: bytes) -> Decoded:
        """Pure: whole records in, columnar rows out (kind -> pyarrow.RecordBatch). A record that cannot be read is counted, never raised."""
        ...


class RecordableSource(EventSource, Protocol):
    """A source whose records can be put into a recording."""

    def keep(self, record: bytes) -> bytes | None:
        """Pure: one record without anything secret, which decodes to the same rows; None for what is no record of the source."""
        ...


class SourceDeclaration(msgspec.Struct, frozen=True):
    """What the catalogue keeps of a source: its id, what it gives, and the class."""

    id: str
    kind: str
    emits: tuple[str, ...]
    type: Any


def state_source(id: str) -> Callable[[C], C]:  # noqa: A002
    """Declares a source of state."""

    def declare(cls: C) -> C:
        cls.declaration = SourceDeclaration(id, "state", (), cls)  # type: ignore[attr-defined]
        return cls

    return declare


def event_source(id: str, *, emits: tuple[str, ...]) -> Callable[[C], C]:  # noqa: A002
    """Declares a source of events; `emits` names the event kinds that it can give."""

    def declare(cls: C) -> C:
        cls.declaration = SourceDeclaration(id, "event", emits, cls)  # type: ignore[attr-defined]
        return cls

    return declare


Outlet = Callable[[bytes], Awaitable[None]]
Chunks = Iterable[bytes] | Iterator[bytes]
