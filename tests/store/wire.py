"""HTTP as it is on the wire, without a client in between."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from seawall.store.client import Address


class Reply(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> int | None:
        code = self.headers.get("x-clickhouse-exception-code")
        return int(code) if code is not None else None


def ask(
    address: Address,
    body: bytes | str | list[bytes] = b"",
    *,
    method: str = "POST",
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    user: str | None = None,
    password: str | None = None,
    **parameters: str,
) -> Reply:
    """One request; a list of bytes is sent in chunks. `user` None: as the address says; '': without credentials."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=60)
    sent = dict(headers or {})
    if user != "":
        given = f"{user or address.user}:{address.password if password is None else password}"
        sent["Authorization"] = "Basic " + base64.b64encode(given.encode()).decode()
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    data = body.encode() if isinstance(body, str) else body
    try:
        connection.request(
            method,
            target,
            body=iter(data) if isinstance(data, list) else data,
            headers=sent,
            encode_chunked=isinstance(data, list),
        )
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()
