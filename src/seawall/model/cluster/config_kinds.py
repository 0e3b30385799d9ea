"""Secrets and config maps: features of their values, never the values."""

from __future__ import annotations

from seawall.model.cluster.meta import Object
from seawall.model.cluster.redaction import Features, SecretBytes


class Secret(Object, frozen=True):
    type: str = "Opaque"
    data: dict[str, SecretBytes] = {}
    string_data: dict[str, Features] = {}
    immutable: bool | None = None


class ConfigMap(Object, frozen=True):
    data: dict[str, Features] = {}
    binary_data: dict[str, Features] = {}
    immutable: bool | None = None
