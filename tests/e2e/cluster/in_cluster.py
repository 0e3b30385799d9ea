"""Seawall in the cluster, from `deploy/` as it stands: only what the manifests leave to whoever installs is filled in."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.e2e.cluster import images, seawall_image
from tests.e2e.cluster.cluster import Cluster
from tests.e2e.cluster.processes import wait_for

DEPLOY = Path(__file__).parents[3] / "deploy"
NAMESPACE = "seawall"
HOST = "seawall.seawall.svc"
PORT = 8443
AUDIENCE = "seawall"
STATE = "/var/lib/seawall-state"
"""On the node: nothing here makes volumes for claims."""

OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{deploy}]
images: [{{name: registry.example.com/seawall, newName: {image}, newTag: "{tag}"}}]
"""


@dataclass(frozen=True)
class Installed:
    """Seawall, ready, and how to speak to it."""

    cluster: Cluster
    port: int
    """Of this machine's loopback: leads to the Service."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def service_url(self) -> str:
        """As the API server calls it."""
        return f"https://{HOST}:{PORT}"

    def token(self, account: str, audience: str = AUDIENCE) -> str:
        """Of a service account in Seawall's namespace, as `kubectl create token` gives it."""
        made = self.cluster.control_plane.kubectl(
            "create", "token", account, f"--namespace={NAMESPACE}", f"--audience={audience}"
        )
        return made.strip()

    def client(self, token: str = "") -> httpx.Client:
        """A client of its API, as the token's owner; without one, nobody yet."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        trust = ssl.create_default_context(cafile=str(self.cluster.control_plane.authority))
        return httpx.Client(base_url=self.url, verify=trust, headers=headers, timeout=30)

    def log(self) -> str:
        return self.cluster.control_plane.kubectl("logs", f"--namespace={NAMESPACE}", "deployment/seawall")

    def sign_in_link(self) -> str:
        """A link that signs in once, as it is made in the pod."""
        said = self.cluster.control_plane.kubectl(
            *("exec", f"--namespace={NAMESPACE}", "deployment/seawall", "--"),
            *("seawall", "token", "link", "--url", self.url),
        )
        found = re.search(r"https://\S+", said)
        assert found, said
        return found[0]


def install(cluster: Cluster) -> Installed:
    """Apply the manifests and wait until the server is ready. What its owner has to bring: image, volume, certificate."""
    plane = cluster.control_plane
    node = cluster.node("n1")
    node.import_images(images.archive("seawall", [seawall_image.image()]))
    node.run("mkdir", "-p", STATE)
    plane.apply(_volume(node.name))
    image, _, tag = seawall_image.SEAWALL.rpartition(":")
    overlay = plane.instance.folder / "deploy"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text(
        OVERLAY.format(deploy=os.path.relpath(DEPLOY, overlay), image=image, tag=tag)
    )
    plane.kubectl("apply", "--kustomize", str(overlay))
    pair = plane.identities.authority.issue("seawall", HOST, names=[HOST, "localhost"], addresses=["127.0.0.1"])
    plane.kubectl(
        *("create", "secret", "tls", "seawall-tls", f"--namespace={NAMESPACE}"),
        *(f"--cert={pair.certificate}", f"--key={pair.key}"),
    )
    plane.kubectl("rollout", "status", f"--namespace={NAMESPACE}", "deployment/seawall", "--timeout=180s")
    address = plane.get("service", "seawall", "-n", NAMESPACE)["spec"]["clusterIP"]
    plane.name(HOST, address)
    installed = Installed(cluster, plane.reach(address, PORT))
    wait_for("the way to Seawall", lambda: _answers(installed), 30)
    return installed


def remove(cluster: Cluster) -> None:
    cluster.control_plane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    for kind in ("clusterrole", "clusterrolebinding"):
        cluster.control_plane.kubectl("delete", kind, "seawall-collector", "seawall-sign-in")


def _answers(installed: Installed) -> bool:
    try:
        with installed.client() as client:
            return client.get("/healthz").text == "ok\n"
    except httpx.TransportError:
        return False


def _volume(node: str) -> dict[str, Any]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "seawall-state"},
        "spec": {
            "capacity": {"storage": "20Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": {"namespace": NAMESPACE, "name": "seawall-state"},
            "local": {"path": STATE},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
