"""Kustomizations, built by a real kubectl where there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.e2e.cluster.build import program
from tests.e2e.cluster.missing import Missing

from seawall.kit.errors import UserError
from seawall.model.cluster.config_kinds import ConfigMap
from seawall.model.cluster.workload_kinds import Deployment
from seawall.sources.state import kustomize, read
from seawall.spi.source import StateOptions

BASE = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        securityContext:
          privileged: true
"""


@pytest.fixture(autouse=True)
def _with_kubectl(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "without" in request.node.name or shutil.which("kubectl") or os.environ.get(kustomize.VARIABLE):
        return
    try:
        monkeypatch.setenv(kustomize.VARIABLE, str(program("kubectl")))
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("base", "prod", "stage"):
        (tmp_path / name).mkdir()
    (tmp_path / "base" / "kustomization.yaml").write_text(
        "resources: [web.yaml]\nconfigMapGenerator:\n- name: cfg\n  literals: [a=b]\n"
    )
    (tmp_path / "base" / "web.yaml").write_text(BASE)
    for name in ("prod", "stage"):
        (tmp_path / name / "kustomization.yml").write_text(
            f"resources: [../base]\nnamePrefix: {name}-\npatches:\n- path: patch.yaml\n"
        )
        (tmp_path / name / "patch.yaml").write_text(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {hostNetwork: true}}}\n"
        )
    return tmp_path


def test_a_kustomization_is_built_and_findings_point_into_its_files(folder: Path) -> None:
    cluster = read((str(folder / "prod"),), StateOptions())
    assert cluster.coverage.objects == {"ServiceAccount": 1, "Deployment": 1, "ConfigMap": 1}
    (web,) = cluster.of(Deployment)
    assert (web.name, web.spec.template.spec.host_network, web.metadata.annotations) == ("prod-web", True, {})
    assert (web.origin.source, web.origin.line) == (str(folder / "base" / "web.yaml"), 6)
    line = cluster.line_of(web.origin, "spec.template.spec.containers[0].securityContext.privileged")
    assert BASE.split("\n")[line - 1].strip() == "privileged: true"
    (config,) = cluster.of(ConfigMap)
    assert config.origin.source == str(folder / "base" / "kustomization.yaml")
    assert (cluster.raw(web) or {})["metadata"] == {"name": "prod-web"}


def test_of_a_folder_what_nothing_builds_on_is_built(folder: Path) -> None:
    cluster = read((str(folder),), StateOptions())
    assert [thing.name for thing in cluster.of(Deployment)] == ["prod-web", "stage-web"]
    assert cluster.coverage.gaps == ()


def test_paths_are_shown_as_they_were_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (web,) = read(("prod",), StateOptions()).of(Deployment)
    assert web.origin.source == "base/web.yaml"


def test_nothing_is_fetched(folder: Path) -> None:
    (folder / "prod" / "kustomization.yml").write_text("resources: ['https://127.0.0.1:1/x.yaml']\n")
    with pytest.raises(UserError, match="build it yourself"):
        read((str(folder / "prod"),), StateOptions())
    (gap,) = read((str(folder),), StateOptions()).coverage.gaps
    assert (gap.reason, gap.where) == ("unsupported", str(folder / "prod"))


def test_without_kubectl_there_is_a_clear_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(kustomize.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(UserError, match="kubectl is not installed; build it yourself"):
        read((str(folder / "prod"),), StateOptions())
