"""Snapshots: written, read back, cut off, of another format; and without a secret in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from tests.sources.state.yaml.manifests import MANIFESTS

from seawall.kit.errors import UserError
from seawall.model.cluster.cluster_kinds import Node
from seawall.model.cluster.config_kinds import Secret
from seawall.model.cluster.coverage import LIVE, Coverage, Gap, OutOfScope
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.diff import diff
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.model.cluster.redaction import Features
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload_kinds import Deployment
from seawall.sources.state import read, snapshot
from seawall.sources.state.reading import Reading
from seawall.spi.source import StateOptions

OPTIONS = StateOptions()
CANARY = "s3aW4ll-c4n4ry-Zx81qPlm"


def from_text(text: str) -> Cluster:
    reading = Reading(StateOptions(key=b"k" * 16))
    reading.read("all.yaml", text.encode())
    return reading.cluster()


def saved(tmp_path: Path, cluster: Cluster) -> Path:
    path = tmp_path / "prod.snapshot"
    assert snapshot.save(cluster, str(path)) == path.stat().st_size
    return path


def lines_of(path: Path) -> list[str]:
    unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    return unpacked.decode().splitlines()


def packed(path: Path, lines: list[str]) -> Path:
    path.write_bytes(zstandard.compress("".join(f"{line}\n" for line in lines).encode()))
    return path


def test_objects_come_back_as_they_were(tmp_path: Path) -> None:
    cluster = from_text("---\n".join(MANIFESTS))
    path = saved(tmp_path, cluster)
    again = read((str(path),), OPTIONS)
    assert not diff(cluster, again)
    for before, after in zip(cluster.objects, again.objects, strict=True):
        assert before.ref == after.ref
        assert cluster.raw(before) == again.raw(after)
        assert without_digests(before) == without_digests(after)
    assert again.objects[0].origin.source == str(path)
    assert again.line_of(again.objects[0].origin, "spec") == 0


def without_digests(thing: Object) -> str:
    from msgspec import to_builtins

    value = to_builtins(thing, enc_hook=lambda value: value.values() if isinstance(value, Features) else str(value))
    value.pop("(origin)", None)
    return json.dumps(value, sort_keys=True)


def test_the_header_carries_scope_and_coverage(tmp_path: Path) -> None:
    decoder = ObjectDecoder()
    kind = kind_of("v1", "Node")
    assert kind is not None
    node = decoder.decode(b'{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}', kind)
    live = Cluster(
        [node],
        name="prod",
        id="uid-1",
        scope=LIVE,
        coverage=Coverage(
            objects={"Node": 1},
            gaps=(Gap("forbidden", "secrets may not be listed", kind="Secret"),),
            unknown_kinds={"X": 2},
        ),
        taken_at=1_700_000_000_000_000_000,
        version="v1.36.3",
        raw=lambda thing: {"apiVersion": "v1", "kind": "Node", "metadata": {"name": thing.name}},
    )
    again = snapshot.load(str(saved(tmp_path, live)), OPTIONS)
    assert (again.name, again.id, again.version, again.taken_at) == (
        "prod",
        "uid-1",
        "v1.36.3",
        1_700_000_000_000_000_000,
    )
    assert (again.scope.name, again.scope.runtime, again.scope.description) == (
        "snapshot",
        True,
        "a snapshot of a live cluster",
    )
    assert [found.name for found in again.of(Node)] == ["n"]
    assert (again.coverage.unknown_kinds, again.coverage.gaps) == ({"X": 2}, live.coverage.gaps)
    with pytest.raises(Exception, match="secrets may not be listed"):
        again.of(Secret)
    assert snapshot.load(str(tmp_path / "prod.snapshot"), StateOptions(name="other")).name == "other"


def test_files_in_a_snapshot_have_no_nodes_either(tmp_path: Path) -> None:
    again = snapshot.load(str(saved(tmp_path, from_text(MANIFESTS[0]))), OPTIONS)
    with pytest.raises(OutOfScope):
        again.of(Node)


def test_it_is_read_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, from_text(MANIFESTS[0]))
    with path.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert len(read(("-",), OPTIONS).of(Deployment)) == 1


def test_it_stands_alone(tmp_path: Path) -> None:
    path = str(saved(tmp_path, from_text(MANIFESTS[0])))
    with pytest.raises(UserError, match="a whole cluster, to be read alone"):
        read((path, path), OPTIONS)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_of_one_that_is_cut_off_what_can_be_read_is_read(tmp_path: Path, share: float) -> None:
    many = "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{number}\n  labels:\n    x: n{number * 7919 % 10007}\n"
        for number in range(5_000)
    )
    path = saved(tmp_path, from_text(many))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    again = read((str(path),), OPTIONS)
    (gap,) = again.coverage.gaps
    assert gap.reason == "truncated"
    assert f"{len(again.objects)} of 5000 objects could be read" in gap.what
    assert (share < 0.5 or again.objects) and len(again.objects) < 5_000  # it is packed by the 128 KiB


def test_spoilt_bytes_are_noticed(tmp_path: Path) -> None:
    path = saved(tmp_path, from_text("---\n".join(MANIFESTS * 50)))
    spoilt = bytearray(path.read_bytes())
    spoilt[len(spoilt) // 2] ^= 0xFF
    path.write_bytes(spoilt)
    try:
        again = read((str(path),), OPTIONS)
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert [gap.reason for gap in again.coverage.gaps][:1] == ["truncated"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"format": "seawall-snapshot", "version": 2}, "has format 2, and this Seawall reads up to 1; upgrade seawall"),
        ({"format": "seawall-snapshot", "version": 1}, "its header cannot be read"),
        ({"format": "other"}, "compressed, but no snapshot"),
        ([], "compressed, but no snapshot"),
    ],
)
def test_what_it_refuses_it_refuses_in_one_line(tmp_path: Path, header: Any, message: str) -> None:
    path = packed(tmp_path / "x", [json.dumps(header)])
    with pytest.raises(UserError, match=message) as caught:
        read((str(path),), OPTIONS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [snapshot.MAGIC, snapshot.MAGIC + b"x" * 50, zstandard.compress(b"")])
def test_one_without_a_header(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UserError, match="this is no snapshot"):
        read((str(path),), OPTIONS)


def test_a_later_minor_version_may_add_fields(tmp_path: Path) -> None:
    path = saved(tmp_path, from_text(MANIFESTS[0]))
    header, *rest = lines_of(path)
    said = json.loads(header)
    said["later"] = said["cluster"]["later"] = said["scope"]["later"] = {"a": 1}
    again = read((str(packed(path, [json.dumps(said), *rest])),), OPTIONS)
    assert len(again.of(Deployment)) == 1
    assert again.coverage.gaps == ()


def test_lines_that_are_no_objects_are_gaps_or_counted(tmp_path: Path) -> None:
    path = saved(tmp_path, from_text(MANIFESTS[0]))
    header, web = lines_of(path)
    said = {**json.loads(header), "objects": 4}
    again = read(
        (
            str(
                packed(
                    path,
                    [
                        json.dumps(said),
                        "{",
                        '{"apiVersion":"x/v1","kind":"New"}',
                        '{"apiVersion":"v1","kind":"Pod","spec":3}',
                        web,
                    ],
                )
            ),
        ),
        OPTIONS,
    )
    assert again.coverage.unknown_kinds == {"New.x": 1}
    assert [gap.reason for gap in again.coverage.gaps] == ["undecodable", "undecodable"]
    assert len(again.of(Deployment)) == 1


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    cluster = Cluster(
        [*from_text(MANIFESTS[0]).objects], name="x", scope=LIVE, coverage=Coverage()
    )  # keeps no raw objects
    with pytest.raises(UserError, match="did not keep"):
        snapshot.save(cluster, str(tmp_path / "x"))
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(UserError, match="No such file or directory"):
        snapshot.save(cluster, str(tmp_path / "missing" / "x"))


SECRETS = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: a
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {{"apiVersion":"v1","kind":"Secret","stringData":{{"a":"{CANARY}"}}}}
data:
  a: czNhVzRsbC1jNG40cnktWng4MXFQbG0=
stringData:
  b: {CANARY}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
data:
  a: {CANARY}
binaryData:
  b: czNhVzRsbC1jNG40cnktWng4MXFQbG0=
---
apiVersion: v1
kind: Pod
metadata:
  name: c
  annotations:
    note: "token: {CANARY}"
spec:
  containers:
  - name: c
    env:
    - name: A
      value: {CANARY}
    args: ["--password={CANARY}", "--token", "{CANARY}", "-c", "curl -H 'Authorization: Bearer {CANARY}' https://u:{CANARY}@h"]
    command: [sh, -c, "export API_KEY={CANARY}; run"]
    livenessProbe:
      exec:
        command: ["check", "--secret={CANARY}"]
  initContainers:
  - name: i
    env:
    - {{name: A, value: {CANARY}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: d
spec:
  template:
    spec:
      containers:
      - name: c
        env:
        - name: A
          value: &again {CANARY}
        - name: B
          value: *again
---
apiVersion: helm.sh/v1
kind: Unknown
data:
  a: {CANARY}
"""


def test_no_secret_is_in_a_snapshot(tmp_path: Path) -> None:
    cluster = from_text(SECRETS)
    assert len(cluster.objects) == 4
    text = "\n".join(lines_of(saved(tmp_path, cluster)))
    for form in (CANARY, "czNhVzRsbC1jNG40cnktWng4MXFQbG0", CANARY[:12], "6b6b6b6b"):  # the last: the digest key
        assert form not in text
    assert all(secret.data["a"].digest for secret in cluster.secrets)
    assert "digest" not in text
    for thing in cluster.objects:
        assert CANARY not in repr(thing)
