"""What a check looks like.

    \"\"\"Privileged container.

    What: a container runs with `privileged: true`.
    Why: it owns the node.
    Severity: high, because one exploited process is the whole node.
    Fix: drop it; grant the one capability it needs.
    Limits: blind to what a runtime class adds.
    \"\"\"

    @check("workload/privileged-container", on=Workload, severity=HIGH, since="0.1", maps=(PSS.baseline("privileged"),))
    def privileged_container(workload: Workload, context: Context) -> Iterator[Hit]:
        for container in workload.containers():
            if container.security.privileged:
                yield Hit(container.at("securityContext.privileged"), fix=Unset())

The slug names the fault and reads well after "allow". A check that cannot tell yields `Unknown`, or simply lets `NotCollected` pass through.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar, cast

import msgspec

from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Change, Severity
from seawall.spi.documentation import Documentation, documentation_of
from seawall.spi.frameworks import Map

S = TypeVar("S")
T = TypeVar("T")

INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


class Set(msgspec.Struct, frozen=True, gc=False):
    """Mend by giving the field this value; `safe` as in Change."""

    value: Any
    safe: bool = False

    def at(self, path: str) -> Change:
        return Change("set", path, self.value, self.safe)


class Unset(msgspec.Struct, frozen=True, gc=False):
    """Mend by removing the field. It counts as unsafe: whoever wrote it wanted it."""

    def at(self, path: str) -> Change:
        return Change("unset", path)


class Append(msgspec.Struct, frozen=True, gc=False):
    """Mend by adding this value to the list."""

    value: Any

    def at(self, path: str) -> Change:
        return Change("append", path, self.value)


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A fault. `path` leads from the object's root to the field (a field that is missing is named where it belongs).

    `message` says what this one is, where the check's title does not; `fix` mends `path`, or `fix_path` where the cure stands elsewhere (a whole Change says its own path);
    `key` tells hits apart that share a path by name (the port's number, the role that is bound); `severity` where this one differs.
    """

    path: str = ""
    message: str = ""
    fix: Set | Unset | Append | Change | None = None
    fix_path: str = ""
    key: str = ""
    severity: Severity | None = None


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """Whether there is a fault could not be told, and why."""

    path: str
    why: str


class Context:
    """What a check may ask besides its subject: the whole Cluster, and indexes that are built once for it.

    `asked` tells the engine that somebody did: the answer then depends on more than the subject. `indexes` are shared by contexts of one Cluster.
    `at` is the day that the scan is about, `kubernetes` the version that the objects are meant for, where they were given.
    """

    def __init__(
        self,
        cluster: Cluster,
        indexes: dict[Hashable, Any] | None = None,
        *,
        at: date | None = None,
        kubernetes: str = "",
    ) -> None:
        self._cluster, self._at, self._kubernetes = cluster, at, kubernetes
        self._indexes = {} if indexes is None else indexes
        self.asked = False

    @property
    def cluster(self) -> Cluster:
        self.asked = True
        return self._cluster

    @property
    def at(self) -> date | None:
        """The day of the scan: the one that was given, else that on which the cluster was read; None where neither is known. Never the clock's."""
        self.asked = True
        taken = self._cluster.taken_at
        if self._at is not None or taken is None:
            return self._at
        return datetime.fromtimestamp(taken // 1_000_000_000, UTC).date()

    @property
    def kubernetes(self) -> str:
        """The version that the objects must work with: the one that was given, else the API server's; "" where neither is known."""
        self.asked = True
        return self._kubernetes or self._cluster.version

    def index(self, build: Callable[[Cluster], T]) -> T:
        """`build(cluster)`, built at the first call and kept; `build` is a module-level function or class."""
        self.asked = True
        if build not in self._indexes:
            self._indexes[build] = build(self._cluster)
        return cast(T, self._indexes[build])


Result = Iterator[Hit | Unknown] | Iterator[Hit]
Run = Callable[[Any, Context], "Iterator[Hit | Unknown] | Iterator[Hit]"]


class Check(Generic[S]):
    """A check's declaration. Calling it runs the function, so a check can be tried like one."""

    def __init__(
        self,
        id: str,  # noqa: A002  the field's own word
        on: tuple[type[Any], ...],
        severity: Severity,
        since: str,
        maps: tuple[Map, ...],
        preview: bool,
        run: Callable[[S, Context], Iterator[Hit | Unknown] | Iterator[Hit]],
    ) -> None:
        self.id, self.on, self.severity, self.since, self.maps, self.preview, self.run = (
            id,
            on,
            severity,
            since,
            maps,
            preview,
            run,
        )
        self.module = run.__module__

    def __call__(self, subject: S, context: Context) -> Iterator[Hit | Unknown] | Iterator[Hit]:
        return self.run(subject, context)

    @property
    def documentation(self) -> Documentation:
        return documentation_of(sys.modules[self.module].__doc__)

    @property
    def title(self) -> str:
        return self.documentation.title

    def __repr__(self) -> str:
        return f"<check {self.id}>"


def check(
    id: str,  # noqa: A002
    *,
    on: type[Any] | tuple[type[Any], ...],
    severity: Severity,
    since: str,
    maps: tuple[Map, ...] = (),
    preview: bool = False,
) -> Callable[[Callable[[S, Context], Iterator[Hit | Unknown] | Iterator[Hit]]], Check[S]]:
    """Declares a check: `id` is `family/slug`, `on` is what it is run for (Workload, Cluster, a kind's struct, or several of them), `since` the first version."""

    def declare(run: Callable[[S, Context], Iterator[Hit | Unknown] | Iterator[Hit]]) -> Check[S]:
        return Check(id, on if isinstance(on, tuple) else (on,), severity, since, maps, preview, run)

    return declare


def ref_of(subject: Any) -> ObjectRef:
    """The object that a finding on `subject` names: itself, or the cluster as a whole."""
    if isinstance(subject, Cluster):
        return ObjectRef("Cluster", "", subject.name)
    return cast(ObjectRef, subject.ref)
