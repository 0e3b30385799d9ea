"""A recording shown on the embedded store: objects, events, findings and incidents stand where they stood, and a second showing changes nothing."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.sources.recording.recorded import BEGAN, CLUSTER, SECOND, Told, audit_entry, flow, pod, text_of

from seawall.app.recording import AFTERWARDS, Loaded, Recorded
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.pod import Pod
from seawall.model.event import TABLES
from seawall.model.event.read_scope import ReadScope
from seawall.sources.recording.format import Put, RecordedCluster
from seawall.sources.recording.moved import DAY
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

NOW = 1_800_000_000 * SECOND
MINUTE = 60 * SECOND
READ = {"verb": "get", "objectRef": {"resource": "secrets", "namespace": "shop"}, "user": {"username": "mallory"}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("the embedded store needs chDB")
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as running:
        client = running.store()
        migrate(client, at=NOW)
        yield client
        client.close()


class Shown(msgspec.Struct):
    """A recording that was loaded at NOW, and what that gave."""

    path: Path
    recorded: Recorded
    loaded: Loaded


@pytest.fixture(scope="module")
def shown(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    path = tmp_path_factory.mktemp("shown") / "two-days"
    two_days(path, CLUSTER)
    recorded = Recorded(path, now=NOW)
    assert recorded.current is None and recorded.identities(CLUSTER.id) is not None
    return Shown(path, recorded, recorded.load(store))


def another(name: str) -> RecordedCluster:
    """A cluster of its own, so that tests share a store."""
    return RecordedCluster(f"cluster-{name}", name, "v1.36.3")


def two_days(path: Path, cluster: RecordedCluster) -> None:
    """A take with a privileged pod that is mended, and one, a day later, in which an address changes hands and secrets are read."""
    privileged = [{"name": "main", "image": "shop:1", "securityContext": {"privileged": True}}]
    with Told(path, cluster) as told:
        told.recorder.take(BEGAN, "before", 1)
        told.listed("Pod", [pod("web", "10.0.0.1"), pod("bad", "10.0.0.9", containers=privileged)], BEGAN + SECOND)
        told.listed("Secret", [], BEGAN + SECOND)
        for second in range(10, 130, 10):
            told.recorder.event("audit", audit_entry(second, BEGAN + second * SECOND), BEGAN + second * SECOND)
        told.recorder.remove("Pod", ObjectRef("Pod", "shop", "bad"), BEGAN + 130 * SECOND)
        told.recorder.event("audit", audit_entry(1, BEGAN + 140 * SECOND), BEGAN + 140 * SECOND)
        today = BEGAN + 200 * SECOND
        told.recorder.take(today, "today")
        told.listed("Pod", [pod("web", "10.0.0.1")], today + SECOND)
        for number in range(12):
            named = {**READ, "objectRef": {"resource": "secrets", "namespace": "shop", "name": f"s{number}"}}
            at = today + (10 + number) * SECOND
            told.recorder.event("audit", audit_entry(100 + number, at, **named), at)
        told.recorder.event("hubble", flow(today + 20 * SECOND, "10.0.0.1", "10.0.0.9"), today + 20 * SECOND)
        told.recorder.remove("Pod", ObjectRef("Pod", "shop", "web"), today + 60 * SECOND)
        told.put("Pod", pod("new", "10.0.0.1", started=today + 70 * SECOND), today + 71 * SECOND)
        told.recorder.event("hubble", flow(today + 90 * SECOND, "10.0.0.1", "10.0.0.9"), today + 90 * SECOND)


def contents(store: Store) -> dict[str, Any]:
    """Every row of every table, as a count and a hash that does not depend on their order."""
    return {
        name: store.select(f"SELECT count() AS rows, sum(cityHash64(*)) AS hash FROM seawall.{name} FINAL" if table.newest else f"SELECT count() AS rows, sum(cityHash64(*)) AS hash FROM seawall.{name}")
        for name, table in TABLES.items()
    }  # fmt: skip


def test_events_keep_their_distances_and_their_owners(store: Store, shown: Shown) -> None:
    loaded = shown.loaded
    assert loaded.records == {"audit": 25, "hubble": 2}
    assert NOW - AFTERWARDS - SECOND < loaded.shown_to <= NOW - AFTERWARDS
    assert shown.recorded.clock() == loaded.shown_to + AFTERWARDS
    entries = store.select(
        "SELECT time, late, future, simulated FROM seawall.audit WHERE cluster = {id:String} ORDER BY time",
        id=CLUSTER.id,
    )
    assert entries[-1]["time"] - entries[0]["time"] == DAY + (200 + 21 - 10) * SECOND
    assert not any(entry["late"] or entry["future"] or entry["simulated"] for entry in entries)
    flows = store.select(
        "SELECT src_pod, simulated FROM seawall.flow WHERE cluster = {id:String} ORDER BY time", id=CLUSTER.id
    )
    assert [row["src_pod"] for row in flows] == ["web", "new"], "the address changed hands between them"
    assert all(row["simulated"] for row in flows)
    scope = ReadScope.of(clusters=[CLUSTER.id])
    owners = store.rows("identity_history", scope, address="10.0.0.1", since=0, until=1 << 62)
    assert [row["pod"] for row in owners] == ["web", "new"]
    assert owners[0]["valid_to"] <= owners[1]["valid_from"]


def test_the_cluster_follows_and_its_objects_are_moved(shown: Shown) -> None:
    recorded = shown.recorded
    assert recorded.state == "recorded" and recorded.current is not None
    (only,) = recorded.current.pods
    assert isinstance(only, Pod) and only.name == "new"
    raw = recorded.current.raw(only)
    assert raw is not None
    started = recorded.shown[1] - (90 - 70) * SECOND
    assert raw["status"]["startTime"] == text_of(started // SECOND * SECOND).replace(".000000", "")
    assert recorded.current.scope.name == "recording" and recorded.current.version == "v1.36.3"
    assert recorded.view is not None and not recorded.view.gaps


def test_findings_open_and_resolve_at_their_time(store: Store, shown: Shown) -> None:
    history = store.select(
        "SELECT at, transition FROM seawall.finding_transition"
        " WHERE cluster = {id:String} AND rule = 'workload/privileged-container' ORDER BY at",
        id=CLUSTER.id,
    )
    assert [row["transition"] for row in history] == ["opened", "resolved"]
    assert history[1]["at"] - history[0]["at"] > 2 * MINUTE
    assert shown.loaded.shown_to - history[0]["at"] > DAY, "a day ago it was open: yesterday's mark"


def test_rules_run_in_the_time_of_the_recording(store: Store, shown: Shown) -> None:
    assert (shown.loaded.signals, shown.loaded.cases) == (2, 1), "two windows see the sweep; it is one story"
    signals = store.select(
        "SELECT rule, time, simulated FROM seawall.signal_now WHERE cluster = {id:String}", id=CLUSTER.id
    )
    assert {row["rule"] for row in signals} == {"audit/secret-sweep"}
    assert all(row["time"] <= shown.loaded.shown_to and not row["simulated"] for row in signals)
    (opened,) = store.select(
        "SELECT at FROM seawall.case_entry WHERE cluster = {id:String} AND action = 'opened'", id=CLUSTER.id
    )
    assert shown.loaded.shown_from < opened["at"] <= NOW


def test_showing_it_again_changes_nothing(store: Store, shown: Shown) -> None:
    before = contents(store)
    again = Recorded(shown.path, now=NOW + 3 * DAY)
    second = again.load(store)
    assert contents(store) == before
    assert (second.batches, second.batches_known, second.scans) == (0, shown.loaded.batches, 0)
    assert again.shown == shown.recorded.shown, "the time that was chosen first is kept"
    assert again.report is not None and again.current is not None


@pytest.mark.slow
def test_one_that_was_stopped_is_gone_on_with(store: Store, tmp_path: Path) -> None:
    two_days(tmp_path / "r", another("stopped"))
    stopping = threading.Event()
    steps = []

    def stop_soon(what: str, done: int, total: int) -> None:
        steps.append((done, total))
        if len(steps) == 3:
            stopping.set()

    recorded = Recorded(tmp_path / "r", now=NOW)
    first = recorded.load(store, progress=stop_soon, stopping=stopping)
    assert recorded.state == "stopped" and len(steps) == 3 and first.batches > 0
    second = recorded.load(store)
    assert recorded.state == "recorded"
    assert second.batches_known == first.batches
    assert first.records["audit"] + second.records["audit"] == 25
    assert second.cases == 1


@pytest.mark.slow
def test_at_speed_the_same_comes_of_it_and_the_clock_runs(store: Store, tmp_path: Path) -> None:
    two_days(tmp_path / "r", another("speed"))
    clocks = []
    recorded = Recorded(tmp_path / "r", now=NOW, speed=2000)
    loaded = recorded.load(store, progress=lambda what, done, total: clocks.append(recorded.clock()))
    assert clocks == sorted(clocks)
    assert loaded.shown_from <= clocks[0] < clocks[-1] <= loaded.shown_to
    assert recorded.clock() == loaded.shown_to + AFTERWARDS
    assert (loaded.records, loaded.signals, loaded.cases) == ({"audit": 25, "hubble": 2}, 2, 1)


def test_a_cut_recording_is_shown_and_says_that_it_is_cut(store: Store, tmp_path: Path) -> None:
    import zstandard

    two_days(tmp_path / "r", another("cut"))
    text = zstandard.ZstdDecompressor().stream_reader((tmp_path / "r").open("rb")).read()
    (tmp_path / "r").write_bytes(zstandard.ZstdCompressor().compress(text[: len(text) // 2]))
    recorded = Recorded(tmp_path / "r", now=NOW)
    loaded = recorded.load(store)
    assert loaded.records and recorded.about.lost
    assert recorded.current is not None
    assert [gap.reason for gap in recorded.current.coverage.gaps] == ["truncated"]


def test_what_was_a_gap_and_what_cannot_be_decoded_are_gaps(store: Store, tmp_path: Path) -> None:
    with Told(tmp_path / "r", another("gaps")) as told:
        told.recorder.take(BEGAN)
        told.listed("Pod", [pod("web", "10.0.0.1")], BEGAN)
        told.recorder.broken("Secret", Gap("forbidden", "secrets may not be watched", kind="Secret"))
        broken = b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":7}}'
        strange = b'{"apiVersion":"sea/v1","kind":"Tide","metadata":{"name":"a"}}'
        told.file.write(Put(BEGAN + SECOND, "Pod", msgspec.Raw(broken)))
        told.file.write(Put(BEGAN + SECOND, "Tide", msgspec.Raw(strange)))
        told.recorder.event("audit", audit_entry(1, BEGAN + 2 * SECOND), BEGAN + 2 * SECOND)
    recorded = Recorded(tmp_path / "r", now=NOW)
    assert recorded.load(store).undecodable == 2
    assert recorded.current is not None
    gaps = sorted(gap.reason for gap in recorded.current.coverage.gaps)
    assert gaps == ["forbidden", "undecodable", "undecodable"]


def test_what_a_recording_is_can_be_asked_without_a_store(tmp_path: Path) -> None:
    two_days(tmp_path / "r", CLUSTER)
    found = Recorded(tmp_path / "r", now=NOW).about
    assert (found.name, found.lines["event"], found.lost) == ("tested", 27, "")
    assert [take.name for take in found.takes] == ["before", "today"]
    with pytest.raises(UserError, match="cannot be played 0 times"):
        Recorded(tmp_path / "r", now=NOW, speed=0)
