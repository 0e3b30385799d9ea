"""The disk guard: when the disk fills, the oldest events go first, then the oldest roll-ups; never a ledger.

ClickHouse refuses inserts on a full disk, and merges need room before that. So the guard acts while some room is left, in whole
partitions, and tells each that it dropped: that is loss, and the caller records it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seawall.model.event import KINDS, ROLLUPS, TABLES
from seawall.store.client import Store
from seawall.store.schema import DATABASE

KEEP_FREE_SHARE, KEEP_FREE_BYTES = 0.10, 10 * 2**30
"""What is to stay free of a disk: a tenth of it, but no more than 10 GiB, for a large disk that others fill has room enough below a tenth."""
KEPT_PARTITIONS = 1
"""The newest partition of each table stays, whatever happens: dropping what is being written would free nothing for long."""


class Disk(msgspec.Struct, frozen=True):
    """A disk of the store, in bytes."""

    name: str
    path: str
    free: int
    total: int

    @property
    def used_share(self) -> float:
        return 1 - self.free / self.total if self.total else 0.0

    @property
    def floor(self) -> int:
        """Bytes that are to stay free."""
        return min(int(self.total * KEEP_FREE_SHARE), KEEP_FREE_BYTES)

    @property
    def lacking(self) -> int:
        """Bytes by which less is free than should be."""
        return max(0, self.floor - self.free)


class Partition(msgspec.Struct, frozen=True):
    """One partition of a declared table: its times in nanoseconds, its rows and bytes. `stored_in` is the table on this server."""

    table: str
    stored_in: str
    id: str
    oldest: int
    newest: int
    rows: int
    size: int


def disks(store: Store) -> tuple[Disk, ...]:
    """The disks that hold tables (that of backups does not)."""
    rows = store.select(
        "SELECT name, path, free_space AS free, total_space AS total FROM system.disks WHERE name != 'backups' AND total_space > 0 ORDER BY name"
    )
    return tuple(msgspec.convert(row, Disk) for row in rows)


def partitions(store: Store) -> tuple[Partition, ...]:
    """Partitions of events and roll-ups, as this server holds them."""
    rows = store.select(
        "SELECT replaceRegexpOne(s.table, '_local$', '') AS table, any(s.table) AS stored_in, partition_id AS id, "
        "toInt64(toUnixTimestamp(min(min_time))) * 1000000000 AS oldest, toInt64(toUnixTimestamp(max(max_time))) * 1000000000 AS newest, "
        "sum(rows) AS rows, sum(bytes_on_disk) AS size "
        "FROM system.parts AS s WHERE active AND database = {d:String} AND replaceRegexpOne(s.table, '_local$', '') IN {t:Array(String)} GROUP BY table, id",
        d=DATABASE,
        t=[*KINDS, *ROLLUPS],
    )
    return tuple(msgspec.convert(row, Partition) for row in rows)


def victims(found: tuple[Partition, ...], needed: int) -> tuple[Partition, ...]:
    """Which partitions to drop to free `needed` bytes: events before roll-ups, oldest first, the newest of a table never.

    A pure choice; fewer bytes than needed if there is no more to drop.
    """
    newest: dict[str, list[str]] = {}
    for partition in sorted(found, key=lambda one: one.newest, reverse=True):
        newest.setdefault(partition.table, []).append(partition.id)
    kept = {(table, id_) for table, ids in newest.items() for id_ in ids[:KEPT_PARTITIONS]}
    order = sorted(found, key=lambda one: (TABLES[one.table].name in ROLLUPS, one.newest, one.table))
    chosen: list[Partition] = []
    freed = 0
    for partition in order:
        if freed >= needed:
            break
        if (partition.table, partition.id) not in kept:
            chosen.append(partition)
            freed += partition.size
    return tuple(chosen)


def guard(store: Store) -> Iterator[Partition]:
    """Drop what must go so that each disk has its floor free, and tell each partition once it is gone. Acts on the server it is connected to.

    Space already on its way back (parts that were replaced or dropped, deleted in a few minutes) is counted as free.
    """
    lacking = sum(disk.lacking for disk in disks(store))
    if not lacking:
        return
    [leaving] = store.select(
        "SELECT sum(bytes_on_disk) AS size FROM system.parts WHERE NOT active AND database = {d:String}", d=DATABASE
    )
    for partition in victims(partitions(store), lacking - leaving["size"]):
        store.execute(f"ALTER TABLE {DATABASE}.{partition.stored_in} DROP PARTITION ID {{id:String}}", id=partition.id)
        yield partition
