"""The live source against a real API server: what is read, what is forbidden, tokens that end, lists over many pages."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.e2e.cluster.control_plane import ControlPlane

from seawall.app.inputs import Inputs, read_cluster
from seawall.kit.errors import UserError
from seawall.kube.client import KubeClient
from seawall.kube.credentials import credentials
from seawall.kube.errors import Conflict, NotFound
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.model.cluster.config_kinds import ConfigMap, Secret
from seawall.model.cluster.coverage import NotCollected
from seawall.sources.state.live import read_live
from seawall.spi.source import StateOptions

pytestmark = pytest.mark.control_plane

CANARY = "canary-7f3e9b-do-not-leak"


def workload(name: str) -> dict[str, object]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "containers": [
                        {"name": "c", "image": "registry.test/x:1", "env": [{"name": "TOKEN", "value": CANARY}]}
                    ]
                },
            },
        },
    }


def test_reads_every_kind_and_owners(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.apply({**workload("web"), "metadata": {"name": "web", "namespace": namespace}})
    control_plane.kubectl("-n", namespace, "wait", "--for=create", "pod", "-l", "app=web", "--timeout=30s")
    cluster = read_live(None, str(control_plane.kubeconfig()), StateOptions(name="test", namespaces=()))
    assert cluster.version == f"v{control_plane.version}"
    assert len(cluster.id) == 36
    assert not cluster.coverage.gaps, [str(gap) for gap in cluster.coverage.gaps]
    pod = next(pod for pod in cluster.pods if pod.namespace == namespace)
    assert str(cluster.owner_of(pod)) == f"{namespace}/web (Deployment)"
    assert [one.ref.kind for one in cluster.workloads if one.namespace == namespace] == ["Deployment"]


def test_a_secret_is_in_no_object(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s", "namespace": namespace},
            "stringData": {"password": CANARY},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "c", "namespace": namespace},
            "data": {"key": CANARY},
        },
        {**workload("web"), "metadata": {"name": "web", "namespace": namespace}},
    )
    cluster = read_live(None, str(control_plane.kubeconfig()), StateOptions(name="test", namespaces=(namespace,)))
    secret = next(one for one in cluster.of(Secret) if one.name == "s")
    assert secret.data["password"].length == len(CANARY)
    assert next(one for one in cluster.of(ConfigMap) if one.name == "c").data["key"].length == len(CANARY)
    everything = json.dumps([cluster.raw(thing) for thing in cluster.objects]) + repr(cluster.objects)
    assert CANARY not in everything
    assert "Y2FuYXJ5" not in everything  # base64 of the same


def test_forbidden_kinds_become_gaps_and_nothing_else_is_lost(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "half", "namespace": namespace}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"half-{namespace}"},
            "rules": [
                {
                    "apiGroups": ["", "apps"],
                    "resources": ["pods", "namespaces", "deployments"],
                    "verbs": ["get", "list"],
                }
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"half-{namespace}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"half-{namespace}"},
            "subjects": [{"kind": "ServiceAccount", "name": "half", "namespace": namespace}],
        },
    )
    kubeconfig = control_plane.kubeconfig("half", token=control_plane.token("half", namespace))
    cluster = read_live(None, str(kubeconfig), StateOptions(name="test"))
    assert any(one.name == namespace for one in cluster.of(Namespace))
    with pytest.raises(NotCollected, match="secrets may not be listed"):
        cluster.of(Secret)
    forbidden = {gap.kind for gap in cluster.coverage.gaps if gap.reason == "forbidden"}
    assert {"Secret", "Role", "ClusterRole", "NetworkPolicy", "Node"} <= forbidden
    assert not {"Pod", "Deployment", "Namespace"} & forbidden


def test_as_somebody_else_what_they_may_not_list_is_a_gap(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"seen-by-{namespace}"},
            "rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"seen-by-{namespace}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"seen-by-{namespace}"},
            "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": namespace}],
        },
    )
    kubeconfig = str(control_plane.kubeconfig())
    everything = read_cluster(Inputs(context="", kubeconfig=kubeconfig))
    alone = read_cluster(Inputs(context="", kubeconfig=kubeconfig, as_user="jane"))
    grouped = read_cluster(Inputs(context="", kubeconfig=kubeconfig, as_user="jane", as_groups=("others", namespace)))
    forbidden = [
        {gap.kind for gap in cluster.coverage.gaps if gap.reason == "forbidden"}
        for cluster in (everything, alone, grouped)
    ]
    assert not forbidden[0]
    assert {"Secret", "Pod", "Namespace"} <= forbidden[1]
    assert forbidden[1] - forbidden[2] == {"Namespace"}, "the second group may list namespaces"
    assert any(one.name == namespace for one in grouped.of(Namespace))
    assert any('User "jane"' in str(gap) for gap in grouped.coverage.gaps)
    mere = str(control_plane.kubeconfig("mere", token=control_plane.token("default", namespace)))
    with pytest.raises(UserError, match="cannot impersonate"):
        read_cluster(Inputs(context="", kubeconfig=mere, as_user="jane"))


def test_pages_hold_the_whole_list(control_plane: ControlPlane, namespace: str) -> None:
    items = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{i:04}", "namespace": namespace}}
        for i in range(1_100)
    ]
    control_plane.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    cluster = read_live(None, str(control_plane.kubeconfig()), StateOptions(name="test", namespaces=(namespace,)))
    names = {one.name for one in cluster.of(ConfigMap)}
    assert {item["metadata"]["name"] for item in items} <= names  # type: ignore[index]


async def test_an_exec_plugin_is_run_again_before_its_token_ends(control_plane: ControlPlane, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    token = control_plane.static_token("static-admin")
    plugin = tmp_path / "plugin"
    plugin.write_text(
        textwrap.dedent(f"""\
        #!{sys.executable}
        import datetime, json, pathlib
        with open({str(runs)!r}, "a") as file:
            file.write("run\\n")
        ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=5)
        print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {{"token": {token!r}, "expirationTimestamp": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}}}}))
        """)
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    configuration = yaml.safe_load(control_plane.kubeconfig().read_text())
    configuration["users"][0]["user"] = {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(configuration))
    chosen = await credentials(None, str(path))
    assert runs.read_text().count("run") == 1
    async with KubeClient(chosen) as client:
        await client.get("/version")
        assert runs.read_text().count("run") == 1, "a fresh token is used again"
        end = datetime.now(UTC) + timedelta(seconds=6)
        while datetime.now(UTC) < end:
            await client.get("/api/v1/namespaces")
            await asyncio.sleep(0.5)
        assert runs.read_text().count("run") >= 2, "the plugin runs again before the token ends"


async def test_watch_apply_and_conflicts(control_plane: ControlPlane, namespace: str) -> None:
    chosen = await credentials(None, str(control_plane.kubeconfig()))
    async with KubeClient(chosen) as client:
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        page = await anext(client.pages(path))
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "watched", "namespace": namespace},
            "data": {"a": "1"},
        }
        await client.apply(f"{path}/watched", body, "one")
        with pytest.raises(Conflict):
            await client.apply(f"{path}/watched", {**body, "data": {"a": "2"}}, "two")
        await client.apply(f"{path}/watched", {**body, "data": {"a": "2"}}, "two", force=True)
        seen: list[str] = []
        async for event in client.watch(path, page.metadata.resource_version, seconds=5):
            if b'"watched"' in bytes(event.object):
                seen.append(event.type)
            if len(seen) == 2:
                break
        assert seen == ["ADDED", "MODIFIED"]
        with pytest.raises(NotFound):
            await client.get(f"{path}/missing")


def test_what_is_wrong_is_said_in_one_line(control_plane: ControlPlane, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no kubeconfig"):
        read_live(None, str(tmp_path / "none"), StateOptions())
    broken = tmp_path / "broken"
    broken.write_text("clusters: [")
    with pytest.raises(UserError, match="cannot be read"):
        read_live(None, str(broken), StateOptions())
    with pytest.raises(UserError, match="nowhere"):
        read_live("nowhere", str(control_plane.kubeconfig()), StateOptions())
    stranger = control_plane.kubeconfig("stranger", token="not-a-token")
    with pytest.raises(UserError, match="refuses"):
        read_live(None, str(stranger), StateOptions())
    closed = yaml.safe_load(control_plane.kubeconfig().read_text())
    closed["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    away = tmp_path / "away"
    away.write_text(yaml.safe_dump(closed))
    with pytest.raises(UserError, match="does not answer"):
        read_live(None, str(away), StateOptions())
