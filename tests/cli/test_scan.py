"""`seawall scan` as a program: exit codes, bad input, and that no secret gets out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {}\n"
BAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {hostPID: true, containers: [{name: c, image: 'x:1'}]}\n"
CANARY = "canary-5ec7e7-0123456789"


def seawall(*arguments: str, stdin: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "seawall", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=timeout,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize(
    ("texts", "arguments", "code"),
    [
        ({"a.yaml": GOOD}, (), 0),
        ({"a.yaml": BAD}, (), 1),
        ({"a.yaml": BAD}, ("--fail-on", "none"), 0),
        ({"a.yaml": BAD}, ("--fail-on", "critical"), 0),
        ({"a.yaml": GOOD, "b.yaml": "a: [1"}, (), 3),
        ({"a.yaml": BAD, "b.yaml": "a: [1"}, (), 1),
        ({"a.yaml": GOOD}, ("--rule", "no/such"), 2),
        ({"a.yaml": GOOD}, ("--no-such-option",), 2),
        ({}, (), 0),
    ],
)
def test_exit_codes(tmp_path: Path, texts: dict[str, str], arguments: tuple[str, ...], code: int) -> None:
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    done = seawall("scan", str(tmp_path), *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_broken_yaml_is_named_with_its_place_and_the_rest_is_scanned(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(BAD)
    (tmp_path / "b.yaml").write_text("kind: Pod\n  wrong: [\n")
    done = seawall("scan", str(tmp_path), "-o", "wide")
    assert f"{tmp_path}/b.yaml:2" in done.stdout
    assert "workload/host-namespace" in done.stdout


def test_nothing_to_read_and_nothing_there_are_one_line(tmp_path: Path) -> None:
    for arguments in ((), (str(tmp_path / "gone"),), ("--context", "x", str(tmp_path))):
        done = seawall("scan", *arguments)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert done.stderr.startswith("seawall: ")


def test_standard_input(tmp_path: Path) -> None:
    done = seawall("scan", "-", "-o", "json", stdin=BAD)
    report = json.loads(done.stdout)
    assert report["summary"]["fail"] > 0
    assert {one["file"] for one in report["findings"]} == {"stdin"}


@pytest.mark.parametrize("output", ["table", "wide", "json", "sarif", "junit", "html", "markdown"])
def test_a_planted_secret_is_in_no_output(tmp_path: Path, output: str) -> None:
    (tmp_path / "a.yaml").write_text(
        f"""\
apiVersion: v1
kind: Secret
metadata: {{name: s, namespace: shop, annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{{"apiVersion":"v1","stringData":{{"p":"{CANARY}"}}}}'}}}}
stringData: {{password: {CANARY}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: c, namespace: shop}}
data: {{api_key: {CANARY}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: p, namespace: shop, annotations: {{note: "token={CANARY}"}}}}
spec:
  containers:
    - name: c
      image: "x:1"
      args: ["--password={CANARY}", "--token", "{CANARY}"]
      env: [{{name: API_TOKEN, value: {CANARY}}}]
"""
    )
    done = seawall("scan", str(tmp_path), "-o", output)
    assert CANARY not in done.stdout + done.stderr
    saved = tmp_path / "all.seawall"
    seawall("snapshot", "save", str(saved), str(tmp_path / "a.yaml"))
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(saved.read_bytes()) as reader:
        assert CANARY.encode() not in reader.read()


def test_kubectl_finds_the_plugin() -> None:
    from importlib.metadata import entry_points

    assert {point.name for point in entry_points(group="console_scripts") if point.value == "seawall.cli:main"} == {
        "seawall",
        "kubectl-seawall",
    }


@pytest.mark.parametrize(
    "arguments", [(), ("--help",), ("scan", "--help"), ("explain", "--help"), ("version",), ("completion", "bash")]
)
def test_help_is_there_and_clean(arguments: tuple[str, ...]) -> None:
    done = seawall(*arguments)
    assert done.returncode == 0
    assert done.stdout
    assert not done.stderr


def test_a_truncated_json_and_a_wrong_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"apiVersion": "v1", "kind": "Pod", "spec": {')
    done = seawall("scan", str(tmp_path), "-o", "json")
    assert done.returncode == 3
    (gap,) = json.loads(done.stdout)["coverage"]["gaps"]
    assert gap["where"].startswith(f"{tmp_path}/a.json")


def test_the_version_that_objects_are_meant_for_decides_and_must_be_one(tmp_path: Path) -> None:
    text = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c, namespace: shop}\n"
    (tmp_path / "a.yaml").write_text(text)
    found = {}
    for version in ("1.20", "v1.24.3", "1.25"):
        done = seawall("scan", str(tmp_path), "--rule", "lifecycle/*api", "--kubernetes-version", version, "-o", "json")
        found[version] = [(one["rule"], one.get("change")) for one in json.loads(done.stdout)["findings"]]
    change = {"op": "set", "path": "apiVersion", "value": "batch/v1", "safe": True}
    assert found == {
        "1.20": [("lifecycle/unstable-api", None)],
        "v1.24.3": [("lifecycle/deprecated-api", change)],
        "1.25": [("lifecycle/removed-api", change)],
    }
    wrong = seawall("scan", str(tmp_path), "--kubernetes-version", "newest")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith('seawall: "newest" is no version')


LABELLED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}, namespace: shop, labels: {{app: {0}}}}}
spec:
  selector: {{matchLabels: {{app: {0}}}}}
  template:
    metadata: {{labels: {{app: {0}}}}}
    spec: {{containers: [{{name: c, image: x, securityContext: {{privileged: true}}}}]}}
---
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: db}, ports: [{port: 80}]}
"""


def test_labels_choose_what_is_told_and_not_what_is_read(tmp_path: Path) -> None:
    """The service finds its workload, though that has other labels and is not told of."""
    (tmp_path / "a.yaml").write_text(LABELLED.format("web") + LABELLED.format("db") + SERVICE)

    def told(*options: str) -> tuple[set[str], set[str]]:
        found = json.loads(seawall("scan", str(tmp_path), "-o", "json", *options).stdout)["findings"]
        return {one["object"]["name"] for one in found}, {one["rule"] for one in found}

    assert {"web", "db"} <= told()[0]
    names, rules = told("-l", "app=web")
    assert names == {"web"}
    assert "workload/privileged-container" in rules
    assert "service/selector-without-workload" not in rules
    assert told("-l", "app in (db)")[0] == {"db"}
    assert told("-l", "app=nothing") == (set(), set())
    assert "in 1 workload" in seawall("scan", str(tmp_path), "-l", "app=db").stdout
    for options in (("app=(",), ("app=web", "--baseline", str(tmp_path / "a.yaml"))):
        wrong = seawall("scan", str(tmp_path), "-l", *options)
        assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_all_namespaces_is_more_than_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(LABELLED.format(name).replace("shop", name))
    assert "in 1 workload" in seawall("scan", str(tmp_path), "-n", "a").stdout
    assert "in 2 workloads" in seawall("scan", str(tmp_path), "-n", "a", "-A").stdout


def test_as_is_a_question_to_a_live_cluster(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LABELLED.format("web"))
    ended = seawall("scan", str(tmp_path), "--as", "jane")
    assert (ended.returncode, "--as asks a live cluster" in ended.stderr) == (2, True)
