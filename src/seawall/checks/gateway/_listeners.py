"""Listeners of a Gateway."""

from __future__ import annotations

from typing import Any

from seawall.model.cluster.network_kinds import Gateway


def listeners(gateway: Gateway) -> list[dict[str, Any]]:
    """The listeners, in order; what is none keeps its place as an empty one."""
    found = gateway.spec.get("listeners")
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []
