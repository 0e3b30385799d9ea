"""Backup and restore with ClickHouse's own BACKUP: the ledgers first, then the rest.

Tables are not frozen at one moment together. The ledgers go first, so whatever they promise is in the second part; rows that came
after are cut off again by `restore`, and their senders, who were answered, keep no copy: a backup holds what was acknowledged
when it began.
"""

# ruff: noqa: S608 (names come from declarations, values are bound)
from __future__ import annotations

import datetime
import re

import msgspec

from seawall.kit.errors import UserError
from seawall.model.event import KINDS, ROLLUPS, TABLES
from seawall.store.client import Store
from seawall.store.errors import StoreRefused
from seawall.store.rebuild import rebuild_day
from seawall.store.schema import DATABASE, quoted

LEDGERS = (*(name for name, table in TABLES.items() if table.ledger), "schema_version")
BACKUP_ALREADY_EXISTS, BACKUP_NOT_FOUND = 598, 599
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Place(msgspec.Struct, frozen=True):
    """Where backups lie: `disk:NAME` (a disk of the server; the embedded store has `backups`), `file:PATH` (a path the
    server allows), `s3:COLLECTION` (a named collection of the server, which holds address and keys)."""

    kind: str
    at: str

    @classmethod
    def of(cls, text: str) -> Place:
        kind, _, at = text.partition(":")
        if kind not in ("disk", "file", "s3") or not at or (kind != "file" and not _COLLECTION.fullmatch(at)):
            raise UserError("not a place for backups", where=text, do="write disk:NAME, file:/PATH or s3:COLLECTION")
        return cls(kind, at)

    def archive(self, name: str, part: str) -> str:
        """ClickHouse's expression for one part of the backup `name`."""
        if not _NAME.fullmatch(name):
            raise UserError("not a name for a backup", where=name, do="use letters, digits, dots and dashes")
        if self.kind == "disk":
            return f"Disk({quoted(self.at)}, {quoted(f'{name}/{part}')})"
        if self.kind == "file":
            return f"File({quoted(f'{self.at}/{name}/{part}')})"
        return f"S3({self.at}, {quoted(f'{name}/{part}')})"


HERE = Place("disk", "backups")


class Restored(msgspec.Struct, frozen=True):
    """What a restore did: rows cut off because no ledger row promised them, and the days whose roll-ups were made again."""

    unsettled_rows: dict[str, int]
    rebuilt_days: tuple[str, ...]


def backup(store: Store, name: str, *, place: Place = HERE, base: str = "") -> None:
    """Write the backup `name`; with `base`, only what changed since that one, which must be kept then. Raises UserError, StoreRefused."""
    tables = ", ".join(f"TABLE {DATABASE}.{table}" for table in LEDGERS)
    rest = f"DATABASE {DATABASE} EXCEPT TABLES {', '.join(f'{DATABASE}.{table}' for table in LEDGERS)}"
    for part, what in (("ledgers", tables), ("rest", rest)):
        since = f" SETTINGS base_backup = {place.archive(base, part)}" if base else ""
        _run(store, f"BACKUP {what} TO {place.archive(name, part)}{since}", name)


def restore(store: Store, name: str, *, place: Place = HERE) -> Restored:
    """Bring the backup `name` into a store that holds none of Seawall's tables. Run `migrate` afterwards.

    Raises UserError if there are tables already.
    """
    if store.select("SELECT name FROM system.tables WHERE database = {d:String} LIMIT 1", d=DATABASE):
        raise UserError("the store is not empty", where=str(store.address), do="restore into a new one")
    tables = ", ".join(f"TABLE {DATABASE}.{table}" for table in LEDGERS)
    _run(store, f"RESTORE DATABASE {DATABASE} FROM {place.archive(name, 'rest')}", name)
    _run(store, f"RESTORE {tables} FROM {place.archive(name, 'ledgers')}", name)
    return cut_off_unsettled(store)


def _run(store: Store, statement: str, name: str) -> None:
    try:
        store.execute(statement)
    except StoreRefused as error:
        if error.code == BACKUP_ALREADY_EXISTS:
            raise UserError("a backup of this name exists", where=name, do="choose another name") from error
        if error.code == BACKUP_NOT_FOUND:
            raise UserError("there is no such backup", where=name) from error
        raise


def cut_off_unsettled(store: Store) -> Restored:
    """Delete events of batches that the ledger does not know, and make the roll-ups of their days again.

    Only for a store that nobody writes to: a batch under way is unsettled too.
    """
    cut: dict[str, int] = {}
    days: set[datetime.date] = set()
    for kind in KINDS:
        unsettled = f"batch_id NOT IN (SELECT batch_id FROM {DATABASE}.batch_ledger WHERE kind = {{kind:String}} AND outcome = 'stored')"
        found = store.select(
            f"SELECT toString(toDate(time)) AS day, count() AS rows FROM {DATABASE}.{kind} WHERE {unsettled} GROUP BY day",
            kind=kind,
        )
        if found:
            cut[kind] = sum(row["rows"] for row in found)
            days |= {datetime.date.fromisoformat(row["day"]) for row in found}
            store.execute(
                f"DELETE FROM {DATABASE}.{kind} WHERE {unsettled} SETTINGS lightweight_deletes_sync = 2", kind=kind
            )
    for day in sorted(days):
        for rollup in ROLLUPS:
            rebuild_day(store, rollup, day)
    return Restored(cut, tuple(day.isoformat() for day in sorted(days)))
