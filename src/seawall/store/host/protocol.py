"""ClickHouse's HTTP protocol: what a request asks for, and how answers and errors are written.

The rules are those of ClickHouse's HTTP interface (clickhouse.com/docs/interfaces/http): parameters that are not the
protocol's own are settings; `param_x` binds `{x:Type}`; the query is `query` followed by the body; GET may not change
anything; an error after the first byte is written between two `__exception__` marks that carry a tag from the headers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

import msgspec

PROTOCOL_OWN = frozenset(
    {
        "query", "database", "default_format", "query_id", "user", "password", "quota_key", "role", "session_id", "session_timeout",
        "session_check", "wait_end_of_query", "buffer_size", "compress", "decompress", "stacktrace", "client_protocol_version",
        "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression", "close_session",
    }
)  # fmt: skip
_QUERY_ID = re.compile(r"[\w.:@/=+-]{1,200}", re.ASCII)

STATUS_OF_CODE: Mapping[int, int] = {
    516: 403, 194: 401, 192: 403, 193: 403, 497: 403, 164: 403, 452: 403, 62: 400, 36: 400, 26: 400, 27: 400, 41: 400, 43: 400,
    47: 404, 53: 400, 70: 400, 115: 404, 456: 400, 457: 400, 117: 400, 46: 404, 50: 404, 60: 404, 81: 404, 16: 404, 48: 501,
    159: 408, 202: 503, 307: 403, 158: 403, 413: 413,
}  # fmt: skip
"""HTTP status of ClickHouse error codes; 500 for all others, as there."""


class BadRequest(Exception):
    """The request itself is wrong: `status` and a line about it."""

    def __init__(self, status: int, message: str, code: int = 36, name: str = "BAD_ARGUMENTS") -> None:
        super().__init__(message)
        self.status, self.code, self.name = status, code, name


class Asked(msgspec.Struct, frozen=True):
    """One request, taken apart."""

    text: bytes
    """The query and whatever follows it."""
    database: str
    default_format: str
    query_id: str
    settings: dict[str, str]
    parameters: dict[str, str]
    stream: bool
    """May the answer begin before the query has ended?"""
    compress: bool
    revision: int
    """What the client says of the Native format it reads: 0 for nothing."""


def take_apart(query_string: str, headers: Message, body: bytes) -> Asked:
    """Read a request. Raises BadRequest for what the host does not speak."""
    values = dict(parse_qsl(query_string, keep_blank_values=True, max_num_fields=2000))
    if values.get("compress") == "1" or values.get("decompress") == "1":
        raise BadRequest(
            501, "native block compression (compress=1) is not spoken here; use Content-Encoding", 48, "NOT_IMPLEMENTED"
        )
    if values.get("session_check") == "1":
        raise BadRequest(501, "the embedded store keeps no sessions: each request has its own", 48, "NOT_IMPLEMENTED")
    if (headers.get("Content-Type") or "").startswith("multipart/form-data"):
        values |= _form(headers["Content-Type"], body)
        body = b""
    query_id = values.get("query_id", "")
    if query_id and not _QUERY_ID.fullmatch(query_id):
        raise BadRequest(400, "query_id: letters, digits and .:@/=+-_ only, at most 200")
    query = values.get("query", "").encode()
    return Asked(
        text=query + b"\n" + body if query and body else query or body,
        database=values.get("database") or headers.get("X-ClickHouse-Database") or "",
        default_format=values.get("default_format") or headers.get("X-ClickHouse-Format") or "TabSeparated",
        query_id=query_id,
        settings={
            name: value for name, value in values.items() if name not in PROTOCOL_OWN and not name.startswith("param_")
        },
        parameters={name.removeprefix("param_"): value for name, value in values.items() if name.startswith("param_")},
        stream=values.get("wait_end_of_query") != "1" and values.get("buffer_size", "0") == "0",
        compress=values.get("enable_http_compression") == "1",
        revision=int(revision) if (revision := values.get("client_protocol_version", "0")).isdecimal() else 0,
    )


def _form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a multipart form: how clients send many or long parameters. External data (files) are not spoken."""
    form = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    if not form.is_multipart():
        raise BadRequest(400, "a multipart body without its parts")
    values: dict[str, str] = {}
    for part in form.get_payload():
        assert isinstance(part, Message), "parts of a multipart message are messages"
        name, data = part.get_param("name", header="Content-Disposition"), part.get_payload(decode=True)
        if part.get_filename() is not None or not isinstance(name, str) or not isinstance(data, bytes):
            raise BadRequest(501, "external data (a file in a form) are not spoken here", 48, "NOT_IMPLEMENTED")
        try:
            values[name] = data.decode()
        except UnicodeDecodeError:
            raise BadRequest(400, f"the form's field {name} is not UTF-8") from None
    return values


def error_line(message: str, version: str) -> bytes:
    """One error as ClickHouse writes it, version last."""
    return f"{message} (version {version})\n".encode() if "(version " not in message else f"{message}\n".encode()


def broken_off(tag: str, message: bytes) -> bytes:
    """What is written into an answer that has begun and cannot be completed."""
    mark = tag.encode()
    return (
        b"\r\n__exception__\r\n"
        + mark
        + b"\r\n"
        + message
        + str(len(message)).encode()
        + b" "
        + mark
        + b"\r\n__exception__\r\n"
    )
