"""The sample shop, its ordinary life and the attack on it, against a real API server: what a day leaves is recorded, and the rules find it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from tests.app.demo_day import missing_objects, missing_traces, story_of_the_attack
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.sample import day
from tests.e2e.sample.attacks import steps
from tests.e2e.sample.shop import CANARY

from seawall.app.recording import Recorded
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

NOW = 1_800_000_000_000_000_000
HURRY = 12.0
"""A day of a minute."""


@pytest.mark.slow
@pytest.mark.control_plane
def test_a_day_without_machines(
    control_plane: ControlPlane, fake_nodes: Callable[[int], list[str]], tmp_path: Path
) -> None:
    """On nodes without a machine no command runs in a container; the audit log shows the same."""
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("the embedded store needs chDB")
    fake_nodes(2)
    day.record(control_plane, [], tmp_path, hurry=HURRY)
    day.compose(tmp_path, tmp_path / "day")
    text = zstandard.ZstdDecompressor().stream_reader((tmp_path / "day").open("rb")).read().decode()
    assert CANARY not in text
    with EmbeddedStore(tmp_path / "store") as running:
        store = running.store()
        migrate(store, at=NOW)
        recorded = Recorded(tmp_path / "day", now=NOW)
        recorded.load(store)
        assert recorded.current is not None and not recorded.about.lost
        assert missing_traces(store, recorded.id, steps(), hurried=True) == []
        assert missing_objects(recorded.current, steps()) == []
        case = story_of_the_attack(store, recorded.id)
        assert {signal.rule for signal in case.signals} == {rule for step in steps() for rule in step.found_by}
        store.close()
