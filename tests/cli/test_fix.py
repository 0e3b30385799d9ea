"""`seawall fix` as a program: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: nginx:1.2  # pinned by the release
    securityContext: {runAsUser: 1000}
"""
MENDED = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: nginx:1.2  # pinned by the release
    securityContext: {runAsUser: 1000, allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}}
  securityContext:
    seccompProfile:
      type: RuntimeDefault
"""


def seawall(
    *arguments: str, stdin: str | None = None, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seawall", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=60,
        check=False,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def test_standard_input_comes_out_mended_and_nothing_else_does() -> None:
    done = seawall("fix", "-f", "-", stdin=POD)
    assert done.stdout == MENDED
    assert done.returncode == 0
    assert "can be fixed" in done.stderr


def test_the_diff_is_a_patch(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    done = seawall("fix", ".", folder=tmp_path)
    assert (tmp_path / "pod.yaml").read_text() == POD
    subprocess.run(["patch", "-p1", "-s"], cwd=tmp_path, input=done.stdout, text=True, check=True)
    assert (tmp_path / "pod.yaml").read_text() == MENDED
    assert seawall("fix", ".", folder=tmp_path).stdout == ""


def test_writing_and_every_form(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(POD)
    table = seawall("fix", str(path), "-o", "table").stdout
    assert "workload/seccomp-unset" in table
    assert "--unsafe" in table
    assert "```diff" in seawall("fix", str(path), "-o", "markdown").stdout
    answer = json.loads(seawall("fix", str(path), "--write", "-o", "json").stdout)
    assert answer["files"][0]["written"] is True
    assert {row["rule"] for row in answer["fixed"]} >= {"workload/seccomp-unset", "workload/undropped-capability"}
    assert path.read_text() == MENDED


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing to fix was named"),
        (("no-such.yaml",), "no such file"),
        (("-", "pod.yaml"), "standard input is fixed alone"),
        (("--context", "prod"), "a live cluster has no files"),
        (("pod.yaml", "--rule", "no/such"), "no rule fits"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    done = seawall("fix", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.2
        securityContext:
          privileged: %s
"""


def test_a_chart_is_not_changed_but_pointed_into(tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    template = chart / "templates" / "web.yaml"
    template.parent.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    template.write_text(DEPLOYMENT % "{{ .Values.web.privileged }}")
    helm = tmp_path / "helm"
    rendered = "---\n# Source: chart/templates/web.yaml\n" + DEPLOYMENT % "true"
    helm.write_text(f"#!/bin/sh\ncat <<'END'\n{rendered}END\n")
    helm.chmod(0o755)
    done = seawall("fix", str(chart), "--unsafe", "--write", "-o", "json", SEAWALL_HELM=str(helm))
    answer = json.loads(done.stdout)
    assert answer["files"] == []
    (row,) = [row for row in answer["generated"] if row["rule"] == "workload/privileged-container"]
    assert row["place"] == f"{template}:14"
    assert "`web.privileged` in the values" in row["why"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl builds kustomizations")
def test_a_kustomization_is_not_changed_but_pointed_into(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [web.yaml]\nnamePrefix: a-\n")
    (tmp_path / "web.yaml").write_text(DEPLOYMENT % "true")
    done = seawall("fix", str(tmp_path), "--unsafe", "--write", "-o", "json")
    answer = json.loads(done.stdout)
    assert answer["files"] == []
    (row,) = [row for row in answer["generated"] if row["rule"] == "workload/privileged-container"]
    assert row["place"] == f"{tmp_path / 'web.yaml'}:14"
    assert "kustomize" in row["why"]
    assert (tmp_path / "web.yaml").read_text() == DEPLOYMENT % "true"
