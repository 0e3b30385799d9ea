"""Pods that exercise every field which the Pod Security Standards read.

Most begin as a pod that the restricted level allows and then have a few fields changed, so that each verdict hangs on
few causes; the others are random throughout.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Json = dict[str, Any]
LISTS = ("containers", "initContainers", "ephemeralContainers")

CAPABILITIES = [
    "ALL", "all", "All", "NET_BIND_SERVICE", "net_bind_service", "CAP_NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL",
    "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_PTRACE", "BPF", "",
]  # fmt: skip
SYSCTLS = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "net/ipv4/tcp_syncookies", "kernel.msgmax", "net.core.somaxconn", "a",
]  # fmt: skip
SECCOMP_ANNOTATIONS = [
    "runtime/default",
    "docker/default",
    "localhost/a",
    "localhost/",
    "localhost",
    "unconfined",
    "",
    "Runtime/default",
]
APPARMOR_ANNOTATIONS = ["runtime/default", "localhost/a", "localhost/", "localhost", "unconfined", "", "docker/default"]
PROFILE_TYPES = ["RuntimeDefault", "Localhost", "Unconfined", "runtimedefault", "", "Other"]
SELINUX_TYPES = [
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
    "spc_t",
    "",
    "user_t",
    "Container_t",
]
PROC_MOUNTS = ["Default", "Unmasked", "", "default", "Other"]
VOLUMES: dict[str, Json] = {
    "hostPath": {"path": "/"}, "emptyDir": {}, "gcePersistentDisk": {"pdName": "a"}, "awsElasticBlockStore": {"volumeID": "a"}, "gitRepo": {"repository": "a"},
    "secret": {"secretName": "a"}, "nfs": {"server": "a", "path": "/"}, "iscsi": {"targetPortal": "a", "iqn": "a", "lun": 0}, "glusterfs": {"endpoints": "a", "path": "a"},
    "persistentVolumeClaim": {"claimName": "a"}, "rbd": {"monitors": ["a"], "image": "a"}, "flexVolume": {"driver": "a"}, "cinder": {"volumeID": "a"},
    "cephfs": {"monitors": ["a"]}, "flocker": {"datasetName": "a"}, "downwardAPI": {"items": []}, "fc": {"wwids": ["a"]}, "azureFile": {"secretName": "a", "shareName": "a"},
    "configMap": {"name": "a"}, "vsphereVolume": {"volumePath": "a"}, "quobyte": {"registry": "a", "volume": "a"}, "azureDisk": {"diskName": "a", "diskURI": "a"},
    "photonPersistentDisk": {"pdID": "a"}, "projected": {"sources": []}, "portworxVolume": {"volumeID": "a"}, "scaleIO": {"gateway": "a", "system": "a"}, "storageos": {},
    "csi": {"driver": "a"}, "ephemeral": {"volumeClaimTemplate": {"spec": {}}}, "image": {"reference": "a"},
}  # fmt: skip
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR_CONTAINER = "container.apparmor.security.beta.kubernetes.io/"


def pods(seed: int, count: int) -> Iterator[Json]:
    """Pods with ``metadata`` and ``spec``. Container names are unique in all but a few."""
    for case in range(count):
        yield pod(Random(f"{seed}/{case}"), case)


def pod(rng: Random, case: int = 0) -> Json:
    """One pod."""
    names = (f"c{index}" for index in range(99)) if rng.random() > 0.02 else iter(lambda: "same", None)
    near = rng.random() < 0.7
    spec: Json = {"containers": [{"name": next(names), "image": "a"} for _ in range(rng.choice([1, 1, 2, 3]))]}
    for name, chance in (("initContainers", 0.4), ("ephemeralContainers", 0.3)):
        if rng.random() < chance:
            spec[name] = [{"name": next(names), "image": "a"} for _ in range(rng.choice([0, 1, 1, 2]))]
    made: Json = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{case}", "namespace": "n"}, "spec": spec}
    if near:
        _comply(rng, spec)
        changes = rng.choice([0, 1, 1, 2, 3, 4])
    else:
        changes = rng.randint(4, 25)
    for _ in range(changes):
        rng.choice(CHANGES)(rng, made)
    return made


def broken_pods(seed: int, count: int) -> Iterator[bytes]:
    """JSON of pods in which one or two values have a wrong type, a wrong name or stand twice."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        made = pod(rng, case)
        for _ in range(rng.randint(1, 2)):
            _break(rng, made)
        text = json.dumps(made)
        if rng.random() < 0.1:
            repeated = [
                '"spec": {"hostPID": true, "hostPID": false, "',
                '"Spec": {"hostPID": true}, "spec": {"',
                '"spec": {"HOSTPID": true, "',
            ]
            text = text.replace('"spec": {"', rng.choice(repeated), 1)
        yield text.encode()


def _comply(rng: Random, spec: Json) -> None:
    """Makes a spec one that the restricted level of every version allows, saying so on the pod or on the containers."""
    on_pod: Json = {}
    if rng.random() < 0.6:
        on_pod["runAsNonRoot"] = True
    if rng.random() < 0.6:
        on_pod["seccompProfile"] = {"type": "RuntimeDefault"}
    for container in _containers(spec):
        context: Json = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        if "runAsNonRoot" not in on_pod or rng.random() < 0.2:
            context["runAsNonRoot"] = True
        if "seccompProfile" not in on_pod or rng.random() < 0.2:
            context["seccompProfile"] = {"type": rng.choice(["RuntimeDefault", "Localhost"])}
        container["securityContext"] = context
    if on_pod:
        spec["securityContext"] = on_pod


def _containers(spec: Json) -> list[Json]:
    return [container for name in LISTS for container in spec.get(name) or []]


def _any_container(rng: Random, made: Json) -> Json:
    container: Json = rng.choice(_containers(made["spec"]))
    return container


def _context(rng: Random, holder: Json) -> Json:
    """The security context of a container or spec, made if it is missing, and sometimes null or empty instead."""
    if rng.random() < 0.03:
        holder["securityContext"] = rng.choice([None, {}])
        return {}
    if holder.get("securityContext") is None:
        holder["securityContext"] = {}
    context: Json = holder["securityContext"]
    return context


def _pod_or_container(rng: Random, made: Json) -> Json:
    return _context(rng, made["spec"] if rng.random() < 0.4 else _any_container(rng, made))


def _annotate(made: Json, key: str, value: str) -> None:
    made["metadata"].setdefault("annotations", {})[key] = value


def _set_flag(name: str) -> Callable[[Random, Json], None]:
    def change(rng: Random, made: Json) -> None:
        _context(rng, _any_container(rng, made))[name] = rng.choice([True, True, False, None])

    return change


def _set_host_namespace(rng: Random, made: Json) -> None:
    made["spec"][rng.choice(["hostNetwork", "hostPID", "hostIPC"])] = rng.choice([True, True, False, None])


def _set_capabilities(rng: Random, made: Json) -> None:
    context = _context(rng, _any_container(rng, made))
    capabilities: Json = rng.choice([{}, dict(context.get("capabilities") or {})])
    for side in ("add", "drop"):
        if rng.random() < 0.5:
            capabilities[side] = [rng.choice(CAPABILITIES) for _ in range(rng.choice([0, 1, 1, 2, 4]))]
    context["capabilities"] = rng.choice([capabilities, capabilities, capabilities, None, {}])


def _set_host_port(rng: Random, made: Json) -> None:
    container = _any_container(rng, made)
    ports = container.setdefault("ports", [])
    for _ in range(rng.randint(1, 3)):
        port: Json = {"containerPort": rng.randint(1, 9999)}
        if rng.random() < 0.6:
            port["hostPort"] = rng.choice([0, 0, 80, 8080, -1, 65536, None])
        ports.append(port)


def _set_handler(rng: Random, made: Json) -> None:
    container = _any_container(rng, made)
    host: Json = rng.choice([{}, {"host": ""}, {"host": "a"}, {"host": "127.0.0.1"}, {"host": None}])
    handler: Json = rng.choice(
        [
            {"httpGet": {"port": 80} | host},
            {"tcpSocket": {"port": 80} | host},
            {"httpGet": {"port": 80} | host, "tcpSocket": {"port": "http", "host": "b"}},
            {"exec": {"command": ["a"]}},
            {"grpc": {"port": 80}},
        ]
    )
    place = rng.choice(["livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"])
    if place.endswith("Probe"):
        container[place] = handler
    else:
        container.setdefault("lifecycle", {})[place] = handler


def _set_sysctls(rng: Random, made: Json) -> None:
    sysctls = [{"name": rng.choice(SYSCTLS), "value": "1"} for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    _context(rng, made["spec"])["sysctls"] = sysctls


def _set_seccomp_annotation(rng: Random, made: Json) -> None:
    names = [container["name"] for container in _containers(made["spec"])]
    key = rng.choice(
        [SECCOMP_POD, SECCOMP_CONTAINER + rng.choice(names), SECCOMP_CONTAINER + "gone", SECCOMP_CONTAINER]
    )
    _annotate(made, key, rng.choice(SECCOMP_ANNOTATIONS))


def _set_apparmor_annotation(rng: Random, made: Json) -> None:
    names = [container["name"] for container in _containers(made["spec"])]
    key = APPARMOR_CONTAINER + rng.choice([rng.choice(names), "gone", ""])
    _annotate(made, key, rng.choice(APPARMOR_ANNOTATIONS))


def _set_profile(name: str) -> Callable[[Random, Json], None]:
    def change(rng: Random, made: Json) -> None:
        profile: Json = {"type": rng.choice(PROFILE_TYPES)}
        if profile["type"] == "Localhost":
            profile["localhostProfile"] = "a"
        _pod_or_container(rng, made)[name] = rng.choice([profile, profile, profile, None, {}])

    return change


def _set_selinux(rng: Random, made: Json) -> None:
    options: Json = {}
    if rng.random() < 0.7:
        options["type"] = rng.choice(SELINUX_TYPES)
    for name in ("user", "role", "level"):
        if rng.random() < 0.25:
            options[name] = rng.choice(["", "system_u", None])
    _pod_or_container(rng, made)["seLinuxOptions"] = rng.choice([options, options, options, None])


def _set_windows_options(rng: Random, made: Json) -> None:
    options = rng.choice(
        [{"hostProcess": True}, {"hostProcess": True}, {"hostProcess": False}, {}, None, {"hostProcess": None}]
    )
    _pod_or_container(rng, made)["windowsOptions"] = options


def _set_volumes(rng: Random, made: Json) -> None:
    volumes = made["spec"].setdefault("volumes", [])
    for _ in range(rng.choice([1, 1, 2, 3])):
        volume: Json = {"name": f"v{len(volumes)}"}
        for kind in rng.sample(sorted(VOLUMES), rng.choice([1, 1, 1, 1, 1, 0, 2])):
            volume[kind] = copy.deepcopy(VOLUMES[kind]) if rng.random() < 0.95 else rng.choice([None, {}])
        volumes.append(volume)


def _set_os(rng: Random, made: Json) -> None:
    made["spec"]["os"] = rng.choice(
        [{"name": "windows"}, {"name": "windows"}, {"name": "linux"}, {"name": "Windows"}, {}, None]
    )


def _set_run_as_non_root(rng: Random, made: Json) -> None:
    _pod_or_container(rng, made)["runAsNonRoot"] = rng.choice([True, False, False, None])


def _set_run_as_user(rng: Random, made: Json) -> None:
    _pod_or_container(rng, made)["runAsUser"] = rng.choice([0, 0, 1, 1000, -1, None])


def _set_proc_mount(rng: Random, made: Json) -> None:
    _context(rng, _any_container(rng, made))["procMount"] = rng.choice([*PROC_MOUNTS, "Unmasked", None])


def _set_host_users(rng: Random, made: Json) -> None:
    made["spec"]["hostUsers"] = rng.choice([False, False, True, None])


def _drop_field(rng: Random, made: Json) -> None:
    """Takes away one field of a security context, or all of it."""
    holder = rng.choice([made["spec"], *_containers(made["spec"])])
    context = holder.get("securityContext")
    if context:
        context.pop(rng.choice(sorted(context)))
    elif rng.random() < 0.2:
        holder.pop("securityContext", None)


CHANGES: list[Callable[[Random, Json], None]] = [
    _set_flag("privileged"), _set_flag("allowPrivilegeEscalation"), _set_flag("readOnlyRootFilesystem"), _set_host_namespace, _set_capabilities, _set_capabilities,
    _set_host_port, _set_handler, _set_sysctls, _set_seccomp_annotation, _set_apparmor_annotation, _set_profile("seccompProfile"), _set_profile("appArmorProfile"), _set_selinux,
    _set_windows_options, _set_volumes, _set_volumes, _set_os, _set_run_as_non_root, _set_run_as_user, _set_proc_mount, _set_host_users, _drop_field, _drop_field,
]  # fmt: skip


def _break(rng: Random, made: Json) -> None:
    """Changes one value anywhere in a pod to one of another type, or renames or adds a member."""
    holder, place = rng.choice(list(_places(made)))
    chance = rng.random()
    if chance < 0.8 or isinstance(holder, list):
        wrong = [1, -1, 1.5, 2**40, 2**70, "", "a", "1", True, False, None, [], ["a"], [None], {}, {"a": 1}]
        holder[place] = rng.choice(wrong)
    elif chance < 0.9:
        holder[rng.choice([place.upper(), place + "x", place[:1].upper() + place[1:]])] = holder.pop(place)
    else:
        holder["unknown"] = {"a": [1]}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (dictionary, key) and (list, index) below a value."""
    inside: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    for place in inside:
        yield value, place
        if isinstance(value[place], dict | list):
            yield from _places(value[place])
