"""Where ingresses lead, and what they claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from seawall.model.cluster.network_kinds import Ingress
from seawall.model.cluster.snapshot import Cluster


def backends(ingress: Ingress) -> Iterator[tuple[str, str]]:
    """(path, Service name) of every backend that is a Service."""
    if (name := _service(ingress.spec.default_backend)) is not None:
        yield "spec.defaultBackend.service.name", name
    for index, rule in enumerate(ingress.spec.rules):
        for number, entry in enumerate(_entries(rule)):
            if (name := _service(entry.get("backend"))) is not None:
                yield f"spec.rules[{index}].http.paths[{number}].backend.service.name", name


def paths_of(rule: Mapping[str, Any]) -> list[str]:
    """The paths of a rule, as written; `/` where it names none."""
    return [str(entry.get("path") or "/") for entry in _entries(rule)] or ["/"]


def claimed_hosts(cluster: Cluster) -> Mapping[tuple[str, str], set[str]]:
    """(host, path) -> the namespaces whose ingresses claim it."""
    claims: dict[tuple[str, str], set[str]] = defaultdict(set)
    for ingress in cluster.ingresses:
        for rule in ingress.spec.rules:
            for path in paths_of(rule):
                claims[str(rule.get("host") or ""), path].add(ingress.namespace)
    return claims


def _entries(rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    http = rule.get("http")
    paths = http.get("paths") if isinstance(http, dict) else None
    return [entry for entry in paths if isinstance(entry, dict)] if isinstance(paths, list) else []


def _service(backend: object) -> str | None:
    """The Service that a backend names, in the form of v1 or of v1beta1."""
    if not isinstance(backend, dict):
        return None
    service = backend.get("service")
    if isinstance(service, dict):
        return str(service.get("name", ""))
    return str(backend["serviceName"]) if "serviceName" in backend else None
