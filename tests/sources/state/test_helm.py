"""Charts, rendered by a real helm where there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.e2e.cluster.build import program
from tests.e2e.cluster.missing import Missing

from seawall.kit.errors import UserError
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.workload_kinds import Deployment
from seawall.sources.state import helm, read
from seawall.spi.source import StateOptions

DEPLOYMENT = """\
{{- if .Values.enabled }}
# Rendered for {{ .Release.Name }}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.name" . }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
      {{- range .Values.containers }}
      - name: {{ . }}
        image: "nginx:{{ $.Values.tag }}"
        securityContext:
          privileged: true
      {{- end }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: {{ .Values.type }}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "My_Chart"
    (folder / "templates" / "tests").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.1.0\n")
    (folder / "values.yaml").write_text(
        "enabled: true\nreplicas: 2\ntag: '1'\ntype: ClusterIP\ncontainers: [one, two]\n"
    )
    (folder / "templates" / "_helpers.tpl").write_text('{{- define "web.name" -}}\nweb\n{{- end -}}\n')
    (folder / "templates" / "web.yaml").write_text(DEPLOYMENT)
    (folder / "templates" / "tests" / "test.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations:\n    helm.sh/hook: test\n"
    )
    return folder


@pytest.fixture
def with_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("helm") or os.environ.get(helm.VARIABLE):
        return
    try:
        monkeypatch.setenv(helm.VARIABLE, str(program("helm")))
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.usefixtures("with_helm")
def test_a_chart_is_rendered_and_findings_point_into_its_templates(chart: Path) -> None:
    cluster = read((str(chart),), StateOptions())
    assert cluster.coverage.objects == {"Service": 1, "Deployment": 1}
    (web,) = cluster.of(Deployment)
    template = str(chart / "templates" / "web.yaml")
    assert (web.origin.source, web.spec.replicas, len(web.spec.template.spec.containers)) == (template, 2, 2)

    def text_at(path: str) -> str:
        return DEPLOYMENT.split("\n")[cluster.line_of(web.origin, path) - 1].strip()

    assert text_at("spec.template.spec.containers[1].securityContext.privileged") == "privileged: true"
    assert text_at("spec.template.spec.containers[0].image") == 'image: "nginx:{{ $.Values.tag }}"'
    assert text_at("spec.replicas") == "replicas: {{ .Values.replicas }}"
    assert (
        text_at("spec.template.spec.hostNetwork") == "template:"
    )  # the nearest ancestor whose line is the only one of its kind
    assert text_at("kind") == "kind: Deployment"
    (service,) = cluster.of(Service)
    assert DEPLOYMENT.split("\n")[cluster.line_of(service.origin, "spec.type") - 1] == "  type: {{ .Values.type }}"
    assert (cluster.raw(web) or {})["metadata"]["name"] == "web"


@pytest.mark.usefixtures("with_helm")
def test_values_files_count(chart: Path, tmp_path: Path) -> None:
    values = tmp_path / "prod.yaml"
    values.write_text("replicas: 7\ntype: NodePort\n")
    cluster = read((str(chart),), StateOptions(values=(str(values),)))
    assert cluster.of(Deployment)[0].spec.replicas == 7
    assert cluster.of(Service)[0].spec.type == "NodePort"


@pytest.mark.usefixtures("with_helm")
def test_a_chart_within_a_folder_is_rendered_too(chart: Path) -> None:
    (chart.parent / "plain.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n")
    cluster = read((str(chart.parent),), StateOptions())
    assert cluster.coverage.objects == {"Service": 1, "Deployment": 1, "Namespace": 1}
    assert cluster.coverage.gaps == ()


@pytest.mark.usefixtures("with_helm")
def test_a_chart_that_helm_refuses(chart: Path) -> None:
    (chart / "templates" / "bad.yaml").write_text("a: {{ .Values.missing.deeper }}\n")
    with pytest.raises(UserError, match="nil pointer evaluating"):
        read((str(chart),), StateOptions())
    cluster = read((str(chart.parent),), StateOptions())
    (gap,) = cluster.coverage.gaps
    assert (gap.reason, gap.where) == ("unsupported", str(chart))
    assert "\n" not in gap.what


def test_without_helm_there_is_a_clear_line(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(helm.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(chart))
    with pytest.raises(UserError, match="helm is not installed; render it yourself"):
        read((str(chart),), StateOptions())
    (gap,) = read((str(chart.parent),), StateOptions()).coverage.gaps
    assert gap.what.startswith("helm is not installed")
