"""How a scan stands by a framework: each state, by hand and by a slow second version over generated findings."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.app.compliance import Fact, Sight, framework_named, judged, names, of_report
from seawall.app.scan import exceptions_from, scan_cluster
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.compliance import Compliance, State
from seawall.render import compliance as render
from seawall.sources.state import read
from seawall.spi import catalogue
from seawall.spi.controls import frameworks
from seawall.spi.source import StateOptions

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{team: {team}}}{more}}}
spec: {{hostIPC: {ipc}, containers: [{{name: c, image: "registry.example/c:1"}}]}}
---
"""


def report(folder: Path, text: str, framework: str = "cis-1.12") -> Compliance:
    (folder / "a.yaml").write_text(text)
    cluster = read((str(folder),), StateOptions())
    return of_report(framework_named(framework), scan_cluster(cluster), cluster, "2026-11-24")


def pod(name: str = "p", namespace: str = "shop", team: str = "front", ipc: bool = True, more: str = "") -> str:
    return POD.format(
        name=name, namespace=json.dumps(namespace), team=json.dumps(team), ipc=str(ipc).lower(), more=more
    )


def states(found: Compliance) -> dict[str, State]:
    return {one.id: one.state for one in found.controls}


def test_a_fault_fails_its_own_control_and_no_neighbour(tmp_path: Path) -> None:
    found = report(tmp_path, pod() + pod("q", ipc=False))
    told = states(found)
    assert (told["5.2.4"], told["5.2.3"], told["5.2.5"]) == (State.FAIL, State.PASS, State.PASS)
    assert told["1.1.1"] is State.NOT_COVERED
    (control,) = (one for one in found.controls if one.id == "5.2.4")
    assert (control.objects, control.fail, control.severity, control.checks) == (
        1,
        1,
        "high",
        ("workload/host-namespace",),
    )


def test_what_could_not_be_read_is_no_pass(tmp_path: Path) -> None:
    assert states(report(tmp_path, pod(ipc=False)))["5.2.4"] is State.PASS
    (tmp_path / "b.yaml").write_text("a: [")
    found = report(tmp_path, pod(ipc=False))
    (control,) = (one for one in found.controls if one.id == "5.2.4")
    assert control.state is State.UNKNOWN
    assert "b.yaml" in control.why[0]
    assert states(report(tmp_path, pod()))["5.2.4"] is State.FAIL
    # A document of a kind that the control is not about touches it not.
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: x}\nspec: 3\n")
    assert states(report(tmp_path, pod(ipc=False)))["5.2.4"] is State.PASS


def test_what_is_accepted_is_neither_fail_nor_pass(tmp_path: Path) -> None:
    accepted = ', annotations: {seawall.dev/allow: "workload/host-namespace until=2099-01-01 owner=o It must."}'
    assert states(report(tmp_path, pod(more=accepted)))["5.2.4"] is State.ACCEPTED


def test_what_a_folder_never_holds_is_out_of_scope(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pod())
    cluster = read((str(tmp_path),), StateOptions())
    scanned = scan_cluster(cluster)
    outside = {one.rule: one.why for one in scanned.out_of_scope}
    assert "lifecycle/vulnerable-kubelet" in outside
    everything = Sight({check.id: "manifests hold none" for check in catalogue.checks()}, (), (), ())
    told = judged(framework_named("nsa"), (), everything, tool="t", cluster="c", scope="s", at="")
    assert {one.state for one in told.controls} == {State.OUT_OF_SCOPE}
    assert told.controls[0].why == ("manifests hold none",)
    some = Sight({"lifecycle/vulnerable-kubelet": "manifests hold none"}, (), (), ())
    told = judged(framework_named("nsa"), (), some, tool="t", cluster="c", scope="s", at="")
    [upgrading] = [one for one in told.controls if one.id == "upgrading"]
    assert upgrading.state is State.PASS
    assert upgrading.why == (f"1 of {len(upgrading.checks)} checks could not look: manifests hold none",)


def test_teams_and_namespaces_stand_for_themselves(tmp_path: Path) -> None:
    text = pod() + pod("q", "bank", "back", ipc=False)
    found = report(tmp_path, text)
    units = {one.name: one for one in (*found.namespaces, *found.teams)}
    assert "5.2.4" in units["shop"].failing and "5.2.4" in units["front"].failing
    assert "5.2.4" not in units["bank"].failing and "5.2.4" not in units["back"].failing
    assert units["shop"].fail == units["front"].fail > units["bank"].fail
    # Roles of the whole cluster belong to no namespace: their controls are not counted there.
    assert sum(units["shop"].states.values()) < len(found.controls)


def test_a_name_that_is_none_lists_all() -> None:
    with pytest.raises(UserError, match=r"cis-1\.12"):
        framework_named("cis-2")
    assert len(set(names())) == len(names()) == 11


_IDS = [check.id for check in catalogue.checks() if not check.preview]
_MAPS = {check.id: check.maps for check in catalogue.checks()}


@settings(deadline=None)
@given(
    st.sampled_from(frameworks()),
    st.lists(
        st.tuples(
            st.sampled_from(_IDS),
            st.sampled_from(("fail", "unknown", "skipped")),
            st.sampled_from(("spec.hostPID", "spec.hostIPC", "spec.x")),
        ),
        max_size=12,
    ),
    st.sets(st.sampled_from(_IDS), max_size=40),
)
def test_as_finding_by_finding(framework, drawn, outside) -> None:  # type: ignore[no-untyped-def]
    facts = [
        Fact(str(n), rule, status, "low", "n", "", ("Pod", "n", str(n)), path)
        for n, (rule, status, path) in enumerate(drawn)
    ]
    sight = Sight(dict.fromkeys(outside, "why"), (), ("n",), ())
    found = judged(framework, facts, sight, tool="t", cluster="c", scope="s", at="")
    for control in found.controls:
        looking = [rule for rule in _IDS if any(framework.concerns(place) == control.id for place in _MAPS[rule])]
        told = [
            status
            for rule, status, path in drawn
            if any(framework.concerns(place) == control.id and path.endswith(place.field) for place in _MAPS[rule])
        ]
        if not looking:
            expected = "not covered"
        elif told:
            expected = "fail" if "fail" in told else "unknown" if "unknown" in told else "accepted"
        else:
            expected = "out of scope" if all(rule in outside for rule in looking) else "pass"
        assert control.state.value == expected, control
    assert sum(found.states.values()) == len(found.controls)


def test_a_gap_without_a_kind_leaves_no_pass() -> None:
    gap = Gap("unreadable", "no YAML", where="a.yaml:3")
    for framework in frameworks():
        found = judged(framework, (), Sight({}, (gap,), (), ()), tool="t", cluster="c", scope="s", at="")
        assert not found.states["pass"] and found.partial == ("unreadable: a.yaml:3: no YAML",)


def test_formats(tmp_path: Path) -> None:
    hostile = pod("p", "<script>", "'\"><b>")
    found = report(tmp_path, hostile)
    assert json.loads(render.as_json((found,)))["framework"] == "cis-1.12"
    assert len(json.loads(render.as_json((found, found)))) == 2
    rows = list(csv.DictReader(io.StringIO(render.as_csv((found,)))))
    assert [row["control"] for row in rows] == [one.id for one in found.controls]
    assert {row["state"] for row in rows if row["control"] == "5.2.4"} == {"fail"}
    page = render.as_html((found,))
    assert "<script" not in page and "&lt;script&gt;" in page and "<b>'" not in page
    assert page == render.as_html((found,))


def test_exceptions_of_a_file_count(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pod())
    accepted = tmp_path / "accepted.txt"
    accepted.write_text("exceptions:\n  - {rule: 'workload/*', reason: r, owner: o, until: 2099-01-01}\n")
    cluster = read((str(tmp_path),), StateOptions())
    from datetime import date

    scanned = scan_cluster(cluster, exceptions=exceptions_from(str(accepted), date(2026, 11, 24)))
    assert (
        states(of_report(framework_named("pss-restricted"), scanned, cluster, ""))["hostNamespaces"] is State.ACCEPTED
    )
