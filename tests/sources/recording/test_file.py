"""A recording gives back what it was told, whole or cut, and holds nothing secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.recording.recorded import BEGAN, SECOND, Told, audit_entry, flow, pod

from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.meta import ObjectRef
from seawall.sources.recording import reader
from seawall.sources.recording.format import Broken, Event, Gone, Header, List, Put, Take


def told(path: Path, events: int = 3) -> None:
    with Told(path) as told:
        told.recorder.take(BEGAN, "morning")
        told.listed("Pod", [pod("web", "10.0.0.1"), pod("api")], BEGAN + SECOND)
        told.put("Pod", pod("api", "10.0.0.2", version=2), BEGAN + 2 * SECOND)
        for number in range(events):
            told.recorder.event("audit", audit_entry(number, BEGAN + 3 * SECOND), BEGAN + 3 * SECOND)
        told.recorder.event("hubble", flow(BEGAN + 3 * SECOND, "10.0.0.1", "10.0.0.2"), BEGAN + 3 * SECOND)
        told.recorder.event("audit", b'{"no": "entry"}', BEGAN + 4 * SECOND)
        told.recorder.broken("Secret", Gap("forbidden", "secrets may not be watched", kind="Secret"))
        told.recorder.remove("Pod", ObjectRef("Pod", "shop", "web"), BEGAN + 5 * SECOND)


def unpacked(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read()


def test_what_was_told_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "r"
    told(path)
    lines = list(reader.read(path))
    assert [type(line) for line in lines] == [Take, List, Put, Event, Event, Event, Event, Broken, Gone]
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    take, listed, put, *_, broken, gone = lines
    assert isinstance(take, Take) and take.name == "morning"
    assert isinstance(listed, List)
    assert [msgspec.json.decode(raw)["metadata"]["name"] for raw in listed.objects] == ["web", "api"]
    assert isinstance(put, Put) and msgspec.json.decode(put.object)["status"]["podIP"] == "10.0.0.2"
    assert isinstance(broken, Broken) and broken.gap.reason == "forbidden"
    assert isinstance(gone, Gone) and ObjectRef(*gone.ref) == ObjectRef("Pod", "shop", "web")
    found = reader.survey(path)
    assert (found.first, found.last, found.lost) == (BEGAN, BEGAN + 5 * SECOND, "")
    assert found.refused == {"audit": 1}
    assert found.header.streams["hubble"].simulated and not found.header.streams["audit"].simulated
    assert path.stat().st_mode & 0o077 == 0


def test_a_long_list_is_cut_into_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.sources.recording.writer.LIST_BYTES", 1000)
    with Told(tmp_path / "r") as told:
        told.listed("Pod", [pod(f"pod-{number}") for number in range(20)], BEGAN)
    lines = [line for line in reader.read(tmp_path / "r") if isinstance(line, List)]
    assert len(lines) > 1
    assert [line.more for line in lines] == [True] * (len(lines) - 1) + [False]
    assert sum(len(line.objects) for line in lines) == 20


@settings(deadline=None)
@given(share=st.floats(0.3, 0.999))
def test_a_cut_recording_keeps_what_is_before_the_cut_and_says_so(
    share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    told(folder / "whole", events=200)
    whole = list(reader.read(folder / "whole"))
    text = unpacked(folder / "whole")
    cut = folder / "cut"
    cut.write_bytes(zstandard.ZstdCompressor().compress(text[: max(int(len(text) * share), text.index(b"\n") + 1)]))
    kept = list(reader.read(cut))
    assert kept == whole[: len(kept)]
    found = reader.survey(cut)
    assert "cut off" in found.lost and f"{len(kept)} lines" in found.lost


def test_a_recorder_that_was_killed_leaves_what_it_had_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seawall.sources.recording.writer.FLUSH_SECONDS", 0.0)
    path, killed = tmp_path / "r", tmp_path / "killed"
    with Told(path) as told:
        told.recorder.take(BEGAN)
        for number in range(100):
            told.recorder.event("audit", audit_entry(number, BEGAN), BEGAN)
        killed.write_bytes(path.read_bytes())
    assert len(list(reader.read(killed))) == 101
    assert "101 lines" in reader.survey(killed).lost
    for size in range(400, killed.stat().st_size, 211):
        cut = tmp_path / "cut"
        cut.write_bytes(killed.read_bytes()[:size])
        assert reader.survey(cut).lost
        assert list(reader.read(cut)) == list(reader.read(path))[: len(list(reader.read(cut)))]


def test_what_is_no_recording_and_what_is_newer_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "r"
    told(path)
    header, rest = unpacked(path).split(b"\n", 1)
    newer = json.loads(header) | {"version": 99}
    path.write_bytes(zstandard.ZstdCompressor().compress(json.dumps(newer).encode() + b"\n" + rest))
    with pytest.raises(UserError, match="has format 99, and this Seawall reads up to 1") as refusal:
        reader.survey(path)
    assert "\n" not in str(refusal.value)
    for content in (b"", b"text", zstandard.ZstdCompressor().compress(b'{"format": "seawall-snapshot"}\n')):
        path.write_bytes(content)
        with pytest.raises(UserError, match="no recording"):
            reader.survey(path)
    with pytest.raises(UserError, match="No such file"):
        reader.survey(tmp_path / "nowhere")


def test_lines_and_fields_of_a_newer_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "r"
    told(path)
    header, *lines = unpacked(path).splitlines()
    extended = [json.dumps(json.loads(line) | {"later": 1}).encode() for line in lines[:-1]]
    extended.insert(3, b'{"is": "weather", "at": 1, "sun": true}')
    end = json.loads(lines[-1]) | {"lines": len(extended)}
    path.write_bytes(
        zstandard.ZstdCompressor().compress(b"\n".join([header, *extended, json.dumps(end).encode(), b""]))
    )
    found = reader.survey(path)
    assert (found.unknown, found.lost) == ({"weather": 1}, "")
    assert len(list(reader.read(path))) == len(lines) - 1


def test_nothing_secret_is_in_the_file(tmp_path: Path) -> None:
    """One canary at every place where a secret may stand, each with its own number."""
    path = tmp_path / "r"
    body = {"kind": "Secret", "data": {"a": "canary-1"}, "metadata": {"annotations": {"x": "token: canary-2"}}}
    env = [{"name": "PASSWORD", "value": "canary-3"}]
    deployment = {
        "kind": "Deployment",
        "spec": {"template": {"spec": {"containers": [{"image": "shop:1", "env": env, "args": ["--token=canary-4"]}]}}},
    }
    with Told(path) as told:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
        annotations = {"kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"v1","data":"canary-5"}'}
        told.put("Secret", secret | {"data": {"key": "Y2FuYXJ5LTY="}, "stringData": {"other": "canary-7"}}, BEGAN)
        told.put("ConfigMap", {**secret, "kind": "ConfigMap", "data": {"key": "canary-8"}}, BEGAN)
        container = {"name": "main", "image": "shop:1", "env": env, "command": ["run", "--password", "canary-9"]}
        carrying = pod("web", containers=[container])
        carrying["metadata"]["annotations"] = annotations
        told.put("Pod", carrying, BEGAN)
        secrets = {"objectRef": {"resource": "secrets", "namespace": "shop", "name": "s"}}
        entries: list[dict[str, Any]] = [
            {**secrets, "requestObject": body, "responseObject": body},
            {"objectRef": {"resource": "deployments", "namespace": "shop"}, "requestObject": deployment},
            {
                "objectRef": {"resource": "serviceaccounts", "subresource": "token"},
                "responseObject": {"status": {"token": "canary-10"}},
            },
            {
                "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"},
                "requestURI": "/api/v1/namespaces/shop/pods/web/exec?command=%2Fbin%2Fsh&command=canary-11&container=main&token=canary-12",
            },
            {"user": {"username": "alice", "extra": {"session": ["canary-13"]}}},
            {**secrets, "responseStatus": {"code": 422, "message": "invalid value: canary-14"}},
            {"annotations": {"note": "password=canary-15"}, "somethingNew": {"value": "canary-16"}},
            {"objectRef": {"resource": "widgets"}, "requestObject": "canary-17 not an object"},
            {
                "objectRef": {"resource": "pods"},
                "requestObject": {"spec": {"containers": [{"image": "shop:1 canary-18"}]}},
            },
        ]
        for number, more in enumerate(entries):
            told.recorder.event("audit", audit_entry(number, BEGAN, **more), BEGAN)
        request = json.loads(flow(BEGAN, "10.0.0.1", "10.0.0.2"))
        request["flow"]["l7"] = {
            "type": "REQUEST",
            "http": {
                "method": "GET",
                "url": "http://user:canary-19@api/orders?key=canary-20",
                "headers": [{"key": "Authorization", "value": "canary-21"}],
            },
        }
        told.recorder.event("hubble", json.dumps(request).encode(), BEGAN)
    text = unpacked(path).decode()
    assert "canary" not in text and "Y2FuYXJ5" not in text
    assert "managedFields" not in text
    records = [line for line in reader.read(path) if isinstance(line, Event)]
    assert len(records) == len(entries) + 1, "every entry is there, without what it may not hold"
    exec_entry = msgspec.json.decode(records[3].record)
    assert "command=sh" in exec_entry["requestURI"], "the program of an exec stays"


def test_the_header_names_the_format_that_is_documented(tmp_path: Path) -> None:
    told(tmp_path / "r")
    header = msgspec.json.decode(unpacked(tmp_path / "r").splitlines()[0], type=Header)
    assert (header.format, header.version) == ("seawall-recording", 1)
