"""What breaks in a real cluster breaks one kind of the view, or all for a while; the view says so, keeps the rest, and mends itself."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.cluster import network
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.following import PRIVILEGED, deployment, following, gaps, rules_of, until

from seawall.app.health import live_health
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.model.cluster.config_kinds import ConfigMap
from seawall.model.cluster.kinds import Kind
from seawall.model.cluster.workload_kinds import CloneSet, Rollout
from seawall.sources.state import watch
from seawall.sources.state.live import Listed, LiveReader, read_live
from seawall.spi.source import StateOptions

pytestmark = pytest.mark.control_plane

SLOW_SECONDS = 6.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again within two seconds, not within a minute: the pauses are not what is tested here."""
    monkeypatch.setattr(watch, "_LONGEST_PAUSE", 2.0)


def snapshot(plane: ControlPlane) -> dict[str, str]:
    """The gaps of a snapshot, by kind."""
    found = read_live(None, str(plane.kubeconfig()), StateOptions(name="test", namespaces=()))
    return {gap.kind: gap.what for gap in found.coverage.gaps}


async def is_followed(followed: Any, plane: ControlPlane, namespace: str, name: str) -> None:
    """A change that is made now is seen."""
    await asyncio.to_thread(plane.apply, deployment(name, namespace, privileged=True))
    await until(lambda: PRIVILEGED in rules_of(followed, namespace))
    await asyncio.to_thread(plane.kubectl, "delete", "deployment", name, "-n", namespace)
    await until(lambda: PRIVILEGED not in rules_of(followed, namespace))


# ------------------------------------------------------------------------------------------------ etcd


async def test_an_etcd_that_hangs_is_waited_for(control_plane: ControlPlane, namespace: str) -> None:
    async with following(control_plane.kubeconfig()) as followed:
        assert followed.current is not None
        before = len(followed.current.objects)
        with control_plane.frozen("etcd"):
            asked = asyncio.create_task(asyncio.to_thread(snapshot, control_plane))
            await asyncio.sleep(SLOW_SECONDS)
            assert len(followed.current.objects) >= before, "what was known stays known"
        assert await asked == {}, "a snapshot that began meanwhile is whole in the end"
        await is_followed(followed, control_plane, namespace, "after")
        assert gaps(followed) == {}


# ------------------------------------------------------------------------------------------------ credentials that end


async def test_a_certificate_that_ends_is_told_and_its_successor_taken(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "client.crt", tmp_path / "client.key"

    def issue(seconds: float) -> None:
        pair = control_plane.client_certificate("ending", ["system:masters"], datetime.timedelta(seconds=seconds))
        key.write_bytes(pair.key.read_bytes())
        certificate.write_bytes(pair.certificate.read_bytes())

    issue(12)
    config = yaml.safe_load(control_plane.kubeconfig().read_text())
    config["users"][0]["user"] = {"client-certificate": str(certificate), "client-key": str(key)}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    async with following(kubeconfig) as followed:
        assert gaps(followed) == {}
        await asyncio.sleep(12)
        await asyncio.to_thread(control_plane.restart_api_server)  # open watches outlive a certificate, new ones do not
        await until(lambda: "Unauthorized" in gaps(followed).get("Deployment", ""), seconds=60)
        assert followed.current is not None
        assert followed.current.known(Namespace), "what was known stays known"
        issue(3600)
        await until(lambda: gaps(followed) == {}, seconds=60, told=lambda: gaps(followed))
        await is_followed(followed, control_plane, namespace, "after")


# ------------------------------------------------------------------------------------------------ 410 Gone


async def test_a_watch_that_is_too_old_begins_with_a_new_list(
    control_plane: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first watch asks to go on from the beginning of the cluster's time: the API server answers 410, as after a long sleep."""
    lists = []
    listing = LiveReader.list_kind

    async def too_old_at_first(reader: LiveReader, kind: Kind, resource: Any) -> Listed:
        found = await listing(reader, kind, resource)
        if kind.type is not ConfigMap:
            return found
        lists.append(found)
        return Listed(found.resource, found.objects, "1" if len(lists) == 1 else found.resource_version)

    monkeypatch.setattr(LiveReader, "list_kind", too_old_at_first)
    async with following(control_plane.kubeconfig()) as followed:
        await until(lambda: len(lists) == 2)
        control_plane.kubectl("create", "configmap", "seen", "-n", namespace)
        await until(
            lambda: (
                followed.current is not None
                and any(one.name == "seen" and one.namespace == namespace for one in followed.current.of(ConfigMap))
            )
        )
        assert gaps(followed) == {}
        assert len(lists) == 2


# ------------------------------------------------------------------------------------------------ a conversion that fails


def rollouts(conversion: dict[str, Any]) -> dict[str, Any]:
    """A kind that Seawall reads in a version that is not the stored one."""
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"kind": "Rollout", "plural": "rollouts", "singular": "rollout"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "rollouts.argoproj.io"},
        "spec": {
            "group": "argoproj.io",
            "names": names,
            "scope": "Namespaced",
            "conversion": conversion,
            "versions": [
                {"name": "v1alpha1", "served": True, "storage": False, "schema": anything},
                {"name": "v1", "served": True, "storage": True, "schema": anything},
            ],
        },
    }


BROKEN = {
    "strategy": "Webhook",
    "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://127.0.0.1:1/convert"}},
}
WORKING = {"strategy": "None", "webhook": None}


async def test_a_conversion_webhook_that_fails_costs_one_kind(control_plane: ControlPlane, namespace: str) -> None:
    plane = control_plane
    plane.apply(rollouts(BROKEN))
    try:
        plane.kubectl("wait", "--for=condition=Established", "crd/rollouts.argoproj.io", "--timeout=30s")
        stored = {
            "apiVersion": "argoproj.io/v1",
            "kind": "Rollout",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"replicas": 1, "template": {"spec": {"containers": []}}},
        }
        plane.kubectl("create", "-f", "-", stdin=json.dumps(stored))
        taken = await asyncio.to_thread(snapshot, plane)
        assert list(taken) == ["Rollout"]
        assert "conversion webhook" in taken["Rollout"]
        async with following(plane.kubeconfig()) as followed:
            assert list(gaps(followed)) == ["Rollout"]
            assert "conversion webhook" in gaps(followed)["Rollout"]
            await is_followed(followed, plane, namespace, "beside")
            patch = json.dumps({"spec": {"conversion": WORKING}})
            plane.kubectl("patch", "crd", "rollouts.argoproj.io", "--type=merge", f"--patch={patch}")
            await until(lambda: gaps(followed) == {}, seconds=60)
            assert followed.current is not None
            assert [one.name for one in followed.current.of(Rollout)] == ["web"]
            plane.kubectl("delete", "crd", "rollouts.argoproj.io")
            await until(lambda: followed.current is not None and not followed.current.of(Rollout), seconds=60)
            assert gaps(followed) == {}, "a kind that is taken away is no gap"
    finally:
        plane.kubectl("delete", "crd", "rollouts.argoproj.io", "--ignore-not-found", "--wait=false")


# ------------------------------------------------------------------------------------------------ objects that do not decode


async def test_an_object_that_does_not_decode_is_named_until_it_does(
    control_plane: ControlPlane, namespace: str
) -> None:
    """The definition lets anything in, so the API server hands out what no Rollout can be."""
    plane = control_plane
    plane.apply(rollouts({"strategy": "None"}))

    def rollout(name: str, containers: object) -> None:
        document = {
            "apiVersion": "argoproj.io/v1",
            "kind": "Rollout",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"spec": {"containers": containers}}},
        }
        plane.apply(document)

    def named(found: Any) -> dict[str, str]:
        return {f"{one.namespace}/{one.name}": one.state for one in live_health([found]).kinds if one.kind == "Rollout"}

    def readable(found: Any) -> list[str]:
        return sorted(one.name for one in found.current.known(Rollout))

    try:
        plane.kubectl("wait", "--for=condition=Established", "crd/rollouts.argoproj.io", "--timeout=30s")
        rollout("always", [])
        rollout("torn", "not a list")
        taken = await asyncio.to_thread(
            read_live, None, str(plane.kubeconfig()), StateOptions(name="test", namespaces=())
        )
        assert [(gap.reason, gap.kind, gap.namespace, gap.name) for gap in taken.coverage.gaps] == [
            ("undecodable", "Rollout", namespace, "torn")
        ]
        async with following(plane.kubeconfig()) as followed:
            assert named(followed) == {f"{namespace}/torn": "undecodable"}
            await asyncio.to_thread(rollout, "always", 7)
            await until(lambda: named(followed).keys() == {f"{namespace}/torn", f"{namespace}/always"})
            await until(lambda: readable(followed) == [])
            await asyncio.to_thread(rollout, "always", [])
            await until(lambda: named(followed).keys() == {f"{namespace}/torn"})
            await until(lambda: readable(followed) == ["always"])
            plane.kubectl("delete", "rollouts.argoproj.io", "torn", "-n", namespace)
            await until(lambda: named(followed) == {} and gaps(followed) == {})
    finally:
        plane.kubectl("delete", "crd", "rollouts.argoproj.io", "--ignore-not-found")


# ------------------------------------------------------------------------------------------------ an aggregated API that is down


GROUP = "apps.kruise.io"
CLONE_SET = {
    "apiVersion": f"{GROUP}/v1alpha1",
    "kind": "CloneSet",
    "metadata": {"name": "clone", "namespace": "default", "uid": "1", "resourceVersion": "5"},
    "spec": {"template": {"spec": {"containers": []}}},
}


class Aggregated(http.server.BaseHTTPRequestHandler):
    """An extension API server with one object."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == f"/apis/{GROUP}/v1alpha1":
            resource = {
                "name": "clonesets",
                "singularName": "cloneset",
                "kind": "CloneSet",
                "namespaced": True,
                "verbs": ["list", "watch"],
            }
            self._answer(
                {
                    "kind": "APIResourceList",
                    "apiVersion": "v1",
                    "groupVersion": f"{GROUP}/v1alpha1",
                    "resources": [resource],
                }
            )
        elif path.endswith("/clonesets") and "watch=true" not in query:
            self._answer(
                {
                    "kind": "CloneSetList",
                    "apiVersion": f"{GROUP}/v1alpha1",
                    "metadata": {"resourceVersion": "5"},
                    "items": [CLONE_SET],
                }
            )
        elif path.endswith("/clonesets"):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            self.server.over.wait(60)  # type: ignore[attr-defined]  # given below
        else:
            self.send_error(404)

    def _answer(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def extension_server(plane: ControlPlane) -> Iterator[int]:
    pair = plane.serving_certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aggregated) as server:
        server.daemon_threads = True
        server.over = threading.Event()  # type: ignore[attr-defined]
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        plane.publish(server.server_port)
        yield server.server_port
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()


def endpoints(port: int) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "clones",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "clones"},
        },
        "addressType": "IPv4",
        "ports": [{"port": port, "protocol": "TCP", "name": "https"}],
        "endpoints": [{"addresses": [network.CONTROL_PLANE], "conditions": {"ready": True}}],
    }


async def test_an_aggregated_api_that_is_down_costs_its_kinds_until_it_answers(
    control_plane: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_ASK_AGAIN", 1.0)
    plane = control_plane
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "clones", "namespace": "default"},
        "spec": {"ports": [{"port": 443, "name": "https"}]},
    }
    aggregated = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1alpha1.{GROUP}"},
        "spec": {
            "group": GROUP,
            "version": "v1alpha1",
            "groupPriorityMinimum": 100,
            "versionPriority": 10,
            "insecureSkipTLSVerify": True,
            "service": {"name": "clones", "namespace": "default", "port": 443},
        },
    }
    plane.apply(service, aggregated)
    try:
        taken = await asyncio.to_thread(snapshot, plane)
        assert "CloneSet" in taken
        async with following(plane.kubeconfig()) as followed:
            assert list(gaps(followed)) == ["CloneSet"]
            await is_followed(followed, plane, namespace, "beside")
            with extension_server(plane) as port:
                await asyncio.to_thread(plane.apply, endpoints(port))
                await until(lambda: gaps(followed) == {}, seconds=60)
                assert followed.current is not None
                assert [one.name for one in followed.current.of(CloneSet)] == ["clone"]
    finally:
        plane.kubectl("delete", "apiservice", f"v1alpha1.{GROUP}")
        plane.kubectl("delete", "service/clones", "endpointslice/clones", "-n", "default", "--ignore-not-found")
