"""The demo day that comes with Seawall: small, without a secret, and its attack is one incident."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import msgspec
import pytest
import zstandard
from tests.app.demo_day import missing_objects, missing_traces, story_of_the_attack
from tests.e2e.sample.attacks import TOKEN_OF, steps
from tests.e2e.sample.shop import CANARY

from seawall.app.recording import Loaded, Recorded, demo
from seawall.sources.recording import reader
from seawall.sources.recording.format import Event
from seawall.sources.recording.moved import DAY
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

NOW = 1_800_000_000_000_000_000
MEGABYTE = 1_000_000


class Shown(msgspec.Struct):
    store: Store
    recorded: Recorded
    loaded: Loaded


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("the embedded store needs chDB")
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as running:
        store = running.store()
        migrate(store, at=NOW)
        recorded = Recorded(demo(), now=NOW)
        yield Shown(store, recorded, recorded.load(store))
        store.close()


def test_it_is_whole_and_small_and_says_what_is_simulated() -> None:
    assert demo().stat().st_size < 2 * MEGABYTE
    found = Recorded(demo(), now=NOW).about
    assert (found.lost, found.refused) == ("", {})
    assert {name: stream.simulated for name, stream in found.streams.items()} == {"audit": False, "hubble": True}
    assert "simulator" in found.streams["hubble"].made_by and "simulator" in found.note
    assert [take.days_before for take in found.takes] == [1, 0]


def test_no_secret_and_no_place_of_the_machine_that_made_it_is_in_it() -> None:
    text = zstandard.ZstdDecompressor().stream_reader(demo().open("rb")).read().decode()
    for word in (CANARY, "Y2FuYXJ5", "PRIVATE KEY-----", '"eyJ', "managedFields", "/root/", "/tmp/", "/home/"):
        assert word not in text, word


@pytest.mark.slow
def test_what_was_simulated_is_marked_in_every_row(shown: Shown) -> None:
    for table, simulated in (("audit", False), ("flow", True), ("dns", True)):
        rows = shown.store.select(f"SELECT DISTINCT simulated FROM seawall.{table}")
        assert [row["simulated"] for row in rows] == [simulated], table


@pytest.mark.slow
def test_each_step_of_the_attack_left_what_it_must(shown: Shown) -> None:
    assert missing_traces(shown.store, shown.recorded.id, steps()) == []
    assert shown.recorded.current is not None
    assert missing_objects(shown.recorded.current, steps()) == []
    assert shown.loaded.undecodable == 0


@pytest.mark.slow
def test_the_attack_is_one_incident_with_the_rules_that_find_it(shown: Shown) -> None:
    case = story_of_the_attack(shown.store, shown.recorded.id)
    assert {signal.rule for signal in case.signals} == {rule for step in steps() for rule in step.found_by}
    assert case.severity.value == "critical"
    others = {entity for entity in case.entities if entity.startswith("user:") and entity != f"user:{TOKEN_OF}"}
    assert not others, "ordinary people are not in it"


@pytest.mark.slow
def test_yesterday_was_better(shown: Shown) -> None:
    rows = shown.store.select(
        "SELECT rule, at FROM seawall.finding_transition WHERE transition = 'opened' AND object = 'node-tuner'"
    )
    assert {"workload/privileged-container"} <= {row["rule"] for row in rows}
    start, end = shown.loaded.shown_from, shown.loaded.shown_to
    assert end - start > DAY
    resolved = shown.store.select(
        "SELECT at FROM seawall.finding_transition WHERE transition = 'resolved' AND rule = 'network/selector-of-nobody'"
    )
    assert len(resolved) == 1 and resolved[0]["at"] > end - DAY


@pytest.mark.slow
def test_every_pod_of_a_flow_is_known(shown: Shown) -> None:
    """The simulator names pods; their workloads come from the recorded objects, at the time of the flow."""
    rows = shown.store.select(
        "SELECT countIf(src_entity = 'pod' AND src_workload = '') + countIf(dst_entity = 'pod' AND dst_workload = '') AS strangers FROM seawall.flow"
    )
    assert rows[0]["strangers"] == 0


def test_every_record_of_it_is_as_its_source_would_keep_it() -> None:
    """The file went through the redaction that the present version has: keeping a record again changes nothing."""
    from seawall.sources.recording.kept import Keeping

    keep = Keeping("audit", "hubble")
    streams = reader.survey(demo()).header.streams
    for line in reader.read(demo()):
        if isinstance(line, Event):
            kept = keep(streams[line.stream].source, bytes(line.record))
            assert kept is not None
            if line.stream == "audit":
                assert kept == bytes(line.record)
