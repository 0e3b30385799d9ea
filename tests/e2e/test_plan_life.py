"""Plans on a real API server: applied by the program, killed in the middle, finished, undone to the letter, ended without the file."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.e2e.cluster.control_plane import ControlPlane

from seawall.cli import seawall
from seawall.kit.errors import UserError
from seawall.model.plan import Plan, Reason, create, delete, patch, plan
from seawall.render.plan import yaml_of

pytestmark = pytest.mark.control_plane

OWN = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")


def policy(name: str, namespace: str, *ports: int) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": {"app": name}}, "ingress": [{"ports": [{"port": port} for port in ports]}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def deployment(namespace: str) -> dict[str, Any]:
    container = {"name": "c", "image": "registry.test/x:1", "securityContext": {"privileged": True}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }


def seen(control_plane: ControlPlane, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
    """The object without what the server keeps about it; None where there is none."""
    listed = control_plane.get(kind, "-n", namespace, "--field-selector", f"metadata.name={name}")["items"]
    if not listed:
        return None
    (thing,) = listed
    thing["metadata"] = {key: value for key, value in thing["metadata"].items() if key not in OWN}
    thing["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    thing.pop("status", None)
    return dict(thing)


def a_plan(control_plane: ControlPlane, namespace: str, expires: str = "") -> Plan:
    """Opens one policy, adds one, takes one away, and makes a container unprivileged."""
    control_plane.apply(policy("kept", namespace, 80), policy("gone", namespace, 22), deployment(namespace))
    kept, gone, web = (
        seen(control_plane, kind, namespace, name)
        for kind, name in (("networkpolicy", "kept"), ("networkpolicy", "gone"), ("deployment", "web"))
    )
    assert kept is not None and gone is not None and web is not None
    wider = json.loads(json.dumps(kept))
    wider["spec"]["ingress"][0]["ports"].append({"port": 443, "protocol": "TCP"})
    safer = json.loads(json.dumps(web))
    del safer["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privileged"]
    steps = (patch(kept, wider), create(policy("new", namespace, 8080)), delete(gone), patch(web, safer))
    return plan("four changes", steps, reasons=(Reason("a test"),), expires=expires)


def state_of(control_plane: ControlPlane, namespace: str) -> list[dict[str, Any] | None]:
    return [
        seen(control_plane, kind, namespace, name)
        for kind, name in (
            ("networkpolicy", "kept"),
            ("networkpolicy", "new"),
            ("networkpolicy", "gone"),
            ("deployment", "web"),
        )
    ]


def program(control_plane: ControlPlane, *arguments: str, user: str = "admin") -> Result:
    """`seawall plan …` in this process; an error that a person can mend is exit code 2, as in `main`."""
    kubeconfig = ["--kubeconfig", str(control_plane.kubeconfig(user))]
    found = CliRunner().invoke(seawall, ["plan", *arguments, *kubeconfig])
    if isinstance(found.exception, UserError):
        found.exit_code = 2
    elif found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def written(made: Plan, folder: Path) -> str:
    path = folder / "plan.yaml"
    path.write_text(yaml_of(made))
    return str(path)


def test_applied_and_undone_to_the_letter(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    made = a_plan(control_plane, namespace)
    file = written(made, tmp_path)
    before = state_of(control_plane, namespace)
    looked = program(control_plane, "check", file)
    assert looked.exit_code == 0 and looked.stdout.startswith("of 4 steps 4 may be taken"), looked
    tried = program(control_plane, "apply", file, "--dry-run")
    assert tried.exit_code == 0, tried
    assert state_of(control_plane, namespace) == before
    assert program(control_plane, "apply", file).exit_code == 2  # nobody is there to be asked
    done = program(control_plane, "apply", file, "--yes")
    assert done.exit_code == 0 and done.stdout.startswith("4 of 4 steps taken"), done
    kept, new, gone, web = state_of(control_plane, namespace)
    assert kept is not None and [port["port"] for port in kept["spec"]["ingress"][0]["ports"]] == [80, 443]
    assert new is not None and new["metadata"]["labels"]["seawall.dev/plan"] == made.id
    assert gone is None
    assert web is not None and "privileged" not in str(web["spec"]["template"])
    managers = control_plane.get("networkpolicy", "kept", "-n", namespace, "--show-managed-fields")["metadata"]
    assert ("seawall", "Apply") in {(one["manager"], one["operation"]) for one in managers["managedFields"]}
    again = program(control_plane, "apply", file, "--yes", "-o", "json")
    assert {step["state"] for step in json.loads(again.stdout)["steps"]} == {"done"}
    back = program(control_plane, "undo", file, "--yes")
    assert back.exit_code == 0, back
    assert state_of(control_plane, namespace) == before


# The program with a KubeClient that ends the process, as kill -9 does, before its n-th writing request that is no dry run.
_KILLED = """
import os, sys
from seawall.kube.client import KubeClient
left = int(sys.argv.pop(1))
asking = KubeClient._request
async def request(self, method, path, parameters, **more):
    global left
    if method != "GET" and not (parameters or {}).get("dryRun") and b"dryRun" not in (more.get("body") or b""):
        if left == 0:
            os.kill(os.getpid(), 9)
        left -= 1
    return await asking(self, method, path, parameters, **more)
KubeClient._request = request
from seawall.cli import main
main()
"""


@pytest.mark.parametrize("writes", (1, 3))
def test_killed_in_the_middle_it_is_finished_and_undone(
    control_plane: ControlPlane, namespace: str, tmp_path: Path, writes: int
) -> None:
    made = a_plan(control_plane, namespace)
    file = written(made, tmp_path)
    before = state_of(control_plane, namespace)
    common = [sys.executable, "-c", _KILLED, str(writes), "plan"]
    ends = [file, "--yes", "--kubeconfig", str(control_plane.kubeconfig())]
    assert subprocess.run([*common, "apply", *ends], capture_output=True, timeout=120).returncode == -9
    states = json.loads(program(control_plane, "check", file, "-o", "json").stdout)["steps"]
    assert [step["state"] for step in states] == ["done"] * writes + ["ready"] * (4 - writes)
    assert program(control_plane, "apply", file, "--yes").exit_code == 0
    assert subprocess.run([*common, "undo", *ends], capture_output=True, timeout=120).returncode == -9
    assert program(control_plane, "undo", file, "--yes").exit_code == 0
    assert state_of(control_plane, namespace) == before


def test_what_has_ended_is_put_back_without_the_file(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=20)
    made = a_plan(control_plane, namespace, soon.isoformat(timespec="seconds"))
    before = state_of(control_plane, namespace)
    assert program(control_plane, "apply", written(made, tmp_path), "--yes").exit_code == 0
    listed = json.loads(program(control_plane, "list", "-o", "json").stdout)["objects"]
    assert {one["object"]["name"] for one in listed if one["plan"] == made.id} == {"kept", "new", "web"}
    wait = (soon - datetime.now(UTC)).total_seconds()
    if wait > 0:
        subprocess.run(["sleep", str(wait + 1)], check=True)
    ended = program(control_plane, "list", "--end", "-o", "json")
    assert ended.exit_code == 0, ended
    assert all(one["undone"] for one in json.loads(ended.stdout)["objects"] if one["plan"] == made.id)
    kept, new, _, web = state_of(control_plane, namespace)
    assert [kept, new, web] == [before[0], None, before[3]]


def test_what_somebody_else_changed_is_said_and_stays(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    made = a_plan(control_plane, namespace)
    file = written(made, tmp_path)
    control_plane.apply(policy("kept", namespace, 80, 81))
    told = program(control_plane, "apply", file, "--yes")
    assert told.exit_code == 2
    assert f"{namespace}/kept (NetworkPolicy) was changed since the plan was made; nothing was done" in str(
        told.exception
    )
    assert seen(control_plane, "networkpolicy", namespace, "new") is None


def test_who_may_not_is_told_before_anything_is_done(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    made = a_plan(control_plane, namespace)
    before = state_of(control_plane, namespace)
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "some", "namespace": namespace},
        "rules": [
            {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["*"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
        ],
    }
    bound = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "some", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "some"},
        "subjects": [{"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    control_plane.apply(role, bound)
    done = program(control_plane, "apply", written(made, tmp_path), "--yes", user="ann")
    assert done.exit_code == 2 and "the API server refuses" in str(done.exception), done
    assert state_of(control_plane, namespace) == before
