"""What is asked of one cluster's snapshot: which cluster is meant, who may look into it, and what was worked out once for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

import msgspec

from seawall.app.missing import Missing, NotAvailable
from seawall.app.principals import OBJECTS, sees, sees_cluster, touches_cluster
from seawall.app.services import Services
from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope

T = TypeVar("T")


class View(msgspec.Struct, frozen=True):
    """One cluster as one reader sees it."""

    id: str
    cluster: Cluster
    scope: ReadScope

    @property
    def whole(self) -> bool:
        """Whether everything of the cluster may be seen."""
        return sees_cluster(self.scope, self.id)

    def sees(self, namespace: str) -> bool:
        """Whether what lives in the namespace may be seen; "" for what has none."""
        return sees(self.scope, self.id, namespace)

    @property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that a reader of some only may see."""
        return frozenset(name for cluster, name in self.scope.namespaces if cluster == self.id)


def view_of(services: Services, scope: ReadScope, asked: Sequence[str]) -> View:
    """The one cluster that `asked` names by id or name; where it names none, the only one that the reader sees.

    Raises PermissionError for who reads no objects, UserError where several are meant, Missing for one that is not there (for this reader),
    NotAvailable where no snapshot is at hand.
    """
    if not scope.reads(OBJECTS):
        raise PermissionError("your scope does not cover objects")
    seen = {one: name for one, name in services.clusters.ids().items() if touches_cluster(scope, one)}
    if asked:
        seen = {one: name for one, name in seen.items() if one in asked or name in asked}
        if not seen:
            raise Missing("there is no such cluster, or you may not see it")
    with_snapshot = [(one, cluster) for one in seen if (cluster := services.clusters.current(one)) is not None]
    if not with_snapshot:
        raise NotAvailable(
            "no snapshot of a cluster is at hand: start the server with manifests, a snapshot or a live cluster"
        )
    if len(with_snapshot) > 1:
        names = ", ".join(sorted(seen[one] for one, _ in with_snapshot))
        raise UserError(
            f"this is asked of one cluster, and there are {len(with_snapshot)}",
            where="cluster",
            do=f"choose one of {names}",
        )
    ((found, cluster),) = with_snapshot
    return View(found, cluster, scope)


class Kept(Generic[T]):
    """What was worked out for the newest snapshots. A snapshot that was replaced is forgotten when its successor is asked about.

    `build` runs once for each (snapshot, key), however many threads ask.
    """

    def __init__(self, build: Callable[..., T], most: int = 8) -> None:
        self._build, self._most = build, most
        self._found: OrderedDict[tuple[Hashable, ...], tuple[Cluster, T]] = OrderedDict()
        self._locks: dict[tuple[Hashable, ...], Lock] = {}
        self._lock = Lock()

    def of(self, view: View, *key: Hashable) -> T:
        """`build(cluster, *key)`, from memory where it was built for this very snapshot."""
        name = (view.id, *key)
        with self._lock:
            mine = self._locks.setdefault(name, Lock())
        with mine:
            with self._lock:
                kept = self._found.get(name)
                if kept is not None and kept[0] is view.cluster:
                    self._found.move_to_end(name)
                    return kept[1]
            made = self._build(view.cluster, *key)
            with self._lock:
                self._found[name] = view.cluster, made
                self._found.move_to_end(name)
                while len(self._found) > self._most:
                    old, _ = self._found.popitem(last=False)
                    self._locks.pop(old, None)
            return made
