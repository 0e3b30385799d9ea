"""Only what is new: by fingerprint, whatever lines, lists and pod names did; against a slow second version over generated reports."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.app.baseline import read_baseline, since
from seawall.app.scan import scan_cluster
from seawall.app.snapshot import save
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Coverage
from seawall.model.cluster.snapshot import Cluster
from seawall.model.finding import Finding, Reference, Severity, Status, Suppression
from seawall.model.report import SCHEMA, ClusterSummary, Report, RuleSummary, summarise
from seawall.render import json as json_report
from seawall.render import sarif, table
from seawall.sources.state import read
from seawall.spi.source import StateOptions

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {0}, namespace: {1}}}
spec:
  hostPID: {2}
  containers: [{{name: c, image: "registry.example/c:1"}}]
---
"""


def cluster(folder: Path, text: str, name: str = "files") -> Cluster:
    (folder / "a.yaml").write_text(text)
    return read((str(folder / "a.yaml"),), StateOptions(name=name))


def pod(name: str = "p", namespace: str = "shop", pid: bool = True) -> str:
    return POD.format(name, namespace, str(pid).lower())


def rules(findings: tuple[Finding, ...]) -> set[str]:
    return {one.rule for one in findings if one.status is Status.FAIL}


def test_what_moved_is_not_new_and_what_came_is(tmp_path: Path) -> None:
    before = scan_cluster(cluster(tmp_path, pod("p", pid=False)))
    moved = since(before, scan_cluster(cluster(tmp_path, "# a comment\n" + pod("p", pid=False))), "base.json")
    assert moved.baseline is not None and moved.shown == () and moved.exit_code(Severity.INFO) == 0
    worse = since(before, scan_cluster(cluster(tmp_path, pod("p"))), "base.json")
    assert rules(worse.shown) == {"workload/host-namespace"} and worse.exit_code(Severity.HIGH) == 1
    assert len(worse.findings) > len(worse.shown)
    better = since(scan_cluster(cluster(tmp_path, pod("p"))), scan_cluster(cluster(tmp_path, pod(pid=False))), "b")
    assert better.baseline is not None
    assert [one.rule for one in better.baseline.resolved] == ["workload/host-namespace"]
    assert better.exit_code(Severity.INFO) == 0


def test_a_report_and_a_snapshot_compare_alike(tmp_path: Path) -> None:
    world = cluster(tmp_path, pod(pid=False))
    (tmp_path / "base.json").write_bytes(json_report.report(scan_cluster(world)))
    save(world, str(tmp_path / "base.seawall"))
    now = scan_cluster(cluster(tmp_path, pod()))
    found = [
        since(read_baseline(str(tmp_path / name), scan_cluster), now, "b").baseline
        for name in ("base.json", "base.seawall")
    ]
    assert found[0] == found[1] and found[0] is not None and len(found[0].new) == 1


def test_what_could_not_be_told_again_is_not_resolved(tmp_path: Path) -> None:
    before = scan_cluster(cluster(tmp_path, pod()))
    broken = scan_cluster(
        cluster(tmp_path, "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: 3\n")
    )
    found = since(before, broken, "b")
    assert found.baseline is not None
    assert found.baseline.resolved == () and len(found.baseline.untold) == before.summary.fail
    assert found.baseline.new_gaps == 1 and found.exit_code(Severity.INFO) == 3
    again = since(broken, broken, "b")
    assert again.exit_code(Severity.INFO) == 0


def test_other_namespaces_and_rules_are_not_compared(tmp_path: Path) -> None:
    before = scan_cluster(cluster(tmp_path, pod() + pod("q", "bank")))
    now = scan_cluster(cluster(tmp_path, pod()))
    found = since(before, now, "b", namespaces=("shop",)).baseline
    assert found is not None and found.resolved == () and found.not_compared > 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no report"),
        (b"{}", "is no report"),
        (b"\x28\xb5\x2f\xfdxx", "base"),
        (b"apiVersion: v1\n", "is no report"),
    ],
)
def test_what_is_no_baseline_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "base"
    file.write_bytes(content)
    with pytest.raises(UserError, match=says):
        read_baseline(str(file), scan_cluster)


def test_another_cluster_is_refused(tmp_path: Path) -> None:
    before = scan_cluster(cluster(tmp_path, pod(), name="prod"))
    with pytest.raises(UserError, match='of the cluster "prod", and this is "files"'):
        since(before, scan_cluster(cluster(tmp_path, pod())), "base.json")


def test_formats_say_what_is_new_and_what_is_gone(tmp_path: Path) -> None:
    before = scan_cluster(cluster(tmp_path, pod("p") + pod("q", pid=False)))
    now = since(before, scan_cluster(cluster(tmp_path, pod("p", pid=False) + pod("q"))), "base.json")
    told = table.wide(now, colour=False)
    assert told.startswith("1 high new in 2 workloads since base.json; ") and "1 resolved" in told
    assert "Resolved:\n  workload/host-namespace shop/p (Pod)" in told
    states = [one["baselineState"] for one in json.loads(sarif.report(now))["runs"][0]["results"]]
    assert (states.count("new"), states.count("absent")) == (1, 1) and states.count("unchanged") == len(states) - 2
    assert len(json.loads(json_report.report(now))["findings"]) == len(now.findings)


_PLACES = st.tuples(st.sampled_from("abc"), st.sampled_from(("r/x", "r/y")))
_STATES = st.sampled_from(("low", "high", "skipped", "unknown"))


def made(drawn: dict[tuple[str, str], str]) -> Report:
    findings = []
    for (name, rule), state in drawn.items():
        severity = Severity(state) if state in ("low", "high") else Severity.LOW
        status = Status(state) if state in ("skipped", "unknown") else Status.FAIL
        there = Reference("Pod", name, "n")
        accepted = Suppression("r", "o", "2099-01-01", "w") if status is Status.SKIPPED else None
        mark = "?" if status is Status.UNKNOWN else ""
        findings.append(Finding(f"{name}{rule}{mark}", rule, severity, status, "", there, there, suppression=accepted))
    coverage = Coverage()
    return Report(
        SCHEMA, "t", ClusterSummary("c", "c", "files"), summarise(tuple(findings), coverage), tuple(findings),
        tuple(RuleSummary(one, one, Severity.LOW, "") for one in ("r/x", "r/y")), coverage, (),
    )  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(_PLACES, _STATES), st.dictionaries(_PLACES, _STATES))
def test_as_place_by_place(before: dict[tuple[str, str], str], now: dict[tuple[str, str], str]) -> None:
    found = since(made(before), made(now), "b").baseline
    assert found is not None
    new, resolved, untold = set(), set(), set()
    for place in {*before, *now}:
        old, new_state, name = before.get(place), now.get(place), "".join(place)
        if new_state == "unknown":
            if old != "unknown":
                new.add(f"{name}?")
        elif (new_state == "high" and old != "high") or (new_state == "low" and old not in ("low", "high")):
            new.add(name)
        if old in ("low", "high") and new_state is None:
            resolved.add(name)
        if old in ("low", "high") and new_state == "unknown":
            untold.add(name)
    assert set(found.new) == new
    assert {one.id for one in found.resolved} == resolved
    assert {one.id for one in found.untold} == untold
    assert set(found.worse) <= set(found.new)


def test_a_report_reads_back_as_it_was_written(tmp_path: Path) -> None:
    now = scan_cluster(cluster(tmp_path, pod()))
    assert msgspec.json.decode(json_report.report(now), type=Report) == now
