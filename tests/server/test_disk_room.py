"""The disk guard at work: what it drops is gone, is in the trail, and stands on the Health page; ledgers stay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.store.test_care import put
from tests.web.conftest import Clusters, make_services

from seawall.app.disk_room import make_room
from seawall.app.health import health
from seawall.app.predicate import Selection
from seawall.model.event import KEPT
from seawall.model.event.arrow import record_batch
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.store.disk import Disk
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

ALL = ReadScope.everything()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    with EmbeddedStore(tmp_path / "store") as running:
        client = running.store()
        migrate(client, at=time.time_ns())
        yield client
        client.close()


def test_what_the_guard_drops_is_told(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "flow", "three-hours", 300)
    services = make_services(store, Clusters(), tmp_path)
    now = time.time_ns()

    def write(rows: Any) -> None:
        listed = [msgspec.structs.asdict(row) for row in rows]
        columns = {name: [row[name] for row in listed] for name in listed[0]}
        store.insert("seawall_audit", record_batch(KEPT["seawall_audit"], columns), token=listed[0]["entry_id"])

    def seen(scope: ReadScope = ALL) -> Any:
        return health(services, scope, Selection(now - 10**9, now + 10**9))

    monkeypatch.setattr(Disk, "floor", 0)
    assert make_room(store, services.trail, now) == 0 and services.trail.flush(write, now) == 0
    assert seen().dropped_partitions == []

    monkeypatch.setattr(Disk, "floor", 2**62)
    dropped = make_room(store, services.trail, now)
    assert dropped == 2, "the newest hour of three stays"
    assert services.trail.flush(write, now) == dropped
    assert store.execute("SELECT count() FROM seawall.flow") == 100
    assert store.execute("SELECT count() FROM seawall.batch_ledger") == 1

    told = seen().dropped_partitions
    assert [(one.table, one.rows) for one in told] == [("flow", 100)] * 2
    assert all(one.bytes > 0 and one.newest.startswith("2027-01-1") for one in told)
    assert seen(ReadScope.of(clusters=["care"])).dropped_partitions == [], "it is of no cluster"
    trail = store.rows("trail", ALL, since=0, until=2**62, before_at=2**62, before_id="", limit=10)
    assert {(row["actor"], row["action"], row["outcome"]) for row in trail} == {("seawall", "dropPartition", "ok")}
