"""The Plans that verbs print: applied plainly to the manifests, they do what they say, and undone they leave no trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from tests.model.test_plan import merged

from seawall.cli import seawall
from seawall.model.plan import Plan, Target

NAMESPACES = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/warn: baseline, team: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: c, image: x}]}
"""

BINDINGS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: all, namespace: shop}
rules: [{apiGroups: [""], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: alone, namespace: shop, uid: u-1}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: all}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: shared, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: all}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}, {kind: User, name: eve}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: other, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: all}
subjects: [{kind: ServiceAccount, name: web, namespace: elsewhere}]
"""


def run(*arguments: str) -> str:
    done = CliRunner().invoke(seawall, [*arguments])
    assert done.exit_code in (0, 1), done.output
    return done.stdout


def plan_of(*arguments: str) -> Plan:
    return msgspec.convert(yaml.safe_load(run(*arguments, "-o", "plan")), Plan)


World = dict[Target, dict[str, Any]]


def world(text: str) -> World:
    return {Target.of(one): one for one in yaml.safe_load_all(text)}


def applied(plan: Plan, objects: World) -> World:
    """Checks the preconditions and takes the steps."""
    objects = dict(objects)
    for need in plan.preconditions:
        if need.target is not None:
            assert (need.target in objects) is not need.absent, need.says
    for step in plan.steps:
        if step.operation == "patch":
            assert merged(objects[step.target], step.back) == objects[step.target], "not as it was read"
        match step.operation:
            case "create":
                objects[step.target] = step.body
            case "delete":
                del objects[step.target]
            case "patch":
                objects[step.target] = merged(objects[step.target], step.body)
    return objects


def written(objects: World, folder: Path) -> str:
    path = folder / "after.yaml"
    path.write_text(yaml.safe_dump_all(objects.values()))
    return str(path)


def test_pod_security_labels(tmp_path: Path) -> None:
    before = tmp_path / "before.yaml"
    before.write_text(NAMESPACES)
    plan = plan_of("pss", "advise", str(before), "--version", "v1.30", "--expires", "2026-12-31")
    assert plan.expires == "2026-12-31T00:00:00Z"
    assert any("does not meet baseline" in need.says for need in plan.preconditions)
    objects = world(NAMESPACES)
    after = applied(plan, objects)
    (namespace,) = (one for one in after.values() if one["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"
    assert namespace["metadata"]["labels"]["team"] == "web"
    left = json.loads(run("pss", "advise", written(after, tmp_path), "--version", "v1.30", "-o", "json"))
    assert left["namespaces"][0]["labels"] == {}
    assert applied(plan.undo(), after) == objects


def test_a_smaller_role(tmp_path: Path) -> None:
    before, audit = tmp_path / "before.yaml", tmp_path / "audit.log"
    before.write_text(BINDINGS)
    event = {
        "stage": "ResponseComplete",
        "verb": "get",
        "user": {"username": "system:serviceaccount:shop:web"},
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "a"},
        "stageTimestamp": "2026-01-01T00:00:00Z",
    }
    audit.write_text(json.dumps(event) + "\n")
    plan = plan_of("access", "least-privilege", "shop/web", str(before), "--audit", str(audit))
    assert [step.operation for step in plan.steps] == ["create", "create", "delete", "patch"]
    objects = world(BINDINGS)
    after = applied(plan, objects)
    path = written(after, tmp_path)
    assert "yes" in run("access", "can", "get", "pods", path, "--as", "shop/web", "-n", "shop").splitlines()[0]
    refused = CliRunner().invoke(seawall, ["access", "can", "get", "secrets", path, "--as", "shop/web", "-n", "shop"])
    assert refused.exit_code == 1
    assert "yes" in run("access", "can", "get", "secrets", path, "--as", "eve", "-n", "shop").splitlines()[0]
    back = applied(plan.undo(), after)
    assert {target: one.get("subjects") for target, one in back.items()} == {
        target: one.get("subjects") for target, one in objects.items()
    }
    (made_again,) = (step.body for step in plan.undo().steps if step.operation == "create")
    assert "uid" not in made_again["metadata"], "what the API server gives is not asked of it"


def test_fixes(tmp_path: Path) -> None:
    before = tmp_path / "before.yaml"
    before.write_text(NAMESPACES)
    plan = plan_of("fix", str(before), "--fail-on", "none")
    assert {reason.rule for reason in plan.reasons} >= {"workload/seccomp-unset"}
    objects = world(NAMESPACES)
    run("fix", str(before), "--write", "--fail-on", "none")
    assert applied(plan, objects) == world(before.read_text())
    assert applied(plan.undo(), applied(plan, objects)) == objects


@pytest.mark.parametrize("time", ["tomorrow", "2026-13-01"])
def test_an_expiry_that_is_none(tmp_path: Path, time: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(NAMESPACES)
    assert CliRunner().invoke(seawall, ["pss", "advise", str(path), "--expires", time]).exit_code == 2
