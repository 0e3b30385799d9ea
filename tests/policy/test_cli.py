"""The policy verbs as a person types them: output, exit codes, errors with a place."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.policy.test_questions import GUARD, SHOP

from seawall.cli import seawall
from seawall.kit.errors import UserError


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "all.yaml").write_text(yaml.safe_dump_all([*SHOP, GUARD]))
    return folder


@pytest.fixture
def open_shop(tmp_path: Path) -> Path:
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / "all.yaml").write_text(yaml.safe_dump_all(SHOP))
    return folder


def run(*arguments: object) -> Result:
    found = CliRunner().invoke(seawall, ["policy", *map(str, arguments)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def tuples(folder: Path, *lines: object) -> Path:
    path = folder.parent / "tuples.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def test_eval_answers_in_order_with_both_traces(shop: Path) -> None:
    asked = tuples(
        shop,
        {
            "from": {"workload": "shop/web", "kind": "Deployment"},
            "to": {"service": "shop/db"},
            "protocol": "TCP",
            "port": 15432,
        },
        {"from": {"workload": "pay/api"}, "to": {"workload": "shop/db"}, "protocol": "TCP", "port": 5432},
        "",
        {"from": {"ip": "203.0.113.9"}, "to": {"workload": "shop/web"}, "protocol": "UDP", "port": 53},
    )
    done = run("eval", shop, "--tuples", asked, "-o", "json")
    assert done.exit_code == 0
    verdicts = json.loads(done.stdout)["verdicts"]
    assert [one["allowed"] for one in verdicts] == [True, False, True]
    assert verdicts[1]["egress"]["allowed"] is True
    assert verdicts[1]["ingress"]["allowed"] is False
    decided = verdicts[1]["ingress"]["decidedBy"]
    assert decided["rule"]["policy"]["name"] == "db"
    assert decided["rule"]["place"].startswith(f"{shop}/all.yaml:")
    assert "isolates ingress" in verdicts[1]["reason"]
    table = run("eval", shop, "--tuples", asked)
    assert table.stdout.startswith("2 allowed, 1 denied, 0 not known or split")


def test_eval_exits_with_3_where_it_cannot_tell(shop: Path) -> None:
    asked = tuples(shop, {"from": {"workload": "no/body"}, "to": {"workload": "shop/db"}, "port": 5432})
    done = run("eval", shop, "--tuples", asked, "-o", "json")
    assert done.exit_code == 3
    (verdict,) = json.loads(done.stdout)["verdicts"]
    assert verdict["allowed"] is None
    assert "no/body" in verdict["reason"]


def test_a_line_that_is_no_connection_is_named(shop: Path) -> None:
    asked = tuples(shop, {"from": {"pod": "a/b"}, "to": {"pod": "a/b"}, "port": 1}, '{"from": {"pod": 3}}')
    with pytest.raises(UserError, match=r"tuples\.jsonl:2"):
        run("eval", shop, "--tuples", asked)


def test_explain_offers_a_change_that_was_tried(shop: Path) -> None:
    done = run("explain", shop, "--from", "pay/api", "--to", "service:shop/db", "--port", 15432)
    assert done.exit_code == 0
    assert done.stdout.startswith("DENIED")
    assert "Smallest change that allows it (tried, and judged again)" in done.stdout
    assert "kubectl patch networkpolicy.networking.k8s.io/db -n shop --type=json" in done.stdout
    found = json.loads(
        run("explain", shop, "--from", "pay/api", "--to", "shop/db", "--port", 5432, "-o", "json").stdout
    )
    assert found["edits"][0]["verified"] is True
    assert found["near"][0]["misses"] == "peer"
    with pytest.raises(UserError, match="is no pod, workload, service or address"):
        run("explain", shop, "--from", "pay/nobody", "--to", "shop/db")


def test_reach_in_every_form(shop: Path) -> None:
    table = run("reach", shop)
    assert "shop/web (Deployment)" in table.stdout
    csv = run("reach", shop, "-o", "csv", "--port", 5432, "--no-outside").stdout.splitlines()
    assert csv[0] == "from,to,allowed,on_some_pods,not_known"
    assert "shop/web (Deployment),shop/db (Deployment),TCP 5432,," in csv
    assert not any(line.startswith("pay/api (Deployment),shop/db") for line in csv)
    dot = run("reach", shop, "-o", "dot").stdout
    assert dot.startswith("digraph reach {")
    assert '"shop/web (Deployment)" -> "shop/db (Deployment)" [label="TCP 5432"];' in dot
    matrix = run("reach", shop, "-o", "matrix").stdout
    assert "FROM \\ TO" in matrix
    focus = json.loads(run("reach", shop, "--focus", "shop/db", "-o", "json").stdout)
    assert all("shop/db (Deployment)" in (edge["source"], edge["destination"]) for edge in focus["edges"])
    into = json.loads(run("who-can-reach", shop, "--to", "shop/db", "-o", "json").stdout)
    assert [edge["source"] for edge in into["edges"]] == ["shop/web (Deployment)"]


def test_exposure(shop: Path) -> None:
    found = json.loads(run("exposure", shop, "-o", "json").stdout)
    into = {(one["workload"], one["whom"]) for one in found["exposures"] if one["direction"] == "ingress"}
    assert ("shop/web (Deployment)", "outside") in into
    assert ("shop/db (Deployment)", "outside") not in into
    assert run("exposure", shop).stdout.startswith("of 3 workloads 2 are open to addresses outside, 2 to any pod")


def test_diff_and_equivalent_exit_by_what_changed(shop: Path, open_shop: Path) -> None:
    closed = run("diff", open_shop, shop, "--fail-on", "allowed")
    assert closed.exit_code == 0
    assert "0 connections newly allowed" in closed.stdout
    assert run("diff", shop, open_shop, "--fail-on", "allowed").exit_code == 1
    assert run("diff", shop, shop, "--fail-on", "any").exit_code == 0
    assert json.loads(run("diff", shop, open_shop, "-o", "json").stdout)["changes"]
    assert run("equivalent", shop, shop).exit_code == 0
    different = run("equivalent", shop, open_shop)
    assert different.exit_code == 1
    assert "not equivalent" in different.stdout


def test_assert_in_every_form(shop: Path, tmp_path: Path) -> None:
    tests = tmp_path / "reachability.yaml"
    good = {
        "name": "web to db",
        "from": {"workload": "shop/web"},
        "to": {"service": "shop/db"},
        "port": 15432,
        "allowed": True,
    }
    bad = {
        "name": "api to db",
        "from": {"workload": "pay/api"},
        "to": {"workload": "shop/db"},
        "port": 5432,
        "allowed": True,
    }
    tests.write_text(yaml.safe_dump({"tests": [good]}))
    assert run("assert", shop, "--tests", tests).exit_code == 0
    tests.write_text(yaml.safe_dump({"profile": "strict", "tests": [good, bad]}))
    done = run("assert", shop, "--tests", tests, "-o", "junit")
    assert done.exit_code == 1
    suite = ElementTree.fromstring(done.stdout)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    target = tmp_path / "out.sarif"
    run("assert", shop, "--tests", tests, "-o", "sarif", "--output-file", target)
    (result,) = json.loads(target.read_text())["runs"][0]["results"]
    assert result["level"] == "error"
    assert "1 passed, 1 failed" in run("assert", shop, "--tests", tests).stdout
    tests.write_text("tests: [{from: {workload: a/b}}]")
    with pytest.raises(UserError, match="no reachability tests"):
        run("assert", shop, "--tests", tests)


def test_lint_fails_on_what_does_nothing(shop: Path, tmp_path: Path) -> None:
    assert run("lint", shop).exit_code == 0
    twice = {**GUARD, "metadata": {**GUARD["metadata"], "name": "again"}}
    folder = tmp_path / "twice"
    folder.mkdir()
    (folder / "all.yaml").write_text(yaml.safe_dump_all([*SHOP, GUARD, twice]))
    done = run("lint", folder)
    assert done.exit_code == 1
    assert "another rule does the same and more" in done.stdout


def test_generated_policies_are_judged_before_they_are_printed(shop: Path, tmp_path: Path) -> None:
    done = run("generate", "default-deny", shop, "--for", "shop")
    assert done.exit_code == 0
    assert "# judged: it reaches DNS: yes" in done.stdout
    assert [one["metadata"]["name"] for one in yaml.safe_load_all(done.stdout)] == ["default-deny", "allow-dns"]
    app = run("generate", "default-app", shop, "--for", "shop/web", "--form", "cilium")
    assert next(yaml.safe_load_all(app.stdout))["kind"] == "CiliumNetworkPolicy"
    with pytest.raises(UserError, match="belongs to a namespace"):
        run("generate", "default-deny")
    assert "# not judged" in run("generate", "default-deny", "--form", "cluster").stdout


def test_list_shows_tiers_in_order(shop: Path) -> None:
    assert "shop/db (NetworkPolicy)" in run("list", shop).stdout
    (tier,) = json.loads(run("list", shop, "-o", "json").stdout)["tiers"]
    assert tier["name"] == "default"
    assert tier["policies"][0]["selects"] == 1


def test_refused_policies_are_named_with_their_line(shop: Path, tmp_path: Path) -> None:
    bad = {
        **GUARD,
        "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]},
    }
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "all.yaml").write_text(yaml.safe_dump_all([*SHOP, bad]))
    done = run("explain", folder, "--from", "pay/api", "--to", "shop/db", "--port", 5432)
    assert done.exit_code == 3
    assert "UNKNOWN" in done.stdout
    assert f"{folder}/all.yaml:" in done.stdout
    assert "together with another peer (refused)" in done.stdout
    assert run(
        "explain", folder, "--from", "pay/api", "--to", "shop/db", "--port", 5432, "--assume-rejected"
    ).stdout.startswith("ALLOWED")
