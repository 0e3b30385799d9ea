"""Writes many objects fast: a few connections kept open, one request an object, no kubectl."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from tests.e2e.cluster.control_plane import LOOPBACK, ControlPlane

CONNECTIONS = 4
MERGE_PATCH = "application/merge-patch+json"


class Change(NamedTuple):
    """One request that writes."""

    method: str
    path: str
    body: Mapping[str, Any]
    content: str = "application/json"


class Connection:
    """To the API server as admin, kept open. Use as a context manager."""

    def __init__(self, control_plane: ControlPlane) -> None:
        pair = control_plane.identities.pair("admin")
        context = ssl.create_default_context(cafile=str(control_plane.authority))
        context.load_cert_chain(pair.certificate, pair.key)
        self._connection = http.client.HTTPSConnection(LOOPBACK, control_plane.port, context=context, timeout=60)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, change: Change) -> dict[str, Any]:
        """The object as it is now; one that is to be made and exists already is left as it is. Raises RuntimeError."""
        self._connection.request(change.method, change.path, json.dumps(change.body), {"Content-Type": change.content})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status not in (http.HTTPStatus.OK, http.HTTPStatus.CREATED, http.HTTPStatus.CONFLICT):
            raise RuntimeError(f"{change.method} {change.path}: {answer.status} {body[:300]!r}")
        found: dict[str, Any] = json.loads(body)
        return found


def send(control_plane: ControlPlane, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Send changes over several connections at once; the answers are in the order of the changes."""
    answers: list[dict[str, Any]] = [{}] * len(changes)

    def share(start: int) -> None:
        with Connection(control_plane) as connection:
            for place in range(start, len(changes), CONNECTIONS):
                answers[place] = connection.send(changes[place])

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(share, start) for start in range(CONNECTIONS)]:
            done.result()
    return answers


def create(control_plane: ControlPlane, path: str, objects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """POST objects to one collection; those that exist already are left as they are. Raises RuntimeError."""
    return send(control_plane, [Change("POST", path, item) for item in objects])
