"""A recording says which objects could not be decoded, from when to when."""

from __future__ import annotations

from pathlib import Path

from tests.sources.recording.recorded import BEGAN, CLUSTER, SECOND, Told, pod

from seawall.app.recorded_view import RecordedView
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.pod import Pod
from seawall.sources.recording import reader


def test_an_object_is_missing_from_when_it_could_not_be_read_until_it_could(tmp_path: Path) -> None:
    lost = Gap("undecodable", "Pod shop/web: wrong", kind="Pod", namespace="shop", name="web")
    with Told(tmp_path / "r") as told:
        told.recorder.take(BEGAN)
        told.recorder.listed("Pod", [told.thing(pod("api"))], BEGAN + SECOND, [lost])
        told.put("Pod", pod("web", version=2), BEGAN + 2 * SECOND)
        told.recorder.undecodable("Pod", lost, BEGAN + 3 * SECOND)
        told.recorder.remove("Pod", told.thing(pod("web")).ref, BEGAN + 4 * SECOND)
        assert told.recorder.lost == 2
    replayed = RecordedView(tmp_path / "r", id=CLUSTER.id, name=CLUSTER.name, version=CLUSTER.version)
    seen = []
    for line in reader.read(tmp_path / "r"):
        replayed.take(line, line.at)
        now = replayed.view.cluster(line.at)
        state = [one.name for one in now.known(Pod)], [gap.name for gap in now.coverage.gaps]
        if not seen or seen[-1] != state:
            seen.append(state)
    assert seen == [
        ([], []),
        (["api"], []),
        (["api"], ["web"]),
        (["api", "web"], []),
        (["api"], ["web"]),
        (["api"], []),
    ]
