"""Puts the shop into a cluster: its images onto the nodes, its objects into the API server."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import yaml
from tests.e2e.cluster import images
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.images import Entry, Image
from tests.e2e.cluster.node import Node
from tests.e2e.cluster.processes import wait_for

FOLDER = Path(__file__).parent
MANIFESTS = FOLDER / "manifests"
OBJECTS = ("shop", "pay", "data", "ops", "access")
"""Manifests that need nothing but the cluster."""
NAMESPACES = ("shop", "pay", "data", "ops", "build")
CANARY = "canary-"
"""Every secret value of the shop begins so: it may stand in no recording."""

PROGRAMS = {
    "shop/web": ("1.4.0", "1.4.1"),
    "shop/api": ("2.3.1", "2.3.2"),
    "shop/cache": ("7.2.4",),
    "shop/worker": ("1.4.0",),
    "pay/payments": ("0.9.7",),
    "data/orders-db": ("16.4",),
    "data/report": ("3.0.0",),
    "ops/log-agent": ("5.1.0",),
    "ops/image-policy": ("0.3.0",),
}
"""Image -> versions. The newer ones are there to be delivered."""
READY_SECONDS = 180.0


def shop_images() -> list[Image]:
    """All of one content: what a service does, its environment says."""
    program = (Entry("app/service.py", source=FOLDER / "service.py", mode=0o644),)
    layers = (images.busybox_layer(), images.python_layer(), program)
    return [
        Image(f"{images.REGISTRY}/{name}:{version}", layers, ("python3", "/app/service.py"))
        for name, versions in PROGRAMS.items()
        for version in versions
    ]


def install(control_plane: ControlPlane, nodes: Sequence[Node] = ()) -> None:
    """Installs the shop and, where there are nodes, waits until it runs. Without nodes its pods stay pending, or run as far as fake nodes say so."""
    if nodes:
        archive = images.archive("shop", shop_images())
        for node in nodes:
            node.import_images(archive)
    control_plane.apply(*_documents("ops")[:1])
    pair = control_plane.identities.authority.issue(
        "image-policy", "image-policy", names=["image-policy.ops", "image-policy.ops.svc"]
    )
    secret = {"tls.crt": pair.certificate.read_text(), "tls.key": pair.key.read_text()}
    control_plane.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "image-policy-tls", "namespace": "ops"},
            "type": "kubernetes.io/tls",
            "stringData": secret,
        },
        *(document for name in OBJECTS for document in _documents(name)),
    )
    if nodes:
        wait_for("the shop", lambda: running(control_plane), READY_SECONDS)
    control_plane.apply(*_guarded(control_plane, answers=bool(nodes)))


def running(control_plane: ControlPlane) -> bool:
    """Whether every Deployment and StatefulSet of the shop has all its replicas."""
    for namespace in NAMESPACES:
        for thing in control_plane.get("deployments,statefulsets", "-n", namespace)["items"]:
            if thing["status"].get("readyReplicas", 0) < thing["spec"].get("replicas", 1):
                return False
    return True


def _documents(name: str) -> list[dict[str, object]]:
    return [one for one in yaml.safe_load_all((MANIFESTS / f"{name}.yaml").read_text()) if one]


def _guarded(control_plane: ControlPlane, *, answers: bool) -> list[dict[str, object]]:
    """The webhook's configuration, with the authority that vouches for it; one that holds nothing up where nothing `answers`."""
    authority = base64.b64encode(control_plane.authority.read_bytes()).decode()
    found: list[dict[str, object]] = []
    for document in yaml.safe_load_all((MANIFESTS / "image-policy.yaml").read_text()):
        for webhook in document["webhooks"]:
            webhook["clientConfig"]["caBundle"] = authority
            if not answers:
                webhook |= {"failurePolicy": "Ignore", "timeoutSeconds": 1}
        found.append(document)
    return found
