"""Who owned an address when: intervals that grow out of deltas, and close when the owner loses the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from seawall.live.view import Delta
from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.pod import Pod


class Held(msgspec.Struct, frozen=True):
    """`address` ("" for a pod without one) was `thing`'s from `since` (included) to `until` (excluded; None: still), in UTC ns."""

    address: str
    thing: Object
    owner: ObjectRef
    since: int
    until: int | None = None


class Holdings:
    """The addresses of a watched cluster through time."""

    def __init__(self, keep: int) -> None:
        self._open: dict[tuple[ObjectRef, str], Held] = {}
        self._closed: list[Held] = []
        self._keep = keep
        """How long (ns) an interval is kept after it closed: as long as late events are joined."""

    def apply(self, deltas: Iterable[Delta], owner_of: Callable[[Object], ObjectRef]) -> list[Held]:
        """What `deltas` opened and closed."""
        changed: list[Held] = []
        newest = 0
        for delta in deltas:
            newest = max(newest, delta.at)
            before, after = addresses(delta.before), addresses(delta.after)
            for address in before - after:
                held = self._open.pop((delta.ref, address), None)
                if held is not None:
                    closed = msgspec.structs.replace(held, until=delta.at)
                    self._closed.append(closed)
                    changed.append(closed)
            for address in after:
                if (delta.ref, address) not in self._open:
                    assert delta.after is not None
                    held = Held(address, delta.after, owner_of(delta.after), _since(delta.after, delta.at))
                    self._open[delta.ref, address] = held
                    changed.append(held)
        self._closed = [held for held in self._closed if held.until is None or held.until >= newest - self._keep]
        return changed

    def __iter__(self) -> Iterator[Held]:
        yield from self._closed
        yield from self._open.values()


def addresses(thing: Object | None) -> set[str]:
    """The addresses that stand for `thing` alone; "" for a pod that has none of its own (not yet, or on its node's network)."""
    if isinstance(thing, Pod):
        return set() if thing.finished else set(() if thing.spec.host_network else thing.addresses) or {""}
    if isinstance(thing, Service):
        spec = thing.spec
        return {one for one in (spec.cluster_ips or (spec.cluster_ip,)) if one and one != "None"}
    if isinstance(thing, Node):
        return {entry.address for entry in thing.status.addresses if entry.type in ("InternalIP", "ExternalIP")}
    return set()


def _since(thing: Object, at: int) -> int:
    """A pod has its address from its start on; what was there when watching began is taken to have been there always."""
    from datetime import datetime

    started = thing.status.start_time if isinstance(thing, Pod) else thing.metadata.creation_timestamp
    if not started:
        return at
    return min(at, int(datetime.fromisoformat(started).timestamp()) * 1_000_000_000)
