"""One machine of the cluster: containerd, kubelet and kube-proxy in namespaces of their own.

Inside, everything lies where it lies on a real node (`/run/containerd`, `/var/lib/kubelet`, `/var/log/pods`): `/run`,
`/var/lib` and `/var/log` are the node's own, so several kubelets share one kernel and the machine keeps its files.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.cluster import cgroups, images, kubeconfig, network
from tests.e2e.cluster.build import program
from tests.e2e.cluster.certificates import Pair
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.namespaces import Namespaces
from tests.e2e.cluster.processes import Daemon, wait_for

RUNTIME_SOCKET = "/run/containerd/containerd.sock"
RUNTIME_SECONDS = 30.0

TUNED_BY_KUBELET = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
"""Kernel-wide settings the kubelet insists on. It reads them from plain files laid over /proc/sys, and finds them
right, so it leaves the machine's as they are."""

MOUNTS = r"""
mount --make-rshared /
for place in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 seawall-node $place; done
mkdir -p /var/lib/kubelet /var/lib/containerd /var/lib/cni /run/containerd /run/sysctl /run/lock /var/log/pods
mount --bind "$1/kubelet" /var/lib/kubelet
mount --bind "$1/containerd" /var/lib/containerd
"""
"""Run by the node's shell with the node's folder as first argument. Only bulk data lies on disk."""


CONTAINERD = """\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox}"
  # Root on the machine may lack the privilege to lower a score, and an AppArmor it could load profiles into.
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{cni}"
"""
"""containerd's configuration: version 2 of the format is read by containerd 1.6 and 2 alike."""


@dataclass
class Node:
    control_plane: ControlPlane
    index: int
    namespaces: Namespaces
    daemons: dict[str, Daemon] = field(default_factory=dict)

    @classmethod
    def prepare(cls, control_plane: ControlPlane, index: int, archive: Path) -> Node:
        """Node number `index` (1 to 9) with its runtime and the images of `archive`; no API server is needed yet."""
        instance = control_plane.instance
        namespaces = Namespaces.create(hostname=f"n{index}", inside=instance.namespaces, tied=False)
        node = cls(control_plane, index, namespaces)
        node._plug_in()
        node._mount()
        node._write_configuration(cgroups.create(instance.name, node.name))
        node._start_runtime(archive)
        return node

    def join(self) -> None:
        """Start kubelet and kube-proxy; the node becomes ready a moment later."""
        version = self.control_plane.version
        self.launch(
            "kubelet",
            [
                str(program("kubelet", version)),
                f"--config={self.folder / 'kubelet.json'}",
                f"--kubeconfig={self.folder / 'kubelet.kubeconfig'}",
                f"--hostname-override={self.name}",
                f"--node-ip={self.address}",
            ],
        )
        self.launch("kube-proxy", [str(program("kube-proxy", version)), f"--config={self.folder / 'kube-proxy.json'}"])

    @property
    def name(self) -> str:
        return f"n{self.index}"

    @property
    def address(self) -> str:
        return network.node_address(self.index)

    @property
    def folder(self) -> Path:
        return self.control_plane.instance.folder / self.name

    def run(self, *command: str) -> str:
        """Run a command on the node, as root, and return its output."""
        return self.namespaces.run(*command)

    def import_images(self, archive: Path) -> None:
        self.run("ctr", "--namespace=k8s.io", "images", "import", "--no-unpack", str(archive))

    def launch(self, name: str, command: Sequence[str]) -> Daemon:
        """Start a program on the node."""
        log = self.control_plane.instance.folder / "logs" / f"{self.name}-{name}.log"
        daemon = Daemon(name, command, log, entering=self.namespaces.entering())
        daemon.start()
        self.daemons[name] = daemon
        return daemon

    # -- starting

    def _plug_in(self) -> None:
        """A cable from `eth0` to the control plane's bridge, with this node's pods routed through it."""
        outer, port = self.control_plane.instance.namespaces, f"node{self.index}"
        # Process ids mean the same to this command only while it stays in the machine's process namespace.
        cable = ["ip", "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", str(outer.holder.pid)]
        subprocess.run([*self.namespaces.entering("--net"), *cable], check=True, capture_output=True)
        outer.run("ip", "link", "set", port, "master", network.BRIDGE, "up")
        outer.run("ip", "route", "add", network.pod_range(self.index), "via", self.address)
        self.run("ip", "addr", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.run("ip", "route", "add", "default", "via", network.CONTROL_PLANE)
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1")

    def _mount(self) -> None:
        for name in ("kubelet", "containerd", "cni"):
            (self.folder / name).mkdir(parents=True)
        self.run("sh", "-ec", MOUNTS, "mounts", str(self.folder))
        for setting, value in TUNED_BY_KUBELET.items():
            file = f"/run/sysctl/{setting.replace('/', '.')}"
            self.run("sh", "-ec", f"echo {value} >{file}; mount --bind {file} /proc/sys/{setting}")

    def _write_configuration(self, cgroup: str) -> None:
        plane = self.control_plane
        pair = plane.identities.authority.issue(
            f"kubelet-{self.name}",
            f"system:node:{self.name}",
            ["system:nodes"],
            names=[self.name],
            addresses=[self.address],
        )
        kubeconfig.write(
            self.folder / "kubelet.kubeconfig", network.API_URL, plane.authority, kubeconfig.certificate_user(pair)
        )
        files = {
            "kubelet.json": self._kubelet_configuration(cgroup, pair),
            "kube-proxy.json": self._proxy_configuration(plane.inner_kubeconfig("kube-proxy")),
            "cni/10-seawall.conflist": self._pod_network(),
        }
        for name, content in files.items():
            (self.folder / name).write_text(json.dumps(content, indent=1))
        (self.folder / "containerd.toml").write_text(CONTAINERD.format(sandbox=images.PAUSE, cni=self.folder / "cni"))

    def _start_runtime(self, archive: Path) -> None:
        runtime = self.launch("containerd", ["containerd", f"--config={self.folder / 'containerd.toml'}"])

        def answers() -> bool:
            return (
                subprocess.run(
                    [*self.namespaces.entering(), "ctr", "version"], capture_output=True, check=False
                ).returncode
                == 0
            )

        wait_for(f"containerd on {self.name}", answers, RUNTIME_SECONDS, [runtime])
        self.import_images(archive)

    def _kubelet_configuration(self, cgroup: str, pair: Pair) -> dict[str, Any]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": self.address,
            "healthzBindAddress": "127.0.0.1",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(self.control_plane.authority)},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(pair.certificate),
            "tlsPrivateKeyFile": str(pair.key),
            "containerRuntimeEndpoint": f"unix://{RUNTIME_SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": cgroup,
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,  # a lower one takes a privilege that root in a container often lacks
            "clusterDNS": [network.DNS_SERVICE],
            "clusterDomain": "cluster.local",
            "resolvConf": "",
            "nodeStatusUpdateFrequency": "5s",
            "syncFrequency": "5s",
            "serializeImagePulls": False,
            "makeIPTablesUtilChains": False,
            # The disk and memory of this machine are not the node's to tidy.
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "evictionHard": {
                "memory.available": "50Mi",
                "nodefs.available": "1%",
                "imagefs.available": "1%",
                "nodefs.inodesFree": "1%",
            },
        }

    def _proxy_configuration(self, credentials: Path) -> dict[str, Any]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clientConnection": {"kubeconfig": str(credentials)},
            "clusterCIDR": network.PODS,
            "hostnameOverride": self.name,
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            # Zero: the machine's own limits on tracked connections stay.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }

    def _pod_network(self) -> dict[str, Any]:
        """Each pod on a link of its own (ptp), so that even traffic within the node is routed and can be filtered."""
        addresses = {
            "type": "host-local",
            "ranges": [[{"subnet": network.pod_range(self.index)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        return {
            "cniVersion": "1.0.0",
            "name": "seawall",
            "plugins": [
                {"type": "ptp", "ipMasq": False, "ipam": addresses},
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }
