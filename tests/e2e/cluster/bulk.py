"""Writes many objects fast: a few connections kept open, one request an object, no kubectl."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.e2e.cluster.control_plane import LOOPBACK, ControlPlane

CONNECTIONS = 4


def create(control_plane: ControlPlane, path: str, objects: Sequence[Mapping[str, Any]]) -> None:
    """POST objects to one collection; those that exist already are left as they are. Raises RuntimeError."""
    shares = [objects[start::CONNECTIONS] for start in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(_post_all, control_plane, path, share) for share in shares]:
            done.result()


def _post_all(control_plane: ControlPlane, path: str, objects: Sequence[Mapping[str, Any]]) -> None:
    pair = control_plane.identities.pair("admin")
    context = ssl.create_default_context(cafile=str(control_plane.authority))
    context.load_cert_chain(pair.certificate, pair.key)
    connection = http.client.HTTPSConnection(LOOPBACK, control_plane.port, context=context, timeout=60)
    with contextlib.closing(connection):
        for item in objects:
            connection.request("POST", path, json.dumps(item), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status not in (http.HTTPStatus.CREATED, http.HTTPStatus.CONFLICT):
                raise RuntimeError(f"POST {path}: {answer.status} {body[:300]!r}")
