"""Writes the files with which clients find and convince an API server."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.cluster.certificates import Pair


def certificate_user(pair: Pair) -> dict[str, Any]:
    return {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}


def token_user(token: str) -> dict[str, Any]:
    return {"token": token}


def write(path: Path, server: str, authority: Path, user: Mapping[str, Any]) -> Path:
    """One cluster, one user, one context, all named `seawall-test`. Replaces the file in one step; JSON is YAML."""
    name = "seawall-test"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": name, "user": dict(user)}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as arriving:  # readable by its owner alone
        json.dump(config, arriving, indent=1)
    return Path(arriving.name).replace(path)
