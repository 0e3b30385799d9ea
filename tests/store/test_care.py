"""Doctor, backup and restore, roll-ups made again, and the disk guard."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from tests.store.conftest import need_chdb
from tests.store.rows import START, random_batch

from seawall.kit.errors import UserError
from seawall.model.event import KEPT, KINDS, ROLLUPS
from seawall.model.event.arrow import record_batch
from seawall.store.backup import HERE, Place, backup, restore
from seawall.store.client import Address, Store
from seawall.store.disk import Disk, Partition, disks, guard, partitions, victims
from seawall.store.doctor import Health, Observation, examine
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate
from seawall.store.rebuild import rebuild_day

NOW = START + 2 * 86_400_000_000_000
DAY = datetime.date(2027, 1, 15)
HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedStore, Store]]:
    """A store of its own with settled batches of two kinds."""
    need_chdb()
    with EmbeddedStore(tmp_path_factory.mktemp("care")) as embedded, closing(embedded.store()) as store:
        migrate(store, at=NOW)
        for number in range(4):
            put(store, "flow", f"flow-{number}", 100)
        put(store, "audit", "audit-0", 50)
        yield embedded, store


def put(
    store: Store, kind: str, batch_id: str, rows: int, *, settled: bool = True, promised: int | None = None
) -> None:
    fixed = {"events": 1} if kind == "flow" else {}
    times = [START + number % 3 * HOUR for number in range(rows)]
    store.insert(
        kind, random_batch(KINDS[kind], 1, rows, cluster="care", batch_id=batch_id, time=times, **fixed), token=batch_id
    )
    if settled:
        row = {
            "stored_at": [START + 5],
            "received_at": [START],
            "batch_id": [batch_id],
            "cluster": ["care"],
            "source": ["test"],
            "kind": [kind],
            "outcome": ["stored"],
            "records_in": [rows + 3],
            "accepted": [rows],
            "malformed": [1],
            "dropped": [{"shed": 2}],
            "rows_out": [rows if promised is None else promised],
        }
        store.insert("batch_ledger", record_batch(KEPT["batch_ledger"], row), token=f"ledger-{batch_id}")


def ill(store: Store) -> dict[str, Observation]:
    return {
        seen.name: seen
        for seen in examine(store, at=NOW)
        if seen.health is not Health.WELL and not seen.name.startswith("disk")
    }


def test_a_sound_store_is_well(filled: tuple[EmbeddedStore, Store]) -> None:
    assert ill(filled[1]) == {}
    names = {seen.name for seen in examine(filled[1], at=NOW)}
    assert {
        "reachable",
        "schema",
        "tables",
        "disk default",
        "parts",
        "fsync",
        "ledger sums",
        "ledger and events",
        "roll-ups",
        "table flow",
    } <= names


def test_a_store_that_is_away_is_ill_and_nothing_else_is_guessed() -> None:
    [seen] = examine(Store(Address("127.0.0.1", 1, "seawall", "")), at=NOW)
    assert (seen.name, seen.health) == ("reachable", Health.ILL)


def test_backup_restore_and_what_no_ledger_row_promised(filled: tuple[EmbeddedStore, Store], tmp_path: Path) -> None:
    embedded, store = filled
    backup(store, "first")
    put(store, "flow", "flow-later", 60)
    put(store, "flow", "flow-unsettled", 30, settled=False)
    backup(store, "second", base="first")
    with pytest.raises(UserError, match="exists"):
        backup(store, "first")
    with pytest.raises(UserError, match="not empty"):
        restore(store, "first")
    before = store.select("SELECT * FROM seawall.flow WHERE batch_id != 'flow-unsettled' ORDER BY batch_id, batch_row")
    edges = "SELECT * EXCEPT (src_addresses, dst_addresses), finalizeAggregation(src_addresses) AS n FROM seawall.edge_minute FINAL ORDER BY ALL"

    shutil.copytree(embedded.directory / "backups", tmp_path / "store" / "backups")
    with EmbeddedStore(tmp_path / "store") as other, closing(other.store()) as restored:
        with pytest.raises(UserError, match="no such backup"):
            restore(restored, "third")
        outcome = restore(restored, "second")
        assert outcome.unsettled_rows == {"flow": 30}
        assert outcome.rebuilt_days == ("2027-01-15",)
        assert migrate(restored, at=NOW) == ()
        assert restored.select("SELECT * FROM seawall.flow ORDER BY batch_id, batch_row") == before
        assert ill(restored) == {}
        put(restored, "audit", "audit-1", 10)
        assert restored.execute("SELECT sum(rows) FROM seawall.event_minute WHERE kind = 'audit'") == 60, (
            "views work on"
        )
        rolled = restored.select(edges)
    store.execute("ALTER TABLE seawall.flow DELETE WHERE batch_id = 'flow-unsettled' SETTINGS mutations_sync = 1")
    for rollup in ROLLUPS:
        rebuild_day(store, rollup, DAY)
    assert store.select(edges) == rolled
    assert ill(store) == {}


def test_the_doctor_sees_what_is_missing_or_too_much(filled: tuple[EmbeddedStore, Store]) -> None:
    _, store = filled
    put(store, "dns", "dns-short", 10, promised=11)
    put(store, "dns", "dns-unsettled", 10, settled=False)
    store.execute(
        "INSERT INTO seawall.event_minute (minute, observed_time, cluster, kind, rows) VALUES ('2027-01-15 07:00:00', '2027-01-15 07:00:00', 'care', 'dns', 5)"
    )
    store.execute("ALTER TABLE seawall.outbox DROP COLUMN seen")
    store.execute("DROP VIEW seawall.event_minute_of_process")
    seen = ill(store)
    assert seen.keys() == {"ledger and events", "unsettled batches", "roll-up of dns", "tables"}
    assert "1 batches have fewer rows" in seen["ledger and events"].says
    assert "20 in the events, 25 in the roll-up" in seen["roll-up of dns"].says
    assert "outbox.seen is missing" in seen["tables"].says
    assert "event_minute_of_process is missing" in seen["tables"].says


@pytest.mark.parametrize("text", ["nfs:/x", "disk:", "disk:a'b", "s3:a, 'b'", ""])
def test_a_place_that_is_none(text: str) -> None:
    with pytest.raises(UserError):
        Place.of(text)


def test_places_are_quoted() -> None:
    assert Place.of("file:/it's").archive("n", "rest") == "File('/it\\'s/n/rest')"
    assert Place.of("s3:bucket").archive("n", "rest") == "S3(bucket, 'n/rest')"
    with pytest.raises(UserError):
        HERE.archive("../etc", "rest")


# -- disk guard


def part(table: str, name: str, newest: int, size: int) -> Partition:
    return Partition(table=table, stored_in=table, id=name, oldest=newest - 1, newest=newest, rows=1, size=size)


def test_events_go_before_rollups_oldest_first_and_the_newest_stay() -> None:
    found = (
        part("edge_minute", "e1", 1, 10),
        part("edge_minute", "e2", 90, 10),
        part("flow", "f3", 30, 10),
        part("flow", "f1", 10, 10),
        part("flow", "f2", 20, 10),
        part("audit", "a1", 15, 10),
        part("audit", "a2", 40, 10),
    )
    assert [one.id for one in victims(found, 0)] == []
    assert [one.id for one in victims(found, 15)] == ["f1", "a1"]
    assert [one.id for one in victims(found, 10**9)] == ["f1", "a1", "f2", "e1"]


def test_a_tenth_of_a_disk_stays_free_but_no_more_than_ten_gib() -> None:
    gib = 2**30
    small, large = Disk("s", "/", 1 * gib, 20 * gib), Disk("l", "/", 15 * gib, 500 * gib)
    assert (small.lacking, large.lacking) == (1 * gib, 0)
    assert msgspec.structs.replace(large, free=9 * gib).lacking == 1 * gib


def test_the_guard_drops_partitions_of_events_and_never_a_ledger(
    own_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedStore(own_directory) as embedded, closing(embedded.store()) as store:
        migrate(store, at=NOW)
        put(store, "flow", "one", 300)
        put(store, "audit", "two", 300)
        monkeypatch.setattr(Disk, "floor", 0)
        assert list(guard(store)) == []
        hours = sorted(one.id for one in partitions(store) if one.table == "flow")
        assert len(hours) == 3
        monkeypatch.setattr(Disk, "floor", 2**62)
        dropped = list(guard(store))
        assert {(one.table, one.id) for one in dropped} == {("flow", hour) for hour in hours[:2]}
        assert store.execute("SELECT count() FROM seawall.flow") == 100
        assert store.execute("SELECT count() FROM seawall.batch_ledger") == 2
        assert store.execute("SELECT count() FROM seawall.audit") == 300, "its newest partition stays"
        assert [disk.name for disk in disks(store)] == ["default"]
