"""The control plane that other tests stand on: it authenticates, authorizes, admits, audits and encrypts for real."""

from __future__ import annotations

import base64
import datetime
import http.server
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.cluster.control_plane import ControlPlane, Refused
from tests.e2e.cluster.instance import root, sweep
from tests.e2e.cluster.processes import Process, wait_for

pytestmark = pytest.mark.control_plane


def who(control_plane: ControlPlane, token: str) -> dict[str, Any]:
    config = control_plane.kubeconfig(token=token)
    answer: dict[str, Any] = json.loads(control_plane.kubectl("auth", "whoami", "-o", "json", kubeconfig=config))
    info: dict[str, Any] = answer["status"]["userInfo"]
    return info


def test_client_certificates_name_user_and_groups(control_plane: ControlPlane) -> None:
    config = control_plane.kubeconfig("alice", ["developers"])
    info = json.loads(control_plane.kubectl("auth", "whoami", "-o", "json", kubeconfig=config))["status"]["userInfo"]
    assert info["username"] == "alice"
    assert "developers" in info["groups"]


def test_an_expired_certificate_is_refused(control_plane: ControlPlane) -> None:
    pair = control_plane.client_certificate("late", ["system:masters"], datetime.timedelta(seconds=-1))
    status, _ = control_plane.ask("/api/v1/namespaces", certificate=pair)
    assert status == HTTPStatus.UNAUTHORIZED


def test_service_account_tokens_are_believed(control_plane: ControlPlane, namespace: str) -> None:
    token = control_plane.token("default", namespace, seconds=5)
    assert who(control_plane, token)["username"] == f"system:serviceaccount:{namespace}:default"


def test_the_local_issuer_is_believed_until_its_token_ends(control_plane: ControlPlane) -> None:
    token = control_plane.oidc_token("bob", ["operators"], seconds=2)
    info = who(control_plane, token)
    assert info["username"] == "oidc:bob"
    assert "oidc:operators" in info["groups"]
    deadline = time.monotonic() + 20
    while control_plane.ask("/apis", token=token)[0] == HTTPStatus.OK:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert control_plane.ask("/apis", token=token)[0] == HTTPStatus.UNAUTHORIZED


def test_static_and_bootstrap_tokens_are_believed(control_plane: ControlPlane) -> None:
    assert who(control_plane, control_plane.static_token("static-auditor"))["username"] == "static-auditor"
    joining = who(control_plane, control_plane.bootstrap_token())
    assert joining["username"].startswith("system:bootstrap:")
    assert "system:bootstrappers" in joining["groups"]


def test_anonymous_is_let_in_and_held_back(control_plane: ControlPlane) -> None:
    assert control_plane.ask("/version")[0] == HTTPStatus.OK
    assert control_plane.ask("/api/v1/secrets")[0] == HTTPStatus.FORBIDDEN


def test_a_false_token_is_refused(control_plane: ControlPlane) -> None:
    assert control_plane.ask("/version", token="made-up")[0] == HTTPStatus.UNAUTHORIZED


def test_rbac_decides(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods", "-n", namespace)
    control_plane.kubectl(
        "create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:default", "-n", namespace
    )
    token = control_plane.token("default", namespace)
    assert control_plane.ask(f"/api/v1/namespaces/{namespace}/pods", token=token)[0] == HTTPStatus.OK
    assert control_plane.ask(f"/api/v1/namespaces/{namespace}/secrets", token=token)[0] == HTTPStatus.FORBIDDEN
    assert control_plane.ask("/api/v1/namespaces/default/pods", token=token)[0] == HTTPStatus.FORBIDDEN


def test_pod_security_refuses_a_privileged_pod(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline")
    with pytest.raises(Refused, match='violates PodSecurity "baseline'):
        control_plane.kubectl("run", "p", "--image=none", "--privileged", "-n", namespace)


def test_a_secret_is_encrypted_in_etcd(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("create", "secret", "generic", "s", "--from-literal=password=plain-marker", "-n", namespace)
    raw = control_plane.stored(f"/registry/secrets/{namespace}/s")
    assert raw.startswith(b"k8s:enc:aescbc:v1:key1:")
    assert b"plain-marker" not in raw


def test_the_audit_log_holds_bodies_of_writes_but_not_of_secrets(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("create", "deployment", "d", "--image=none", "-n", namespace)
    control_plane.kubectl("create", "secret", "generic", "audited", "--from-literal=k=v", "-n", namespace)
    entries = [
        entry for entry in control_plane.audit_events() if entry.get("objectRef", {}).get("namespace") == namespace
    ]
    created = [
        entry for entry in entries if entry["objectRef"]["resource"] == "deployments" and entry["verb"] == "create"
    ]
    assert created[0]["level"] == "RequestResponse"
    assert created[0]["requestObject"]["metadata"]["name"] == "d"
    secrets = [entry for entry in entries if entry["objectRef"]["resource"] == "secrets"]
    assert secrets
    assert all(entry["level"] == "Metadata" and "requestObject" not in entry for entry in secrets)


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers every admission review with a refusal, every audit batch with success, and keeps what it got."""

    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append(body)
        answer: dict[str, Any] = {}
        if body["kind"] == "AdmissionReview":
            refusal = {"uid": body["request"]["uid"], "allowed": False, "status": {"message": "refused by the test"}}
            answer = {"apiVersion": body["apiVersion"], "kind": "AdmissionReview", "response": refusal}
        content = json.dumps(answer).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver(control_plane: ControlPlane) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """An HTTPS server on this machine's loopback, reachable from the API server: its port and what it received."""
    received: list[dict[str, Any]] = []
    handler = type("Handler", (Recorder,), {"received": received})
    pair = control_plane.serving_certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # Each connection shakes hands in its own thread, so that a silent one holds up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        control_plane.publish(server.server_port)
        yield server.server_port, received
        server.shutdown()


def test_an_admission_webhook_of_the_test_is_asked(
    control_plane: ControlPlane, namespace: str, receiver: tuple[int, list[dict[str, Any]]]
) -> None:
    port, received = receiver
    bundle = base64.b64encode(control_plane.authority.read_bytes()).decode()
    hook = {
        "name": "refuse.seawall.test",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"url": f"https://127.0.0.1:{port}/", "caBundle": bundle},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
    }
    control_plane.apply(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "refuse"},
            "webhooks": [hook],
        }
    )
    try:
        with pytest.raises(Refused, match="refused by the test"):
            for _ in range(50):  # the API server learns of the webhook a moment later
                control_plane.kubectl("create", "configmap", "c", "-n", namespace)
                control_plane.kubectl("delete", "configmap", "c", "-n", namespace)
        assert received[0]["request"]["namespace"] == namespace
    finally:
        control_plane.kubectl("delete", "validatingwebhookconfiguration", "refuse")


def test_the_audit_webhook_can_be_switched(
    control_plane: ControlPlane, namespace: str, receiver: tuple[int, list[dict[str, Any]]]
) -> None:
    port, received = receiver
    control_plane.send_audit_to(f"https://127.0.0.1:{port}/audit")
    try:
        control_plane.kubectl("create", "configmap", "seen", "-n", namespace)
        deadline = time.monotonic() + 15
        while not any(item.get("objectRef", {}).get("name") == "seen" for batch in received for item in batch["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        control_plane.send_audit_to(None)


def test_a_frozen_etcd_makes_requests_wait(control_plane: ControlPlane, namespace: str) -> None:
    with control_plane.frozen("etcd"), pytest.raises(Refused):
        control_plane.kubectl("create", "configmap", "late", "-n", namespace, "--request-timeout=1s")
    control_plane.kubectl("create", "configmap", "on-time", "-n", namespace)


def test_a_killed_run_leaves_no_process_and_the_next_removes_its_files() -> None:
    """A run is started, killed without warning, and swept."""
    program = (
        "from tests.e2e.cluster.instance import Instance\n"
        "import time\n"
        "instance = Instance.create()\n"
        "instance.namespaces.run('sh', '-c', 'sleep 1000 >/dev/null 2>&1 &')\n"
        "print(instance.name, instance.namespaces.holder.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    here = Path(__file__).parents[2]
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=here)
    assert run.stdout is not None
    name, pid = run.stdout.readline().split()
    holder = Process.of(int(pid))
    run.kill()
    run.communicate()
    wait_for("the holder to end", lambda: not holder.alive, 10)
    sweep()
    assert not (root() / name).exists()
