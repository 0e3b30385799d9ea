"""`seawall access …`, run as people and scripts run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.access.objects import Document, aggregated, bind, role, rule
from tests.oracle import Oracle
from tests.oracle.generate.rbac import World, worlds

from seawall.access import groups_of
from seawall.access.decision import Principal
from seawall.app.access import Target, principal_named, target_of
from seawall.cli import seawall
from seawall.kit.errors import UserError


def run(*words: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(seawall, ["access", *words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(*words: str, stdin: str | None = None) -> Any:
    return json.loads(run(*words, "-o", "json", stdin=stdin).stdout)


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    return written(
        tmp_path / "rbac.yaml",
        role("reader", rule("get list", "secrets"), namespace="shop"),
        role("all", rule("*", "*", "*")),
        bind("web-reads", "reader", "account:web", namespace="shop"),
        bind("admins", "all", "group:admins"),
        bind("dangling", "gone", "user:bob"),
    )


def written(path: Path, *documents: Document) -> str:
    path.write_text(yaml.safe_dump_all(documents))
    return str(path)


# ------------------------------------------------------------------------------------------------ can


def test_can(manifests: str) -> None:
    yes = run("can", "get", "secrets", manifests, "--as", "shop/web", "-n", "shop")
    assert (yes.exit_code, yes.stdout.splitlines()[0]) == (0, "yes")
    assert "RoleBinding shop/web-reads gives Role reader to service account shop/web" in yes.stdout
    no = run("can", "delete", "secrets", manifests, "--as", "shop/web", "-n", "shop")
    assert (no.exit_code, no.stdout.splitlines()[0]) == (1, "no")
    assert "rbac.yaml:" in no.stdout, "what is wrong with the objects is told with a place"
    unknown = run("can", "get", "secrets", manifests, "--as", "shop/web", "--open")
    assert (unknown.exit_code, unknown.stdout.splitlines()[0]) == (3, "cannot tell")
    assert (
        answer("can", "get", "pods", manifests, "--as", "eve", "--as-group", "admins")["decisions"][0]["allowed"]
        is True
    )


def test_tuples_are_answered_in_order_in_the_promised_form(manifests: str, tmp_path: Path) -> None:
    asked = [
        {"user": "system:serviceaccount:shop:web", "groups": [], "verb": "get", "group": "", "resource": "secrets", "subresource": "", "name": "db", "namespace": "shop"},
        {"user": "eve", "groups": ["admins"], "verb": "get", "nonResourceURL": "/metrics"},
        {"user": "eve", "groups": ["system:masters"], "verb": "get", "nonResourceURL": "/metrics"},
        {"user": "bob", "groups": [], "verb": "get", "group": "", "resource": "nodes", "subresource": "", "name": "", "namespace": ""},
    ]  # fmt: skip
    lines = "\n".join(json.dumps(one) for one in asked) + "\n\n"
    (tmp_path / "asked.jsonl").write_text(lines)
    found = answer("can", manifests, "--tuples", str(tmp_path / "asked.jsonl"))
    assert list(found) == ["decisions"]
    assert [set(one) for one in found["decisions"]] == [{"allowed", "reason"}] * 4
    assert [one["allowed"] for one in found["decisions"]] == [True, False, True, False]
    assert found == answer("can", manifests, "--tuples", "-", stdin=lines)


def test_null_is_as_good_as_left_out(manifests: str) -> None:
    line = '{"user": "eve", "groups": null, "verb": "get", "resource": "pods", "name": null, "nonResourceURL": null}'
    assert answer("can", manifests, "--tuples", "-", stdin=line)["decisions"][0]["allowed"] is False


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "asked.jsonl:2"),
        ('{"user": 1}', "Expected `str`"),
        ("[1]", "Expected `object`"),
    ],
)
def test_a_line_that_is_no_request_is_named(manifests: str, tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text('{"user": "x", "verb": "get", "resource": "pods"}\n' + line + "\n")
    with pytest.raises(UserError, match=says):
        run("can", manifests, "--tuples", str(path))


def test_wrong_use() -> None:
    assert run("can", "get").exit_code == 2
    assert run("can", "get", "pods", "x.yaml").exit_code == 2
    assert run("can", "--authorization-mode", "Webhook", "get", "pods").exit_code == 2
    assert run("diff", "one").exit_code == 2
    with pytest.raises(UserError, match=r"nothing to read|no such file"):
        run("who-can", "get", "pods")


@pytest.mark.oracle
def test_a_folder_of_manifests_is_decided_as_upstream_decides(oracle: Oracle, tmp_path: Path) -> None:
    """From YAML in many files to decisions, against upstream on the same objects and requests."""
    compared = 0
    for number, world in enumerate(worlds(71, 12, requests=300)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for index, document in enumerate(world.objects):
            (folder / f"{index}.yaml").write_text(yaml.safe_dump(document))
        asked = [{**one, "groups": list(groups_of(one["user"], tuple(one["groups"])))} for one in world.requests]
        (tmp_path / "asked.jsonl").write_text("\n".join(map(json.dumps, world.requests)))
        (upstream,) = oracle.rbac([World(world.objects, asked)], masters=True)
        found = answer("can", str(folder), "--tuples", str(tmp_path / "asked.jsonl"))
        assert [one["allowed"] for one in found["decisions"]] == [one.allowed for one in upstream.decisions]
        compared += len(asked)
    assert compared == 3_600


def test_abac(manifests: str, tmp_path: Path) -> None:
    policy = tmp_path / "abac.jsonl"
    policy.write_text('{"user": "eve", "resource": "pods", "namespace": "shop"}\n')
    words = ("can", "get", "pods", manifests, "--as", "eve", "-n", "shop")
    assert answer(*words)["decisions"][0]["allowed"] is False
    found = answer(*words, "--authorization-policy-file", str(policy))["decisions"][0]
    assert found == {"allowed": True, "reason": "ABAC: policy 1 of the file allows it"}
    policy.write_text("{\n")
    with pytest.raises(UserError, match=r"abac\.jsonl: line 1"):
        run(*words, "--authorization-policy-file", str(policy))


# ------------------------------------------------------------------------------------------------ the other directions


def test_who_can(manifests: str) -> None:
    found = answer("who-can", "get", "secrets", "-n", "shop", manifests)
    assert [one["subject"] for one in found["holders"]] == [
        {"kind": "Group", "name": "admins", "namespace": ""},
        {"kind": "ServiceAccount", "name": "web", "namespace": "shop"},
    ]
    assert found["holders"][1]["ways"][0]["binding"]["name"] == "web-reads"
    wide = answer("who-can", "get", "secrets", "--cluster-wide", manifests)
    assert [one["subject"]["name"] for one in wide["holders"]] == ["admins"]
    text = run("who-can", "get", "secrets", manifests).stdout
    assert text.startswith("2 may get secrets\n")
    assert "Besides: group system:masters may do everything" in text
    assert text.rstrip().endswith("Next: seawall access what-can group:admins says what else they may")


def test_what_can(manifests: str) -> None:
    found = answer("what-can", "shop/web", manifests)
    assert found["groups"] == ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]
    assert [(one["rule"]["text"], one["namespace"], one["by"]["name"]) for one in found["permissions"]] == [
        ("get, list secrets", "shop", "web")
    ]
    assert [one["power"] for one in found["escalations"]] == ["read-secrets"]
    assert "secret: may read secrets, shop" in run("what-can", "shop/web", manifests).stdout


def test_diff(manifests: str, tmp_path: Path) -> None:
    after = written(tmp_path / "after.yaml", role("all", rule("get", "pods")), bind("x", "all", "group:admins"))
    found = answer("diff", manifests, after)
    assert [(one["subject"]["name"], [rule["text"] for rule in one["lost"]]) for one in found["changes"]] == [
        ("admins", ["any verb on every resource"]),
        ("web", ["get, list secrets"]),
    ]
    assert run("diff", manifests, after).stdout.startswith("0 subjects gained, 2 lost permissions")
    assert answer("diff", manifests, manifests) == {"changes": [], "unknown": []}


def test_escalation(manifests: str, tmp_path: Path) -> None:
    found = answer("escalation", manifests)
    assert [(one["power"], one["subject"]["name"]) for one in found["escalations"]] == [
        ("everything", "admins"),
        ("read-secrets", "web"),
    ]
    steps = run("escalation", manifests, "--subject", "shop/web", "-o", "steps").stdout
    assert "  1. read the secrets of namespace shop" in steps
    system = written(
        tmp_path / "system.yaml", role("all", rule("*", "*", "*")), bind("m", "all", "group:system:masters")
    )
    assert run("escalation", system).stdout.startswith("0 ways of 0 subjects to more than was given; 1 of the system's own left out")  # fmt: skip
    assert len(answer("escalation", system, "--system")["escalations"]) == 1


def test_problems_are_told(tmp_path: Path) -> None:
    path = written(
        tmp_path / "loop.yaml",
        aggregated("a", "y", labels={"x": "yes"}),
        aggregated("b", "x", labels={"y": "yes"}),
        bind("p", "a", "user:alice"),
    )
    text = run("who-can", "get", "pods", path).stdout
    assert f"{path}:1: a (ClusterRole) aggregates in a loop with b" in text


# ------------------------------------------------------------------------------------------------ least privilege


def event(user: str, verb: str, resource: str = "", *, name: str = "", namespace: str = "", **more: Any) -> str:
    what = {"objectRef": {"resource": resource, "name": name, "namespace": namespace}} if resource else {}
    return json.dumps(
        {
            "kind": "Event",
            "stage": "ResponseComplete",
            "verb": verb,
            "user": {"username": user},
            "stageTimestamp": "2026-03-01T12:00:00Z",
            "annotations": {"authorization.k8s.io/decision": "allow"},
            **what,
            **more,
        }
    )


WEB = "system:serviceaccount:shop:web"


def test_least_privilege(tmp_path: Path) -> None:
    path = written(
        tmp_path / "rbac.yaml",
        role("all", rule("*", "*", "*"), rule("*", urls="*")),
        role("basic", rule("get", urls="/version")),
        bind("web", "all", "account:shop/web"),
        bind("basic", "basic", "group:system:authenticated"),
    )
    log = tmp_path / "audit.log"
    log.write_text(
        "\n".join(
            [
                event(WEB, "get", "secrets", name="db", namespace="shop"),
                event(WEB, "create", "pods", name="x", namespace="shop"),
                event(WEB, "list", "nodes"),
                event(WEB, "get", requestURI="/version?timeout=1s"),
                event("alice", "delete", "nodes"),
                event(WEB, "get", "pods", stage="RequestReceived"),
                event(WEB, "delete", "pods", annotations={"authorization.k8s.io/decision": "forbid"}),
                event(WEB, "get", "configmaps", namespace="shop", impersonatedUser={"username": "bob"}),
                event("root", "get", "services", namespace="shop", impersonatedUser={"username": WEB}),
            ]
        )
    )
    found = answer("least-privilege", "shop/web", path, "--audit", str(log))
    assert [rule["text"] for rule in found["everywhere"]] == ["list nodes", "impersonate users"]
    assert {where: [rule["text"] for rule in rules] for where, rules in found["byNamespace"].items()} == {
        "shop": ["create pods", "get secrets, services"]
    }
    assert found["evidence"] == {
        "events": 9,
        "bySubject": 6,
        "malformed": 0,
        "first": "2026-03-01T12:00:00Z",
        "last": "2026-03-01T12:00:00Z",
    }
    assert (found["elsewhere"], found["kept"], found["granted"]) == (1, 5, 2)
    named = answer("least-privilege", "shop/web", path, "--audit", str(log), "--names", "3")
    assert [rule["text"] for rule in named["byNamespace"]["shop"]] == [
        "create pods",
        "get secrets named db",
        "get services",
    ]


def test_the_smaller_roles_allow_what_was_used(tmp_path: Path) -> None:
    path = written(tmp_path / "rbac.yaml", role("all", rule("*", "*", "*")), bind("web", "all", "account:shop/web"))
    log = tmp_path / "audit.log"
    log.write_text(event(WEB, "get", "secrets", name="db", namespace="shop") + "\n" + event(WEB, "list", "nodes"))
    smaller = tmp_path / "smaller.yaml"
    smaller.write_text(run("least-privilege", "shop/web", path, "--audit", str(log), "-o", "yaml").stdout)
    assert run("can", "get", "secrets", str(smaller), "--as", "shop/web", "-n", "shop").exit_code == 0
    assert run("can", "list", "nodes", str(smaller), "--as", "shop/web").exit_code == 0
    assert run("can", "get", "secrets", str(smaller), "--as", "shop/web", "-n", "other").exit_code == 1


def test_a_log_that_cannot_be_read_whole_is_told(manifests: str, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(event(WEB, "get", "secrets", namespace="shop") + f'\n{{"user": {{"username": "{WEB}"\n')
    result = run("least-privilege", "shop/web", manifests, "--audit", str(log))
    assert result.exit_code == 3
    assert "1 lines of the log that name it cannot be read" in result.stdout
    with pytest.raises(UserError, match="a group makes no requests"):
        run("least-privilege", "group:admins", manifests, "--audit", str(log))
    with pytest.raises(UserError, match=r"none.log: cannot be read"):
        run("least-privilege", "shop/web", manifests, "--audit", "none.log")


# ------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("secrets", Target("", "secrets")),
        ("deployments", Target("apps", "deployments")),
        ("deploy", Target("apps", "deployments")),
        ("Deployment", Target("apps", "deployments")),
        ("deployments.apps/scale", Target("apps", "deployments", "scale")),
        ("pods/exec", Target("", "pods", "exec")),
        ("networkpolicies", Target("networking.k8s.io", "networkpolicies")),
        ("networkpolicies.crd.projectcalico.org", Target("crd.projectcalico.org", "networkpolicies")),
        ("leases", Target("coordination.k8s.io", "leases")),
        ("widgets", Target("", "widgets")),
        ("/metrics", Target(url="/metrics")),
    ],
)  # fmt: skip
def test_targets(text: str, target: Target) -> None:
    assert target_of(text) == target


@pytest.mark.parametrize(
    ("text", "principal"),
    [
        ("alice", Principal("User", "alice")),
        ("user:group:x", Principal("User", "group:x")),
        ("group:dev", Principal("Group", "dev")),
        ("shop/web", Principal("ServiceAccount", "web", "shop")),
        ("serviceaccount:shop/web", Principal("ServiceAccount", "web", "shop")),
        ("system:serviceaccount:shop:web", Principal("ServiceAccount", "web", "shop")),
        ("https://issuer/x#alice", Principal("User", "https://issuer/x#alice")),
        ("system:node:n1", Principal("User", "system:node:n1")),
    ],
)
def test_principals(text: str, principal: Principal) -> None:
    assert principal_named(text) == principal


def test_no_service_account() -> None:
    with pytest.raises(UserError, match="names no service account"):
        principal_named("sa:web")
