"""`policy recommend` and `policy preview` as a person types them, on Hubble's own lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from click.testing import CliRunner, Result
from tests.policy import worlds
from tests.policy.test_preview import SHOP

from seawall.cli import main, seawall
from seawall.kit.errors import UserError
from seawall.model import plan as change


def end(name: str, namespace: str, workload: str, labels: list[str] | None = None) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "pod_name": name,
        "labels": labels or [],
        "workloads": [{"name": workload, "kind": "Deployment"}],
    }


def flow(
    source: dict[str, Any], destination: dict[str, Any], port: int, verdict: str = "FORWARDED", **more: Any
) -> str:
    return json.dumps(
        {
            "flow": {
                "time": "2026-03-01T10:00:00Z",
                "verdict": verdict,
                "IP": {"source": "10.0.0.1", "destination": "10.0.0.3"},
                "l4": {"TCP": {"source_port": 40000, "destination_port": port}},
                "source": source,
                "destination": destination,
                "traffic_direction": "INGRESS",
                "is_reply": False,
                **more,
            }
        }
    )


WEB = end("web-0", "shop", "web", ["k8s:app=web"])
DB = end("db-0", "shop", "db", ["k8s:app=db"])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump_all(SHOP))
    return tmp_path / "shop.yaml"


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    lines = [
        flow(WEB, DB, 5432),
        flow(WEB, DB, 5432),
        flow(DB, WEB, 40000, is_reply=True, l4={"TCP": {"source_port": 5432, "destination_port": 40000}}),
    ]
    (tmp_path / "flows.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "flows.jsonl"


def run(*arguments: object) -> Result:
    found = CliRunner().invoke(seawall, ["policy", *map(str, arguments)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_what_is_recommended_cuts_nothing_that_was_recorded(shop: Path, flows: Path, tmp_path: Path) -> None:
    done = run("recommend", shop, "--flows", flows, "-o", "yaml")
    assert done.exit_code == 0
    documents = [one for one in yaml.safe_load_all(done.output) if one]
    assert [one["metadata"]["name"] for one in documents] == ["recommended-db", "recommended-web"]
    [rule] = documents[0]["spec"]["ingress"]
    assert rule == {
        "from": [{"podSelector": {"matchLabels": {"app": "web"}}}],
        "ports": [{"protocol": "TCP", "port": 5432}],
    }
    assert "1 of 1 observed flows stay allowed" in done.output
    (tmp_path / "recommended.yaml").write_text(done.output)
    tried = run(
        "preview", shop, "--with", tmp_path / "recommended.yaml", "--flows", flows, "--fail-on", "cut", "-o", "json"
    )
    assert tried.exit_code in (0, 3)
    assert json.loads(tried.output)["recorded"]["cut"] == 0


def test_what_is_recommended_is_a_plan_that_preview_reads(shop: Path, flows: Path, tmp_path: Path) -> None:
    """The Plan and the YAML of one recommendation are one change."""
    asked = ("recommend", shop, "--flows", flows)
    plan, policies = tmp_path / "plan.yaml", tmp_path / "policies.yaml"
    plan.write_text(run(*asked, "-o", "plan", "--expires", "2099-01-01").output)
    policies.write_text(run(*asked, "-o", "yaml").output)
    made = yaml.safe_load(plan.read_text())
    assert made["expires"].startswith("2099-01-01")
    assert [(step["operation"], step["target"]["name"]) for step in made["steps"]] == [
        ("create", "recommended-db"),
        ("create", "recommended-web"),
    ]
    assert any("1 of 1 observed flows stay allowed" in reason["says"] for reason in made["reasons"])
    by_plan, by_files = (
        run("preview", shop, "--with", given, "--flows", flows, "-o", "json").output for given in (plan, policies)
    )
    assert json.loads(by_plan) == json.loads(by_files)
    assert json.loads(by_plan)["possible"]["cut"] > 0
    put_in_force = tmp_path / "after.yaml"
    put_in_force.write_text(yaml.safe_dump_all([*SHOP, *(step["body"] for step in made["steps"])]))
    with pytest.raises(UserError, match=r"would create shop/recommended-db .*, which is there already"):
        run("preview", put_in_force, "--with", plan)
    with pytest.raises(UserError, match="there is nothing to change"):
        run("recommend", put_in_force, "--flows", flows, "-o", "plan")


def test_a_plan_that_narrows_and_deletes_is_previewed_as_what_it_leaves(shop: Path, tmp_path: Path) -> None:
    """Against the slow way: the folder as it is after the steps."""
    db = {"podSelector": {"matchLabels": {"app": "db"}}}
    open_ = worlds.policy("open", {**db, "ingress": [{}]}, "shop")
    shut = worlds.policy("shut", {**db, "ingress": []}, "shop")
    narrowed = {**open_, "spec": {**open_["spec"], "ingress": [{"ports": [{"port": 5432}]}]}}
    made = change.plan("narrow", (change.patch(open_, narrowed), change.delete(shut)), reasons=())
    before, after, plan = tmp_path / "before.yaml", tmp_path / "after.yaml", tmp_path / "plan.json"
    before.write_text(yaml.safe_dump_all([*SHOP, open_, shut]))
    after.write_text(yaml.safe_dump_all([*SHOP, narrowed]))
    plan.write_bytes(msgspec.json.encode(made))
    by_plan, by_folder = (
        json.loads(run("preview", before, *arguments, "-o", "json").output)
        for arguments in (("--with", plan), (after,))
    )
    assert by_plan == by_folder
    assert by_plan["possible"]["cut"] > 0


def test_a_plan_without_policies_is_refused_and_one_with_other_steps_says_so(shop: Path, tmp_path: Path) -> None:
    label = change.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}})
    shut = change.create(worlds.policy("shut", {"podSelector": {}, "policyTypes": ["Ingress"]}, "shop"))
    plan = tmp_path / "plan.json"
    plan.write_bytes(msgspec.json.encode(change.plan("labels", (label,), reasons=())))
    with pytest.raises(UserError, match="no step of it changes a policy"):
        run("preview", shop, "--with", plan)
    plan.write_bytes(msgspec.json.encode(change.plan("both", (label, shut), reasons=())))
    first = json.loads(run("preview", shop, "--with", plan, "-o", "json").output)["first"]
    assert "1 of its steps change something else than policies" in first[0]


def test_a_reply_is_the_client_s_flow(shop: Path, flows: Path) -> None:
    found = json.loads(run("recommend", shop, "--flows", flows, "-o", "json").output)
    assert found["proof"]["observed"] == 1
    assert {unit["name"]: unit["flows"] for unit in found["units"]} == {"db": 1, "web": 1}


def test_flows_of_a_pod_that_is_gone_are_listed_and_said_first(shop: Path, flows: Path) -> None:
    flows.write_text(flow(end("old-1", "shop", "old"), DB, 5432) + "\n" + flow(WEB, DB, 5432) + "\n")
    done = run("recommend", shop, "--flows", flows)
    assert done.exit_code == 3
    assert done.output.index("shop/old") < done.output.index("NetworkPolicies")
    assert "Not kept" in done.output


def test_a_workload_without_flows_gets_a_policy_only_by_name(shop: Path, flows: Path) -> None:
    flows.write_text(flow(WEB, end("x", "pay", "elsewhere"), 80) + "\n")
    assert "nothing was recorded of it" in run("recommend", shop, "--flows", flows).output
    named = json.loads(run("recommend", shop, "--flows", flows, "--for", "shop/db", "-o", "json").output)
    assert [(unit["name"], unit["seen"]) for unit in named["units"]] == [("db", False)]


def test_a_scan_is_said_first_and_left_out(shop: Path, flows: Path) -> None:
    knocks = [flow(WEB, DB, port) for port in range(1000, 1040)]
    flows.write_text("\n".join([*knocks, *[flow(WEB, DB, 5432)] * 5]) + "\n")
    found = json.loads(run("recommend", shop, "--flows", flows, "-o", "json").output)
    assert "shop/web knocked at 40" in found["first"][0]
    assert found["proof"]["leftOut"] == 40
    [policy] = [one for one in found["documents"] if one["metadata"]["name"] == "recommended-db"]
    assert [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]] == [5432]


def test_preview_fails_a_pipeline_and_comments(shop: Path, flows: Path, tmp_path: Path) -> None:
    shut = worlds.policy("shut", {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]}, "shop")
    (tmp_path / "after.yaml").write_text(yaml.safe_dump_all([*SHOP, shut]))
    done = run("preview", shop, tmp_path / "after.yaml", "--flows", flows, "--fail-on", "cut", "-o", "markdown")
    assert done.exit_code == 1
    assert done.output.startswith("### Seawall: this change cuts 1 recorded flows")
    assert "| shop/web | shop/db | TCP 5432 |" in done.output
    kept = run("preview", shop, shop, "--flows", flows, "--fail-on", "any")
    assert kept.exit_code == 0
    assert "Changed: nothing" in kept.output


def test_without_recorded_traffic_all_there_could_be_counts(shop: Path, tmp_path: Path) -> None:
    shut = worlds.policy("shut", {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]}, "shop")
    (tmp_path / "shut.yaml").write_text(yaml.safe_dump(shut))
    done = run("preview", shop, "--with", tmp_path / "shut.yaml", "--fail-on", "cut")
    assert done.exit_code == 1
    assert "newly denied" in done.output


@pytest.mark.parametrize("dialect", ["kubernetes", "cluster", "calico", "cilium"])
def test_the_demo_day_in_every_dialect(dialect: str) -> None:
    found = json.loads(run("recommend", "--demo", "--as", dialect, "-o", "json").output)
    assert found["proof"]["idle"] == []
    assert len(found["proof"]["notKept"]) == found["proof"]["observed"] - found["proof"]["kept"]
    assert any("looks like a scan" in one for one in found["first"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("recommend",), "nothing says what the cluster looks like"),
        (("preview",), "no change was named"),
    ],
)
def test_what_is_missing_is_said_in_one_line(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=words):
        run(*arguments)


def test_a_file_without_flows_is_named(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(UserError, match="no flow could be read"):
        run("recommend", shop, "--flows", tmp_path / "empty.jsonl")


def test_lines_that_cannot_be_read_are_counted_first(shop: Path, flows: Path) -> None:
    flows.write_text("no json\n" + flow(WEB, DB, 5432) + "\n")
    assert "1 records are lost" in run("recommend", shop, "--flows", flows).output.splitlines()[1]


def test_the_extra_that_is_needed_is_named_in_one_line(
    shop: Path, flows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(sys, "argv", ["seawall", "policy", "recommend", str(shop), "--flows", str(flows)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "pyarrow" in line
    assert "pip install" in line
