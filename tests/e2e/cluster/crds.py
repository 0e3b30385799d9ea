"""Definitions of the custom resources that network policy and exposure are written in.

The files are taken out of the upstream Go modules when the cluster is built and kept in the cache; none lies in this
repository. Calico publishes no module newer than its 3.28, so the kinds it added since, and its `projectcalico.org/v3`
API, which a server of its own serves in a real cluster, are defined here as open objects: stored as written, their
content not validated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.e2e.cluster import bulk
from tests.e2e.cluster.build import Module, cache_root
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.cluster.missing import Missing

OPEN: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
ESTABLISHED_SECONDS = 30


@dataclass(frozen=True)
class Family:
    """Definitions that come together: a module and where in it they lie."""

    module: Module
    files: tuple[str, ...]
    keep_unknown_fields: bool = False
    """The schema is older than what people write: fields it does not know are kept instead of dropped."""


FAMILIES = {
    "cluster-network-policy": Family(
        Module("sigs.k8s.io/network-policy-api", "v0.2.0"),
        ("config/crd/experimental/policy.networking.k8s.io_clusternetworkpolicies.yaml",),
    ),
    "admin-network-policy": Family(
        Module("sigs.k8s.io/network-policy-api", "v0.1.6-0.20250401132235-45061d10895e"),
        ("config/crd/experimental/policy.networking.k8s.io_*adminnetworkpolicies.yaml",),
    ),
    "gateway-api": Family(
        Module("sigs.k8s.io/gateway-api", "v1.6.3"),
        ("config/crd/experimental/gateway.networking.k8s.io_*.yaml",),
    ),
    "cilium": Family(
        Module("github.com/cilium/cilium", "v1.20.2"),
        ("pkg/k8s/apis/cilium.io/client/crds/v2/*.yaml", "pkg/k8s/apis/cilium.io/client/crds/v2alpha1/*.yaml"),
    ),
    "calico": Family(
        Module("github.com/projectcalico/calico", "v1.11.0-cni-plugin.0.20250813170300-a0db560f0520"),
        ("libcalico-go/config/crd/*.yaml",),
        keep_unknown_fields=True,
    ),
}

CALICO_STORED = "crd.projectcalico.org/v1"
CALICO_SERVED = "projectcalico.org/v3"
CALICO_OPEN = (
    (CALICO_STORED, "Tier", "Cluster"),
    (CALICO_STORED, "StagedNetworkPolicy", "Namespaced"),
    (CALICO_STORED, "StagedGlobalNetworkPolicy", "Cluster"),
    (CALICO_STORED, "StagedKubernetesNetworkPolicy", "Namespaced"),
    (CALICO_SERVED, "Tier", "Cluster"),
    (CALICO_SERVED, "NetworkPolicy", "Namespaced"),
    (CALICO_SERVED, "GlobalNetworkPolicy", "Cluster"),
    (CALICO_SERVED, "StagedNetworkPolicy", "Namespaced"),
    (CALICO_SERVED, "StagedGlobalNetworkPolicy", "Cluster"),
    (CALICO_SERVED, "StagedKubernetesNetworkPolicy", "Namespaced"),
    (CALICO_SERVED, "NetworkSet", "Namespaced"),
    (CALICO_SERVED, "GlobalNetworkSet", "Cluster"),
    (CALICO_SERVED, "HostEndpoint", "Cluster"),
    (CALICO_SERVED, "IPPool", "Cluster"),
)


def build(report: Callable[[str], None] = print) -> None:
    """Keep every family's definitions in the cache, as JSON."""
    for name, family in FAMILIES.items():
        kept = _kept(family)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            arriving = kept.with_suffix(".new")
            arriving.write_text(json.dumps(_upstream_definitions(family)))
            arriving.rename(kept)
        report(f"crds: {name} of {family.module}")


def install(control_plane: ControlPlane, names: Sequence[str] = tuple(FAMILIES)) -> None:
    """Create the definitions of these families and wait until the API serves them. Raises `Missing` if not built."""
    definitions = [definition for name in names for definition in _definitions(name)]
    bulk.create(control_plane, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definitions)
    created = [f"customresourcedefinition/{definition['metadata']['name']}" for definition in definitions]
    control_plane.kubectl("wait", "--for=condition=Established", f"--timeout={ESTABLISHED_SECONDS}s", *created)


def _definitions(name: str) -> list[dict[str, Any]]:
    family = FAMILIES[name]
    if not _kept(family).exists():
        raise Missing("the custom resource definitions are not built: python -m tests.e2e.cluster build crds")
    definitions: list[dict[str, Any]] = json.loads(_kept(family).read_text())
    if name == "calico":
        definitions += [_open_definition(*kind) for kind in CALICO_OPEN]
    return definitions


def _upstream_definitions(family: Family) -> list[dict[str, Any]]:
    folder = family.module.folder()
    definitions: list[dict[str, Any]] = []
    for file in sorted(file for pattern in family.files for file in folder.glob(pattern)):
        documents = yaml.load_all(file.read_bytes(), yaml.CSafeLoader)
        definitions += [document for document in documents if document["kind"] == "CustomResourceDefinition"]
    if family.keep_unknown_fields:
        for definition in definitions:
            for version in definition["spec"]["versions"]:
                properties = version["schema"]["openAPIV3Schema"]["properties"]
                properties["spec"]["x-kubernetes-preserve-unknown-fields"] = True
    return [_without_descriptions(definition) for definition in definitions]


def _without_descriptions(node: Any) -> Any:
    """They are most of the text, and the API server merges all of it into its own documentation at every start."""
    if isinstance(node, dict):
        # A property that is itself called `description` holds a schema, not a text.
        return {
            key: _without_descriptions(value)
            for key, value in node.items()
            if key != "description" or not isinstance(value, str)
        }
    return [_without_descriptions(value) for value in node] if isinstance(node, list) else node


def _open_definition(api_version: str, kind: str, scope: str) -> dict[str, Any]:
    group, version = api_version.split("/")
    singular = kind.lower()
    plural = singular.removesuffix("y") + "ies" if singular.endswith("y") else singular + "s"
    schema = {"type": "object", "properties": {"spec": OPEN, "status": OPEN}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": singular},
            "scope": scope,
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def _kept(family: Family) -> Path:
    return cache_root() / "crds" / f"{family.module.path.replace('/', '_')}-{family.module.version}.json"
