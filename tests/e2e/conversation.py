"""Many requests to the API server over one connection, as an administrator."""

from __future__ import annotations

import http.client
import json
import ssl
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.e2e.cluster.control_plane import ControlPlane


class Conversation:
    """Keeps its connection open between requests; kubectl takes a tenth of a second to begin."""

    def __init__(self, control_plane: ControlPlane) -> None:
        context = ssl.create_default_context(cafile=str(control_plane.authority))
        pair = control_plane.client_certificate("reviewer", ["system:masters"])
        context.load_cert_chain(pair.certificate, pair.key)
        at = urlsplit(control_plane.url)
        self._connection = http.client.HTTPSConnection(at.hostname or "", at.port, context=context, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def post(self, path: str, value: Any) -> tuple[int, Any]:
        """HTTP status and the answer's JSON."""
        self._connection.request("POST", path, json.dumps(value), {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())
