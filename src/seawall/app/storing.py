"""The store that a verb works on: the embedded one of a directory, or a ClickHouse server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from seawall.app.home import home
from seawall.kit.errors import UserError
from seawall.store.backup import HERE, Place, Restored, backup, restore
from seawall.store.client import Address, Store
from seawall.store.doctor import Observation, examine
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import Migration, migrate, pending


class StoreInput(msgspec.Struct, frozen=True):
    """`url` of a ClickHouse server, or the `directory` of an embedded store ("" for the installation's own)."""

    url: str = ""
    directory: str = ""


@contextmanager
def opened(where: StoreInput) -> Iterator[Store]:
    """The store, closed afterwards. An embedded one is run for as long as the verb takes; UserError where another process runs it."""
    if where.url and where.directory:
        raise UserError("a URL and a directory were both given", do="name one store")
    if where.url:
        store = Store(Address.of(where.url))
        try:
            yield store
        finally:
            store.close()
        return
    directory = Path(where.directory) if where.directory else home() / "store"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with EmbeddedStore(directory) as embedded:
        store = embedded.store()
        try:
            yield store
        finally:
            store.close()


def bring_up_to_date(store: Store) -> tuple[Migration, ...]:
    """Applies the migrations that are missing; which ones."""
    missing = pending(store)
    migrate(store, at=time.time_ns())
    return missing


def doctor(store: Store) -> tuple[Observation, ...]:
    """Looks at everything."""
    return examine(store, at=time.time_ns())


def back_up(store: Store, name: str, place: str, base: str) -> None:
    backup(store, name, place=Place.of(place) if place else HERE, base=base)


def bring_back(store: Store, name: str, place: str) -> Restored:
    found = restore(store, name, place=Place.of(place) if place else HERE)
    bring_up_to_date(store)
    return found
