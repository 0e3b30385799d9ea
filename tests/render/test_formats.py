"""One report in every format: each says the same counts, names the same places, and is what its readers expect."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from seawall.app.scan import exceptions_from, scan_cluster
from seawall.model.finding import Severity, Status
from seawall.model.report import SCHEMA, Report
from seawall.render import html, junit, markdown, sarif, table
from seawall.render import json as json_report
from seawall.sources.state import read
from seawall.spi.source import StateOptions

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "we<b>&|", namespace: shop}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - {name: c, image: "x:latest", securityContext: {privileged: true}}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: shop}
spec: {externalIPs: [1.2.3.4], ports: []}
---
apiVersion: v1
kind: Pod
metadata: {name: wrong, namespace: shop}
spec: {containers: none}
---
apiVersion: example.com/v1
kind: Mystery
metadata: {name: m}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    from datetime import date

    folder = tmp_path_factory.mktemp("render")
    (folder / "all.yaml").write_text(MANIFESTS)
    accepted = folder / "accepted.txt"
    accepted.write_text(
        "exceptions:\n  - {rule: service/external-ip, reason: 'agreed | <b>', owner: net, until: 2027-01-01}\n"
    )
    cluster = read((str(folder / "all.yaml"),), StateOptions())
    return scan_cluster(cluster, exceptions=exceptions_from(str(accepted), date(2026, 11, 24)))


def test_the_report_holds_one_of_each(report: Report) -> None:
    statuses = {finding.status for finding in report.findings}
    assert {Status.FAIL, Status.SKIPPED} <= statuses
    assert report.summary.unknown >= 1
    assert report.coverage.unknown_kinds
    assert report.exit_code(Severity.HIGH) == 1
    assert report.exit_code(None) == 3


def test_json(report: Report) -> None:
    decoded = json.loads(json_report.report(report))
    assert decoded["schema"] == SCHEMA
    assert decoded["summary"]["fail"] == sum(one["status"] == "fail" for one in decoded["findings"])
    assert sum(decoded["summary"]["bySeverity"].values()) == decoded["summary"]["fail"]
    privileged = next(one for one in decoded["findings"] if one["rule"] == "workload/privileged-container")
    assert privileged["line"] == 10
    assert privileged["owner"] == {"kind": "Deployment", "name": "we<b>&|", "namespace": "shop", "group": "apps"}


def test_sarif(report: Report) -> None:
    decoded = json.loads(sarif.report(report))
    assert decoded["version"] == "2.1.0"
    (run,) = decoded["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == report.summary.fail + report.summary.skipped
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 0
    assert any("suppressions" in result for result in run["results"])
    assert run["invocations"][0]["toolExecutionNotifications"], "what could not be told is told"


def test_junit(report: Report) -> None:
    suite = ElementTree.fromstring(junit.report(report, Severity.HIGH))
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) > 0
    assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error")) > 0
    by_name = {case.attrib["name"]: case for case in cases}
    assert by_name["workload/privileged-container"].find("failure") is not None
    assert by_name["service/external-ip"].find("skipped") is not None


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_is_one_file_without_the_network(report: Report) -> None:
    text = html.report(report)
    page = _Page()
    page.feed(text)
    assert page.links == []
    assert "b" in page.tags and text.count("we<b>") == 0, "names are escaped"
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert any("shop/we<b>&| (Deployment)" in piece for piece in page.text)


def test_markdown_tables_stay_tables(report: Report) -> None:
    text = markdown.report(report)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "**Accepted**" in text and "**Not known**" in text


@pytest.mark.parametrize("width", [80, 120, 200])
def test_tables_fit_the_terminal(report: Report, width: int) -> None:
    text = table.grouped(report, colour=False, width=width)
    first = text.splitlines()[0]
    assert first.startswith(("1 critical", "1 high", "2 high", "3 high")) or "high" in first
    body = [
        line for line in text.splitlines() if line.startswith(("SEVERITY", "critical", "high", "medium", "low", "info"))
    ]
    assert all(len(line) <= width for line in body)
    assert text.rstrip().splitlines()[-1].startswith("Next: seawall explain ")
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [80, 110, 160])
def test_a_long_path_costs_its_own_beginning_and_no_other_column(report: Report, width: int) -> None:
    deep = "/".join(["/home/somebody/of/the/platform/team/work", *["folder"] * 20, "all.yaml"])
    moved = msgspec.structs.replace(
        report, findings=tuple(msgspec.structs.replace(one, file=deep) for one in report.findings)
    )
    lines = table.grouped(moved, colour=False, width=width).splitlines()
    [heading] = [line for line in lines if line.startswith("SEVERITY")]
    assert heading.split() == ["SEVERITY", "RULE", "OBJECTS", *(["WHAT"] if width >= 120 else []), "WHERE"]
    privileged = next(at for at, line in enumerate(lines) if "workload/privileged-con" in line)
    assert lines[privileged].startswith("critical" if "critical" in lines[privileged] else "high ")
    assert re.search(r"…\S*all\.yaml:\d+", "\n".join(lines[privileged : privileged + 3]))
    assert all(len(line) <= width for line in lines[: lines.index("", 2)])


def test_wide_is_a_line_a_finding(report: Report) -> None:
    text = table.wide(report, colour=False)
    assert len(re.findall(r"(?m)^\S+all\.yaml:\d+: ", text)) == report.summary.fail


def test_coverage_says_what_was_not_read(report: Report) -> None:
    text = table.coverage(report)
    assert "refused:" in text
    assert "kinds without checks: 1 Mystery" in text or "Mystery" in text


def test_the_same_cluster_gives_the_same_bytes(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(MANIFESTS)
    once, again = (json_report.report(scan_cluster(read((str(path),), StateOptions()))) for _ in range(2))
    assert once == again
