"""The two-node cluster that other tests stand on: real pods that run, talk, resolve names and are held in bounds."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.cluster import build, images, seawall_image
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.control_plane import Refused
from tests.e2e.cluster.node import Node

pytestmark = pytest.mark.cluster

NAMESPACE = "smoke"
PORT = 8080
WEB = "mkdir -p /tmp/w; hostname >/tmp/w/index.html; echo started; exec httpd -f -p 8080 -h /tmp/w"
MARKER = "plain-marker"


def pod(name: str, image: str, command: list[str], **spec: Any) -> dict[str, Any]:
    container = {"name": name, "image": image, "command": command, **spec.pop("container", {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], **spec},
    }


WEB_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": NAMESPACE},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "topologySpreadConstraints": [
                    {
                        "maxSkew": 1,
                        "topologyKey": "kubernetes.io/hostname",
                        "whenUnsatisfiable": "DoNotSchedule",
                        "labelSelector": {"matchLabels": {"app": "web"}},
                    }
                ],
                "containers": [
                    {
                        "name": "web",
                        "image": images.BUSYBOX,
                        "command": ["sh", "-c", WEB],
                        "readinessProbe": {"httpGet": {"port": PORT, "path": "/"}, "periodSeconds": 1},
                    }
                ],
            },
        },
    },
}
WEB_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": NAMESPACE},
    "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": PORT}]},
}
HELD_IN_BOUNDS = pod(
    "client",
    images.PYTHON,
    ["python3", "-m", "http.server", "8000"],
    serviceAccountName="reader",
    securityContext={"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    volumes=[{"name": "s", "secret": {"secretName": "s"}}],
    container={
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "s", "mountPath": "/secret"}],
        "livenessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 2},
    },
)
GREEDY = pod(
    "greedy",
    images.PYTHON,
    ["python3", "-c", "bytearray(200 << 20)"],
    restartPolicy="Never",
    container={"resources": {"limits": {"memory": "32Mi"}}},
)


@pytest.fixture(scope="module")
def sample(cluster: Cluster) -> Iterator[Cluster]:
    """A web server on both nodes, a client, a greedy pod, and an account that may read pods."""
    plane = cluster.control_plane
    here = {"namespace": NAMESPACE}
    plane.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", **here}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "reader", **here},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "reader", **here},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", **here}],
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", **here}, "stringData": {"password": MARKER}},
        WEB_DEPLOYMENT,
        WEB_SERVICE,
    )
    plane.kubectl("wait", "-n", NAMESPACE, "--for=create", "serviceaccount/default", "--timeout=30s")
    plane.apply(HELD_IN_BOUNDS, GREEDY)
    plane.kubectl("rollout", "status", "-n", NAMESPACE, "deployment/web", "--timeout=60s")
    plane.kubectl("wait", "-n", NAMESPACE, "--for=condition=Ready", "pod/client", "--timeout=60s")
    yield cluster
    plane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def execute(cluster: Cluster, target: str, *command: str) -> str:
    return cluster.control_plane.kubectl("exec", "-n", NAMESPACE, target, "--", *command)


def web_pods(cluster: Cluster) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.control_plane.get("pods", "-n", NAMESPACE, "-l", "app=web")["items"]
    return found


def test_replicas_run_on_both_nodes(sample: Cluster) -> None:
    assert {found["spec"]["nodeName"] for found in web_pods(sample)} == {"n1", "n2"}


def test_pods_reach_each_other_on_one_node_and_across(sample: Cluster) -> None:
    for found in web_pods(sample):
        answer = execute(sample, "client", "wget", "-qO-", f"http://{found['status']['podIP']}:{PORT}/")
        assert answer.strip() == found["metadata"]["name"]


def test_a_service_is_reached_by_address_by_name_and_from_its_own_pods(sample: Cluster) -> None:
    service = sample.control_plane.get("service", "web", "-n", NAMESPACE)
    names = {found["metadata"]["name"] for found in web_pods(sample)}
    for host in (service["spec"]["clusterIP"], f"web.{NAMESPACE}.svc.cluster.local"):
        assert execute(sample, "client", "wget", "-qO-", f"http://{host}/").strip() in names
    loop = f"for i in 1 2 3 4 5 6 7 8; do wget -qO- http://{service['spec']['clusterIP']}/ || exit 1; done"
    execute(sample, "deployment/web", "sh", "-c", loop)


def test_a_node_port_answers_on_both_nodes(sample: Cluster) -> None:
    port = sample.control_plane.get("service", "web", "-n", NAMESPACE)["spec"]["ports"][0]["nodePort"]
    for node in sample.nodes:
        with sample.control_plane.instance.namespaces.connect(node.address, port) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"200 OK" in connection.recv(4096)


def test_a_pod_reads_the_api_with_its_own_token(sample: Cluster) -> None:
    program = (
        "import ssl, urllib.request as u\n"
        "folder = '/var/run/secrets/kubernetes.io/serviceaccount/'\n"
        "token = open(folder + 'token').read()\n"
        f"url = 'https://kubernetes.default.svc/api/v1/namespaces/{NAMESPACE}/pods'\n"
        "request = u.Request(url, headers={'Authorization': 'Bearer ' + token})\n"
        "context = ssl.create_default_context(cafile=folder + 'ca.crt')\n"
        "print(u.urlopen(request, context=context).read().decode())\n"
    )
    pods = json.loads(execute(sample, "client", "python3", "-c", program))["items"]
    assert "client" in {found["metadata"]["name"] for found in pods}


def test_the_client_is_held_in_bounds(sample: Cluster) -> None:
    assert execute(sample, "client", "cat", "/secret/password") == MARKER
    status = execute(sample, "client", "cat", "/proc/self/status")
    assert "Seccomp:\t2" in status
    assert "CapEff:\t0000000000000000" in status
    assert execute(sample, "client", "id", "-u").strip() == "1000"
    with pytest.raises(Refused, match="Read-only file system"):
        execute(sample, "client", "touch", "/file")


def test_logs_and_port_forward_work(sample: Cluster) -> None:
    plane = sample.control_plane
    assert "started" in plane.kubectl("logs", "-n", NAMESPACE, "deployment/web")
    command = [str(build.program("kubectl")), f"--kubeconfig={plane.kubeconfig()}", "-n", NAMESPACE]
    forward = subprocess.Popen(
        [*command, "port-forward", "deployment/web", f":{PORT}"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert forward.stdout is not None
        address = forward.stdout.readline().split()[2]  # "Forwarding from 127.0.0.1:PORT -> 8080"
        with urllib.request.urlopen(f"http://{address}/", timeout=10) as answer:
            assert answer.read().decode().startswith("web-")
    finally:
        forward.terminate()
        forward.communicate()


def test_a_greedy_container_is_killed(sample: Cluster) -> None:
    reason = "--for=jsonpath={.status.containerStatuses[0].state.terminated.reason}=OOMKilled"
    sample.control_plane.kubectl("wait", "-n", NAMESPACE, reason, "pod/greedy", "--timeout=30s")


def test_the_kubelet_reports_what_pods_use(sample: Cluster) -> None:
    used = json.loads(sample.control_plane.kubectl("get", "--raw", "/api/v1/nodes/n1/proxy/stats/summary"))
    assert used["node"]["nodeName"] == "n1"
    assert any(found["podRef"]["namespace"] == NAMESPACE for found in used["pods"])


def test_a_node_may_not_label_itself_trusted(sample: Cluster) -> None:
    plane = sample.control_plane
    kubelet = plane.kubeconfig("system:node:n1", ["system:nodes"])
    with pytest.raises(Refused, match=r"not allowed|forbidden"):
        plane.kubectl("label", "node", "n1", "node-restriction.kubernetes.io/trusted=yes", kubeconfig=kubelet)


def test_executing_is_audited(sample: Cluster) -> None:
    execute(sample, "client", "true")
    audited = [
        event
        for event in sample.control_plane.audit_events()
        if event.get("objectRef", {}).get("subresource") == "exec" and event["objectRef"]["namespace"] == NAMESPACE
    ]
    assert audited[-1]["user"]["username"] == "kubernetes-admin"
    assert "command=true" in audited[-1]["requestURI"]


def test_an_exec_is_logged_as_begun_though_nothing_ran(sample: Cluster) -> None:
    """What limits the rule audit/exec-into-container: code 101 says that protocols were switched, by the kubelet or before it was asked."""
    plane = sample.control_plane
    with pytest.raises(Refused, match="no-such-program"):
        execute(sample, "client", "no-such-program")
    assert exec_codes(sample, "no-such-program") == {101}
    node = sample.node(plane.get("pod", "client", "-n", NAMESPACE)["spec"]["nodeName"])
    give_up_on_exec(sample, node, "passed-on")
    assert exec_codes(sample, "passed-on") == {500}
    plane.restart_api_server("--feature-gates=ExtendWebSocketsToKubelet=false")  # as before 1.36
    try:
        give_up_on_exec(sample, node, "translated")
    finally:
        plane.restart_api_server()
    assert exec_codes(sample, "translated") == {101}


def give_up_on_exec(cluster: Cluster, node: Node, program: str) -> None:
    """Ask a kubelet that hangs to run a program, and lose patience."""
    command = [str(build.program("kubectl")), f"--kubeconfig={cluster.control_plane.kubeconfig()}"]
    node.daemons["kubelet"].freeze()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(
                [*command, "exec", "-n", NAMESPACE, "client", "--", program],
                capture_output=True,
                check=False,
                timeout=5,
            )
    finally:
        node.daemons["kubelet"].thaw()


def exec_codes(cluster: Cluster, program: str) -> set[int]:
    """What the audit log says of the attempts to run a program; waits for the first word."""
    deadline = time.monotonic() + 20
    while True:
        found = {
            event["responseStatus"]["code"]
            for event in cluster.control_plane.audit_events()
            if f"command={program}&" in event["requestURI"] and "responseStatus" in event
        }
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


WEBHOOK = """
import http.server, json, ssl
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        uid = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]["uid"]
        response = {"uid": uid, "allowed": False, "status": {"message": "refused in the cluster"}}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server = http.server.ThreadingHTTPServer(("", 8443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
"""


def test_an_admission_webhook_in_the_cluster_is_asked(sample: Cluster) -> None:
    plane = sample.control_plane
    pair = plane.identities.authority.issue("hook", "hook", names=[f"hook.{NAMESPACE}.svc"])
    here = {"name": "hook", "namespace": NAMESPACE}
    server = pod(
        "hook",
        images.PYTHON,
        ["python3", "-c", WEBHOOK],
        volumes=[{"name": "tls", "secret": {"secretName": "hook"}}],
        container={
            "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
            "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
        },
    )
    client = {
        "service": {**here, "port": 443},
        "caBundle": base64.b64encode(plane.authority.read_bytes()).decode(),
    }
    hook = {
        "name": "refuse.seawall.test",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": client,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
    }
    plane.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": here,
            "stringData": {"tls.crt": pair.certificate.read_text(), "tls.key": pair.key.read_text()},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": here,
            "spec": {"selector": {"app": "hook"}, "ports": [{"port": 443, "targetPort": 8443}]},
        },
        server,
    )
    plane.kubectl("wait", "-n", NAMESPACE, "--for=condition=Ready", "pod/hook", "--timeout=60s")
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hook"},
        "webhooks": [hook],
    }
    plane.apply(configuration)
    try:
        deadline = time.monotonic() + 20
        with pytest.raises(Refused, match="refused in the cluster"):
            while time.monotonic() < deadline:  # the API server learns of the webhook a moment later
                plane.kubectl("create", "configmap", "c", "-n", NAMESPACE)
                plane.kubectl("delete", "configmap", "c", "-n", NAMESPACE)
    finally:
        plane.kubectl("delete", "validatingwebhookconfiguration", "hook")


def test_seawall_runs_in_a_pod_of_its_own_image_and_says_what_it_may_not_read(sample: Cluster) -> None:
    sample.node("n1").import_images(images.archive("seawall", [seawall_image.image()]))
    plane = sample.control_plane
    plane.apply(pod("seawall", seawall_image.SEAWALL, ["sleep", "infinity"], nodeName="n1"))
    plane.kubectl("wait", "-n", NAMESPACE, "--for=condition=Ready", "pod/seawall", "--timeout=60s")
    answer = execute(sample, "seawall", "sh", "-c", "seawall scan --context '' 2>&1; true")
    assert f"system:serviceaccount:{NAMESPACE}:default" in answer
    assert "Traceback" not in answer
