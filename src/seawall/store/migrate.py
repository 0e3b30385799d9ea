"""Migrations: numbered files of frozen statements, applied in order and written down.

A file `NNNN_name.sql` holds statements with the marks of `schema.Target`, each ended by `;` at the end of a line. The first
is the schema as released first; a later change of a declaration comes with a file that expands the tables (a new column, a new
view), never with one that rewrites history. `migrate` is safe to repeat and to run twice at once: every statement says
IF NOT EXISTS or is otherwise harmless when done.
"""

from __future__ import annotations

import hashlib
import re
from importlib import resources

import msgspec

from seawall.kit.errors import UserError
from seawall.model.event import TABLES
from seawall.store.client import Store
from seawall.store.errors import StoreRefused
from seawall.store.layout import Retention
from seawall.store.predicate import Time
from seawall.store.schema import DATABASE, Target, expiry

UNKNOWN_TABLE, UNKNOWN_DATABASE = 60, 81
_FILE = re.compile(r"(\d{4})_(\w+)\.sql")


class Migration(msgspec.Struct, frozen=True):
    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self, target: Target) -> tuple[str, ...]:
        found = re.split(r";\s*(?:\n|$)", self.text)
        rendered = (target.render(statement.strip()) for statement in found if statement.strip())
        return tuple(statement for statement in rendered if statement is not None)


class Applied(msgspec.Struct, frozen=True):
    """A row of the table of versions."""

    number: int
    name: str
    checksum: str
    applied_at: int


def migrations() -> tuple[Migration, ...]:
    """All migrations, in order. Raises ValueError if numbers are missing or used twice."""
    folder = resources.files("seawall.store") / "migrations"
    found = sorted((file.name, file) for file in folder.iterdir() if _FILE.fullmatch(file.name))
    result = tuple(Migration(int(name[:4]), name[5:-4], file.read_text()) for name, file in found)
    if [migration.number for migration in result] != list(range(1, len(result) + 1)):
        raise ValueError("migrations are numbered 0001, 0002, … without gaps")
    return result


def applied(store: Store) -> tuple[Applied, ...]:
    """What has been applied, in order; empty for a new store."""
    try:
        rows = store.select(
            "SELECT number, any(name) AS name, any(checksum) AS checksum, min(applied_at) AS at FROM seawall.schema_version GROUP BY number ORDER BY number"
        )
    except StoreRefused as error:
        if error.code in (UNKNOWN_TABLE, UNKNOWN_DATABASE):
            return ()
        raise
    return tuple(Applied(row["number"], row["name"], row["checksum"], row["at"]) for row in rows)


def pending(store: Store) -> tuple[Migration, ...]:
    done = {row.number for row in applied(store)}
    return tuple(migration for migration in migrations() if migration.number not in done)


def migrate(
    store: Store, *, at: int, target: Target | None = None, retention: Retention | None = None
) -> tuple[Migration, ...]:
    """Bring the schema up to this version and set the times to live; what was applied. `at`: nanoseconds, for the record.

    Raises UserError if the store was migrated by a newer Seawall that this one cannot read.
    """
    where = target or Target()
    known = migrations()
    ahead = [row for row in applied(store) if row.number > len(known)]
    if len(ahead) > 1:
        raise UserError(
            f"the store is {len(ahead)} schema versions ahead of this Seawall",
            where=str(store.address),
            do="upgrade Seawall; one step back works, more do not",
        )
    for statement in _own_table(where):
        store.execute(statement)
    todo = pending(store)
    for migration in todo:
        for statement in migration.statements(where):
            store.execute(statement)
        store.execute(
            "INSERT INTO seawall.schema_version SELECT {number:UInt32}, {name:String}, {checksum:String}, {at:DateTime64(9)}",
            number=migration.number,
            name=migration.name,
            checksum=migration.checksum,
            at=Time(at),
        )
    _set_retention(store, where, retention or Retention())
    return todo


def _own_table(target: Target) -> tuple[str, ...]:
    database = f"CREATE DATABASE IF NOT EXISTS {DATABASE}{{on_cluster}} ENGINE = Atomic"
    versions = (
        f"CREATE TABLE IF NOT EXISTS {DATABASE}.schema_version{{on_cluster}} "
        "(number UInt32, name String, checksum String, applied_at DateTime64(9, 'UTC')) ENGINE = {replicated}MergeTree ORDER BY number"
    )
    marked = (database, versions)
    return tuple(statement for one in marked if (statement := target.render(one)) is not None)


def _set_retention(store: Store, target: Target, retention: Retention) -> None:
    current = {
        row["name"]: row["create_table_query"]
        for row in store.select(
            "SELECT name, create_table_query FROM system.tables WHERE database = {d:String}", d=DATABASE
        )
    }
    for table in TABLES.values():
        wanted = expiry(table, retention)
        local = table.name + ("_local" if target.cluster else "")
        if wanted and f"TTL {wanted}" not in current.get(local, ""):
            statement = target.render(f"ALTER TABLE {DATABASE}.{table.name}{{local}}{{on_cluster}} MODIFY TTL {wanted}")
            assert statement is not None
            store.execute(statement, settings={"materialize_ttl_after_modify": "0"})
