"""Pods that validation refuses for a field or two, and some that it takes: a good pod with a few fields changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Json = dict[str, Any]

GOOD: Json = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {"name": "web", "image": "web:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
            {"name": "side", "image": "side:1"},
        ],
        "initContainers": [{"name": "first", "image": "first:1"}],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "host", "hostPath": {"path": "/var"}}],
    },
}
NAMES = ["", "a", "A", "a-b", "-a", "a-", "a.b", "a_b", "x" * 63, "x" * 64, "web", "side", "first", "ä", "a..b", "9"]
SUBDOMAINS = ["a", "a.b", "A", "a..b", "-a", "a" * 253, "a" * 254, "a_b", "a.-b"]
PORTS = [0, 1, 80, 65535, 65536, -1, 99999]
PORT_NAMES = ["http", "a" * 15, "a" * 16, "Http", "8080", "a--b", "-a", "a-", "1a", "http"]
IDS = [0, 1, 1000, 2**31 - 1, 2**31, -1, -4]
PATHS = ["a", "/a", "a/../b", "..", "a..b", "../a", ""]
AMOUNTS = ["1", "100m", "-1", "0", "1Gi", "-5Mi"]
RESOURCES = ["cpu", "memory", "ephemeral-storage", "storage", "pods", "example.com/gpu", "kubernetes.io/x", "bad name", "Example.com/x", "a/b/c"]  # fmt: skip
KEYS = ["a", "a/b", "A/b", "a b", "-a", "example.com/a", "x" * 64, "a/b/c", "/a"]
VALUES = ["", "a", "-a", "a b", "x" * 63, "x" * 64, "A.b_c-d"]
PROFILES: list[Json] = [
    {"type": "RuntimeDefault"},
    {"type": "Localhost", "localhostProfile": "a.json"},
    {"type": "Localhost"},
    {"type": "Localhost", "localhostProfile": "/a"},
    {"type": "Localhost", "localhostProfile": "a/../b"},
    {"type": "RuntimeDefault", "localhostProfile": "a"},
    {"type": "Other"},
    {"type": ""},
    {"type": "Unconfined"},
    {"type": "Localhost", "localhostProfile": " a"},
    {"type": "Localhost", "localhostProfile": ""},
]
HANDLERS: list[Json] = [
    {"exec": {"command": ["a"]}},
    {"exec": {}},
    {"httpGet": {"path": "/", "port": 80}},
    {"httpGet": {"port": "http"}},
    {"httpGet": {"port": 0}},
    {"httpGet": {"port": "Bad_Name", "scheme": "FTP"}},
    {"tcpSocket": {"port": 70000}},
    {"tcpSocket": {"port": "a"}},
    {},
    {"exec": {"command": ["a"]}, "tcpSocket": {"port": 1}},
]
SOURCES: list[Json] = [
    {"fieldRef": {"fieldPath": "metadata.name"}},
    {"fieldRef": {"fieldPath": "status.podIP"}},
    {"fieldRef": {"fieldPath": ""}},
    {"fieldRef": {"fieldPath": "metadata.labels['a']"}},
    {"fieldRef": {"fieldPath": "metadata.annotations['a b']"}},
    {"configMapKeyRef": {"name": "a", "key": "b"}},
    {"configMapKeyRef": {"name": "A", "key": "b"}},
    {"configMapKeyRef": {"name": "a", "key": ""}},
    {"secretKeyRef": {"name": "a", "key": "b c"}},
    {"secretKeyRef": {"name": "a", "key": ".."}},
    {"secretKeyRef": {"name": "a", "key": "..b"}},
    {"secretKeyRef": {"name": "a", "key": "b"}, "configMapKeyRef": {"name": "a", "key": "b"}},
    {"resourceFieldRef": {"resource": "limits.cpu"}},
    {},
]
VOLUMES: list[Json] = [
    {"emptyDir": {}},
    {},
    {"hostPath": {"path": ""}},
    {"hostPath": {"path": "/a/../b"}},
    {"hostPath": {"path": "/a", "type": "Directory"}},
    {"hostPath": {"path": "/a", "type": "Folder"}},
    {"hostPath": {"path": "/a", "type": ""}},
    {"secret": {"secretName": "a"}},
    {"secret": {}},
    {"secret": {"secretName": "a", "defaultMode": 511}},
    {"secret": {"secretName": "a", "defaultMode": 512}},
    {"secret": {"secretName": "a", "items": [{"key": "k", "path": "../p"}]}},
    {"secret": {"secretName": "a", "items": [{"key": "", "path": "p", "mode": 1000}]}},
    {"configMap": {"name": "a"}},
    {"configMap": {"items": [{"key": "k", "path": ""}]}},
    {"configMap": {"name": "a", "items": [{"key": "k", "path": "..p"}, {"key": "k", "path": "/p"}]}},
    {"persistentVolumeClaim": {"claimName": ""}},
    {"persistentVolumeClaim": {"claimName": "a"}},
    {"emptyDir": {}, "hostPath": {"path": "/"}},
]
TOLERATIONS: list[Json] = [
    {"operator": "Exists"},
    {"key": "a", "operator": "Exists", "value": "b"},
    {"key": "a", "value": "b"},
    {"key": "a b"},
    {"value": "b"},
    {"key": "a", "operator": "In"},
    {"key": "a", "operator": "Equal", "value": "a b"},
    {"key": "a", "effect": "NoExecute", "tolerationSeconds": 5},
    {"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5},
    {"key": "a", "effect": "Other"},
]


def refused_pods(seed: int, count: int) -> Iterator[Json]:
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        pod = copy.deepcopy(GOOD)
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            rng.choice(CHANGES)(rng, pod["spec"], pod)
        yield pod


Change = Callable[[Random, Json, Json], None]
CHANGES: list[Change] = []


def change(function: Change) -> Change:
    CHANGES.append(function)
    return function


def some_container(rng: Random, spec: Json) -> Json:
    """Mostly of the main containers, at times of the others."""
    found: list[Json] = [*spec["containers"], *spec["containers"], *spec.get("initContainers", []), *spec.get("ephemeralContainers", [])]  # fmt: skip
    return rng.choice(found) if found else {}


def security(rng: Random, spec: Json) -> Json:
    context: Json = some_container(rng, spec).setdefault("securityContext", {})
    return context


@change
def container_name(rng: Random, spec: Json, pod: Json) -> None:
    some_container(rng, spec)["name"] = rng.choice(NAMES)


@change
def container_texts(rng: Random, spec: Json, pod: Json) -> None:
    field, values = rng.choice([
        ("image", [""]), ("imagePullPolicy", ["Always", "Sometimes", "Never"]), ("terminationMessagePolicy", ["File", "Log"]),
        ("restartPolicy", ["Always", "OnFailure", "Other", "Never"]), ("lifecycle", [{"preStop": rng.choice(HANDLERS)}, {"postStart": rng.choice(HANDLERS)}, {"stopSignal": "SIGTERM"}]),
    ])  # fmt: skip
    some_container(rng, spec)[field] = rng.choice(values)


@change
def ports(rng: Random, spec: Json, pod: Json) -> None:
    listed = some_container(rng, spec).setdefault("ports", [])
    for _ in range(rng.choice([1, 2])):
        port: Json = {"containerPort": rng.choice(PORTS)}
        if rng.random() < 0.4:
            port["hostPort"] = rng.choice(PORTS)
        if rng.random() < 0.4:
            port["name"] = rng.choice(PORT_NAMES)
        if rng.random() < 0.3:
            port["protocol"] = rng.choice(["TCP", "UDP", "SCTP", "ICMP", "tcp"])
        listed.append(port)


@change
def variables(rng: Random, spec: Json, pod: Json) -> None:
    variable: Json = {"name": rng.choice(["A", "a-b", "1A", "", "A=B", "ä", "A B", "\u007f"])}
    if rng.random() < 0.6:
        variable["valueFrom"] = copy.deepcopy(rng.choice(SOURCES))
    if rng.random() < 0.3:
        variable["value"] = rng.choice(["", "x"])
    some_container(rng, spec).setdefault("env", []).append(variable)


@change
def variables_from(rng: Random, spec: Json, pod: Json) -> None:
    source: Json = {}
    for name in ("configMapRef", "secretRef"):
        if rng.random() < 0.6:
            source[name] = {"name": rng.choice(["", "a", "A", "a.b"])}
    if rng.random() < 0.3:
        source["prefix"] = rng.choice(["A_", "=", "ä"])
    some_container(rng, spec).setdefault("envFrom", []).append(source)


@change
def mounts(rng: Random, spec: Json, pod: Json) -> None:
    mount: Json = {
        "name": rng.choice(["data", "host", "none", ""]),
        "mountPath": rng.choice(["/data", "/x", "", "rel"]),
    }
    for name in ("subPath", "subPathExpr"):
        if rng.random() < 0.25:
            mount[name] = rng.choice(PATHS)
    if rng.random() < 0.3:
        mount["mountPropagation"] = rng.choice(["None", "HostToContainer", "Bidirectional", "Other"])
    some_container(rng, spec).setdefault("volumeMounts", []).append(mount)


@change
def resources(rng: Random, spec: Json, pod: Json) -> None:
    """Requests alone or equal to limits: one above its limit is another rule's matter, and limits alone become requests."""
    asked = {rng.choice(RESOURCES): rng.choice(AMOUNTS)}
    some_container(rng, spec)["resources"] = {"requests": asked} | ({"limits": asked} if rng.random() < 0.6 else {})


@change
def identities(rng: Random, spec: Json, pod: Json) -> None:
    security(rng, spec)[rng.choice(["runAsUser", "runAsGroup"])] = rng.choice(IDS)


@change
def profiles(rng: Random, spec: Json, pod: Json) -> None:
    profile = copy.deepcopy(rng.choice(PROFILES))
    context = security(rng, spec) if rng.random() < 0.6 else spec.setdefault("securityContext", {})
    context[rng.choice(["seccompProfile", "appArmorProfile"])] = profile


@change
def contradictions(rng: Random, spec: Json, pod: Json) -> None:
    context = security(rng, spec)
    context["allowPrivilegeEscalation"] = rng.random() < 0.3
    context["privileged"] = rng.random() < 0.5
    if rng.random() < 0.4:
        context["capabilities"] = {"add": [rng.choice(["CAP_SYS_ADMIN", "SYS_ADMIN", "NET_ADMIN"])]}
    if rng.random() < 0.3:
        context["procMount"] = rng.choice(["Default", "Unmasked", "Other"])


@change
def probes(rng: Random, spec: Json, pod: Json) -> None:
    probe = copy.deepcopy(rng.choice(HANDLERS))
    if rng.random() < 0.3:
        probe[rng.choice(["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"])] = rng.choice([-1, 5])  # fmt: skip
    some_container(rng, spec)[rng.choice(["readinessProbe", "startupProbe"])] = probe


@change
def volumes(rng: Random, spec: Json, pod: Json) -> None:
    spec["volumes"].append({"name": rng.choice([*NAMES, "data", "v"]), **copy.deepcopy(rng.choice(VOLUMES))})


@change
def ephemeral(rng: Random, spec: Json, pod: Json) -> None:
    spec.setdefault("ephemeralContainers", []).append(
        {
            "name": rng.choice(["debug", "web", "first"]),
            "image": "a",
            "targetContainerName": rng.choice(["web", "none", "first"]),
        }
    )


@change
def pod_texts(rng: Random, spec: Json, pod: Json) -> None:
    field, values = rng.choice([
        ("restartPolicy", ["Always", "OnFailure", "Never", "Sometimes"]), ("dnsPolicy", ["Default", "ClusterFirst", "Other"]), ("serviceAccountName", SUBDOMAINS),
        ("nodeName", SUBDOMAINS), ("priorityClassName", SUBDOMAINS), ("runtimeClassName", SUBDOMAINS), ("hostname", NAMES), ("subdomain", NAMES),
        ("preemptionPolicy", ["Never", "PreemptLowerPriority", "Other"]), ("activeDeadlineSeconds", [0, 1, -1, 2**31 - 1, 2**31]), ("hostUsers", [False, True]),
        ("hostNetwork", [True, True, False]), ("hostPID", [True]), ("hostIPC", [True]), ("shareProcessNamespace", [True]), ("containers", [[]]),
        ("nodeSelector", [{rng.choice(KEYS): rng.choice(VALUES)}]), ("tolerations", [[copy.deepcopy(rng.choice(TOLERATIONS))]]),
        ("hostAliases", [[{"ip": rng.choice(["10.0.0.1", "::1", "x", ""]), "hostnames": [rng.choice(SUBDOMAINS)]}]]),
    ])  # fmt: skip
    spec[field] = rng.choice(values)


@change
def pod_security(rng: Random, spec: Json, pod: Json) -> None:
    context = spec.setdefault("securityContext", {})
    field, values = rng.choice([
        ("fsGroup", IDS), ("runAsUser", IDS), ("runAsGroup", IDS), ("supplementalGroups", [[5], [-1, 5], [2**31]]), ("fsGroupChangePolicy", ["Always", "Other", "OnRootMismatch"]),
        ("sysctls", [[{"name": rng.choice(["kernel.msgmax", "net/core/somaxconn", "", "a..b", "A"]), "value": "1"} for _ in range(rng.choice([1, 2]))]]),
    ])  # fmt: skip
    context[field] = rng.choice(values)


@change
def labels(rng: Random, spec: Json, pod: Json) -> None:
    pod["metadata"]["labels"] = {rng.choice(KEYS): rng.choice(VALUES)}


@change
def name(rng: Random, spec: Json, pod: Json) -> None:
    pod["metadata"]["name"] = rng.choice(SUBDOMAINS)
