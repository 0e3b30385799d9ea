"""The store that a verb works on: the embedded one of a directory, or a ClickHouse server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from seawall.app.home import home
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Coverage
from seawall.model.event.read_scope import ReadScope
from seawall.store.backup import HERE, Place, Restored, backup, restore
from seawall.store.client import Address, Store
from seawall.store.doctor import Observation, examine
from seawall.store.embedded import EmbeddedStore, running_host
from seawall.store.migrate import Migration, migrate, pending


class StoreInput(msgspec.Struct, frozen=True):
    """`url` of a ClickHouse server, or the `directory` of an embedded store ("" for the installation's own)."""

    url: str = ""
    directory: str = ""


@contextmanager
def opened(where: StoreInput) -> Iterator[Store]:
    """The store, closed afterwards. An embedded one that a server runs is used through it; else it is run for as long as the verb takes."""
    if where.url and where.directory:
        raise UserError("a URL and a directory were both given", do="name one store")
    if where.url:
        with closing(Store(Address.of(where.url))) as store:
            yield store
        return
    directory = Path(where.directory) if where.directory else home() / "store"
    running = running_host(directory)
    if running is not None:
        writer, reader = (
            Address.of(running.url, user=user, password=running.passwords[user]) for user in ("seawall", "reader")
        )
        with closing(Store(writer, reader=reader)) as store:
            yield store
        return
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with EmbeddedStore(directory) as embedded, closing(embedded.store()) as store:
        yield store


def bring_up_to_date(store: Store) -> tuple[Migration, ...]:
    """Applies the migrations that are missing; which ones."""
    missing = pending(store)
    migrate(store, at=time.time_ns())
    return missing


class SourceLedger(msgspec.Struct, frozen=True, rename="camel"):
    """What came in from one source and what became of it: records in = accepted + duplicate + dropped + malformed. Times are UTC ns."""

    cluster: str
    source: str
    kind: str
    simulated: bool
    batches: int
    records_in: int
    accepted: int
    duplicate: int
    dropped: dict[str, int]
    malformed: int
    malformed_why: dict[str, int]
    rows_out: int
    late: int
    future: int
    last_stored_at: int
    greatest_time: int | None


class NotRead(msgspec.Struct, frozen=True, rename="camel"):
    """What the newest scan of a cluster, taken `at` (UTC ns), could not read: a whole kind, or the one object that `namespace` and `name` name."""

    cluster: str
    at: int
    reason: str
    kind: str
    namespace: str
    name: str
    why: str


class Losses(msgspec.Struct, frozen=True, rename="camel"):
    """The ledger by source, and what the newest scans could not read."""

    sources: tuple[SourceLedger, ...]
    not_read: tuple[NotRead, ...]


def health(store: Store, *, since: int, until: int) -> Losses:
    """Of what arrived from `since` (included) to `until` (excluded), in UTC ns, and of each cluster's newest scan before `until`."""
    rows = store.rows("ledger_by_source", ReadScope.everything(), since=since, until=until)
    names = SourceLedger.__struct_fields__
    sources = tuple(SourceLedger(**{name: row[name] for name in names}) for row in rows)
    scans = store.rows("scans_newest", ReadScope.everything(), moment=until)
    return Losses(sources, tuple(one for scan in scans for one in _not_read(scan)))


def _not_read(scan: Mapping[str, Any]) -> Iterator[NotRead]:
    for gap in msgspec.json.decode(scan["coverage"], type=Coverage).gaps:
        yield NotRead(scan["cluster_name"], scan["started_at"], gap.reason, gap.kind, gap.namespace, gap.name, str(gap))


def doctor(store: Store) -> tuple[Observation, ...]:
    """Looks at everything."""
    return examine(store, at=time.time_ns())


def back_up(store: Store, name: str, place: str, base: str) -> None:
    backup(store, name, place=Place.of(place) if place else HERE, base=base)


def bring_back(store: Store, name: str, place: str) -> Restored:
    found = restore(store, name, place=Place.of(place) if place else HERE)
    bring_up_to_date(store)
    return found
