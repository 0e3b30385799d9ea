"""Generated pods that are dense in what the Pod Security Standards look at: every value that some version treats apart, and its neighbours."""

from __future__ import annotations

from random import Random
from typing import Any

CAPABILITIES = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
    *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    *("ALL", "NET_RAW", "SYS_ADMIN", "CAP_CHOWN", "net_bind_service", "all", ""),
)
SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
    *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    *("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
    *("kernel.msgmax", "net.core.somaxconn", "net/ipv4/tcp_syncookies", ""),
)
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t")
PROFILES = ("RuntimeDefault", "Localhost", "Unconfined", "", "runtimeDefault")
ANNOTATED = ("runtime/default", "docker/default", "localhost/", "localhost/x", "unconfined", "", "localhost")
VOLUMES = (
    *("configMap", "secret", "emptyDir", "projected", "persistentVolumeClaim", "csi", "downwardAPI"),
    *("ephemeral", "image", "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi"),
    *("glusterfs", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume"),
    *("quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos", "notYetKnown"),
)
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_OF = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR_OF = "container.apparmor.security.beta.kubernetes.io/"


class Pods:
    """An endless, seeded supply. Some pods lean to what restricted allows, so that both verdicts are common."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.tame = False

    def pod(self) -> dict[str, Any]:
        self.tame = self.random.random() < 0.5
        names = [f"c{index}" for index in range(8)]
        if self.random.random() < 0.05:
            names = ["same"] * 8
        spec: dict[str, Any] = {"containers": self.containers(names, self.random.choice((0, 1, 1, 1, 2, 3)))}
        if self.rarely():
            spec["initContainers"] = self.containers(names, self.random.choice((0, 1, 2)))
        if self.rarely():
            spec["ephemeralContainers"] = self.containers(names, 1)
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if self.rarely():
                spec[field] = self.random.choice((True, False, None))
        if self.rarely():
            spec["hostUsers"] = self.random.choice((True, False, None))
        if self.rarely():
            spec["os"] = self.random.choice(({"name": "windows"}, {"name": "linux"}, {}, {"name": ""}, None))
        if self.often():
            spec["securityContext"] = self.pod_context()
        if self.rarely():
            spec["volumes"] = [self.volume(index) for index in range(self.random.choice((1, 2, 3)))]
        pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
        if self.rarely():
            pod["metadata"]["annotations"] = self.annotations(names)
        return pod

    def rarely(self) -> bool:
        return self.random.random() < (0.12 if self.tame else 0.35)

    def often(self) -> bool:
        return self.random.random() < (0.97 if self.tame else 0.6)

    def wild(self) -> bool:
        """Whether to leave the restricted level here."""
        return self.random.random() < (0.04 if self.tame else 0.5)

    def containers(self, names: list[str], count: int) -> list[dict[str, Any]]:
        taken = [names.pop() for _ in range(min(count, len(names)))]
        return [self.container(name) for name in taken]

    def container(self, name: str) -> dict[str, Any]:
        container: dict[str, Any] = {"name": name, "image": "i"}
        if self.often():
            container["securityContext"] = self.context()
        if self.rarely():
            container["ports"] = [
                {"containerPort": 80, **self.random.choice(({}, {"hostPort": 0}, {"hostPort": 8080}))}
                for _ in range(self.random.choice((1, 2)))
            ]
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if self.rarely():
                container[probe] = self.handler()
        if self.rarely():
            container["lifecycle"] = {
                hook: self.handler() for hook in ("postStart", "preStop") if self.random.random() < 0.6
            }
        return container

    def handler(self) -> dict[str, Any]:
        handler: dict[str, Any] = {}
        for action in ("httpGet", "tcpSocket"):
            if self.random.random() < 0.5:
                host = self.random.choice(({}, {"host": ""}, {"host": None}))
                handler[action] = {"port": 80, **({"host": "10.0.0.1"} if self.wild() else host)}
        if self.random.random() < 0.1:
            handler["exec"] = {"command": ["true"]}
        return handler

    def context(self) -> dict[str, Any] | None:
        pick, context = self.random.choice, dict[str, Any]()
        if self.random.random() < 0.02:
            return None
        if self.often():
            context["allowPrivilegeEscalation"] = pick((True, None)) if self.wild() else False
        if self.often():
            context["capabilities"] = self.capabilities()
        if self.rarely():
            context["privileged"] = pick((True, False, None)) if self.wild() else False
        if self.rarely():
            context["procMount"] = pick(("Unmasked", "Default", "", None)) if self.wild() else "Default"
        self.shared(context)
        return context

    def pod_context(self) -> dict[str, Any] | None:
        context: dict[str, Any] = {}
        if self.random.random() < 0.02:
            return None
        if self.rarely():
            context["sysctls"] = [
                {"name": self.random.choice(SYSCTLS), "value": "1"} for _ in range(self.random.choice((0, 1, 2)))
            ]
        self.shared(context)
        return context

    def shared(self, context: dict[str, Any]) -> None:
        """What a pod and a container can both say."""
        pick = self.random.choice
        if self.often():
            context["runAsNonRoot"] = pick((False, None)) if self.wild() else True
        if self.rarely():
            context["runAsUser"] = pick((0, None)) if self.wild() else 1000
        if self.rarely():
            option = {key: pick(("", "u", None)) for key in ("user", "role", "level") if self.wild()}
            if self.random.random() < 0.7:
                option["type"] = pick((*SELINUX_TYPES, None)) if self.wild() else "container_t"
            context["seLinuxOptions"] = option
        if self.often():
            context["seccompProfile"] = self.profile()
        if self.rarely():
            context["appArmorProfile"] = self.profile()
        if self.rarely():
            value = pick((True, None, False)) if self.wild() else False
            context["windowsOptions"] = pick(({}, {"hostProcess": value}))

    def profile(self) -> dict[str, Any] | None:
        if not self.wild():
            return {"type": "RuntimeDefault"}
        return self.random.choice((*({"type": kind} for kind in PROFILES), {}, None))

    def capabilities(self) -> dict[str, Any] | None:
        pick, found = self.random.choice, dict[str, Any]()
        if self.often():
            found["drop"] = [pick(CAPABILITIES), pick(CAPABILITIES)] if self.wild() else ["ALL"]
        if self.rarely():
            found["add"] = [pick(CAPABILITIES) for _ in range(pick((0, 1, 3)))] if self.wild() else ["NET_BIND_SERVICE"]
        return found

    def volume(self, index: int) -> dict[str, Any]:
        volume: dict[str, Any] = {"name": f"v{index}"}
        kinds = VOLUMES if self.wild() else VOLUMES[:9]
        for _ in range(self.random.choice((0, 1, 1, 1, 1, 1, 2))):
            volume[self.random.choice(kinds)] = {} if self.random.random() < 0.97 else None
        return volume

    def annotations(self, left: list[str]) -> dict[str, str]:
        names = ["c0", "c5", "c6", "c7", "absent", "", *left[:1]]
        keys = (SECCOMP, *(prefix + name for prefix in (SECCOMP_OF, APPARMOR_OF) for name in names))
        return {self.random.choice(keys): self.random.choice(ANNOTATED) for _ in range(self.random.choice((0, 1, 2)))}
