"""The HTTP server of the host: plain threads, loopback only, everyone authenticated.

A request runs on a thread and a connection of its own. A watcher looks at the sockets of running reads and cancels what
nobody waits for any more: the engine itself would compute on.
"""

from __future__ import annotations

import base64
import hmac
import http.server
import json
import secrets
import select
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from seawall.store.host.coding import OFFERED, decode, encode
from seawall.store.host.config import EngineLimits
from seawall.store.host.engine import STREAMED, Answer, Engine, EngineError
from seawall.store.host.guard import READ_VERBS, Refused, judge
from seawall.store.host.native import WITH_FLAGS, CannotWalk, with_flags
from seawall.store.host.protocol import STATUS_OF_CODE, Asked, BadRequest, broken_off, error_line, take_apart
from seawall.store.statement import Target, insert_target

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
MAX_BODY = 256 * 1024 * 1024
READERS_AT_ONCE = 8
OWNER, READER = "seawall", "reader"
READER_MAY_NOT_SET = frozenset(
    {"readonly", "allow_ddl", "profile", "max_concurrent_queries_for_user", "max_concurrent_queries_for_all_users"}
)
STREAMING_VERBS = frozenset({"SELECT", "WITH", "FROM"})
WITHOUT_RESULT = frozenset(
    {"INSERT", "CREATE", "DROP", "ALTER", "SET", "USE", "TRUNCATE", "RENAME", "ATTACH", "DETACH", "SYSTEM", "DELETE"}
)
WATCH_SECONDS = 0.25


class Running(msgspec.Struct):
    """A statement under way: the id to cancel it by, the socket that waits for it, and whether it only reads."""

    query_id: str
    waiting: socket.socket
    reads: bool


class HostServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves one engine to two users: `seawall` may do everything the engine's grants allow, `reader` may only ask."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self,
        engine: Engine,
        limits: EngineLimits,
        passwords: Mapping[str, str],
        port: int,
        give_up: Callable[[str], None],
    ) -> None:
        """`give_up` ends the process, with a reason: the engine is beyond repair, and whoever started us starts us again."""
        self.engine, self.limits, self.give_up = engine, limits, give_up
        self.passwords = {user: password.encode() for user, password in passwords.items()}
        self.reader_slots = threading.BoundedSemaphore(READERS_AT_ONCE)
        self._by_number: dict[int, Running] = {}
        self._numbers = 0
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def user_of(self, user: str, password: str) -> bool:
        known = self.passwords.get(user)
        return hmac.compare_digest(known or secrets.token_bytes(16), password.encode()) and known is not None

    def begin(self, running: Running) -> int:
        with self._lock:
            self._numbers += 1
            self._by_number[self._numbers] = running
            return self._numbers

    def end(self, number: int) -> None:
        with self._lock:
            self._by_number.pop(number, None)

    def running(self) -> list[tuple[int, Running]]:
        with self._lock:
            return list(self._by_number.items())

    def watch(self, stop: threading.Event) -> None:
        """Cancel reads whose client has gone, until told to stop."""
        while not stop.wait(WATCH_SECONDS):
            for number, running in self.running():
                if running.reads and _gone(running.waiting):
                    self.end(number)
                    self.engine.kill(running.query_id)

    def wind_down(self, seconds: float) -> None:
        """Cancel reads, and let changes end for as long as `seconds`."""
        for _, running in self.running():
            if running.reads:
                self.engine.kill(running.query_id)
        until = time.monotonic() + seconds
        while self.running() and time.monotonic() < until:
            time.sleep(0.02)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _gone(waiting: socket.socket) -> bool:
    """Has the other side closed? Never waits: a socket with a timeout would, even where recv is told not to."""
    try:
        poll = select.poll()
        poll.register(waiting, select.POLLIN)
        return bool(poll.poll(0)) and waiting.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection: requests one after another."""

    server: HostServer
    protocol_version = "HTTP/1.1"
    server_version = "Seawall"
    sys_version = ""
    timeout = 300
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (the base class names it)
        """Queries may hold what people looked for: nothing is logged here."""

    def do_GET(self) -> None:
        self._serve(change=False)

    def do_POST(self) -> None:
        self._serve(change=True)

    def do_OPTIONS(self) -> None:
        """No cross-origin access: a page of another origin gets no permission to ask."""
        self._plain(HTTPStatus.FORBIDDEN, b"")

    def _serve(self, *, change: bool) -> None:
        self._begun = False
        try:
            url = urlsplit(self.path)
            self._check_host()
            if url.path == "/ping" or (url.path == "/" and not url.query and self.command == "GET"):
                self._plain(HTTPStatus.OK, b"Ok.\n")
                return
            if url.path != "/":
                raise BadRequest(404, f"There is no handle {url.path}", 36)
            body = self._body()
            user = self._user(url.query)
            asked = take_apart(url.query, self.headers, body)
            self._run(asked, user, change=change)
        except BadRequest as error:
            self._error(error.status, error.code, f"Code: {error.code}. DB::Exception: {error}. ({error.name})")
        except Refused as error:
            self._error(
                STATUS_OF_CODE.get(error.code, 500),
                error.code,
                f"Code: {error.code}. DB::Exception: {error}. ({error.name})",
            )
        except EngineError as error:
            self._error(STATUS_OF_CODE.get(error.code, 500), error.code, str(error))
            if error.fatal:
                self.server.give_up(str(error))
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _check_host(self) -> None:
        """A name that only resolves to loopback (DNS rebinding) is not ours."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in LOOPBACK_NAMES:
            raise BadRequest(403, "this store answers to loopback names only", 497, "ACCESS_DENIED")

    def _body(self) -> bytes:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            data = self._chunked()
        else:
            try:
                length = int(self.headers.get("Content-Length") or 0)
            except ValueError:
                length = -1
            if not 0 <= length <= MAX_BODY:
                self.close_connection = True
                raise BadRequest(413, f"a body of at most {MAX_BODY} bytes", 413, "QUERY_IS_TOO_LARGE")
            data = self.rfile.read(length)
            if len(data) != length:
                raise ConnectionError("the body ended early")
        try:
            return decode(data, (self.headers.get("Content-Encoding") or "").strip().lower(), MAX_BODY)
        except OverflowError as error:
            raise BadRequest(413, str(error), 413, "QUERY_IS_TOO_LARGE") from None
        except ValueError as error:
            raise BadRequest(400, f"Content-Encoding: {error}", 354, "ZLIB_INFLATE_FAILED") from None

    def _chunked(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(1024)
            try:
                size = int(line.split(b";")[0].strip(), 16)
            except ValueError:
                raise ConnectionError("a chunk without a size") from None
            total += size
            if total > MAX_BODY:
                self.close_connection = True
                raise BadRequest(413, f"a body of at most {MAX_BODY} bytes", 413, "QUERY_IS_TOO_LARGE")
            if size == 0:
                while self.rfile.readline(8192).strip():
                    pass
                return b"".join(parts)
            part = self.rfile.read(size)
            if len(part) != size or self.rfile.read(2) != b"\r\n":
                raise ConnectionError("a chunk ended early")
            parts.append(part)

    def _user(self, query_string: str) -> str:
        user, password = self._credentials(query_string)
        if user is None:
            raise BadRequest(401, "Authentication is required", 194, "REQUIRED_PASSWORD")
        if not self.server.user_of(user, password or ""):
            raise BadRequest(403, "Authentication failed: wrong user or password", 516, "AUTHENTICATION_FAILED")
        return user

    def _credentials(self, query_string: str) -> tuple[str | None, str | None]:
        scheme, _, given = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
            except ValueError:
                raise BadRequest(
                    403, "Authentication failed: not Basic credentials", 516, "AUTHENTICATION_FAILED"
                ) from None
            return user, password
        if self.headers.get("X-ClickHouse-User"):
            return self.headers["X-ClickHouse-User"], self.headers.get("X-ClickHouse-Key")
        values = dict(parse_qsl(query_string))
        return values.get("user"), values.get("password")

    def _run(self, asked: Asked, user: str, *, change: bool) -> None:
        reader = user == READER
        statement = judge(asked.text, reader=reader)
        output = statement.format or asked.default_format
        query_id = asked.query_id or secrets.token_hex(16)
        settings = self._settings(asked, reader) | {"log_comment": asked.settings.get("log_comment", query_id)}
        readonly = 1 if reader else 0 if change else 2
        if reader and not self.server.reader_slots.acquire(blocking=False):
            raise Refused(
                f"Too many simultaneous queries of readers: {READERS_AT_ONCE} run", 202, "TOO_MANY_SIMULTANEOUS_QUERIES"
            )
        number = self.server.begin(Running(settings["log_comment"], self.connection, statement.verb in READ_VERBS))
        try:
            with self.server.engine.session(settings, database=asked.database, readonly=readonly) as session:
                if statement.data_at is not None:
                    if not change:
                        raise Refused("Cannot execute query in readonly mode", 164, "READONLY")
                    if asked.parameters:
                        raise BadRequest(501, "an INSERT with data takes no parameters here", 48, "NOT_IMPLEMENTED")
                    target = _target(asked.text[: statement.head])
                    answer = session.insert(target, statement.format or "Values", asked.text[statement.data_at :])
                else:
                    stream = asked.stream and output in STREAMED and statement.verb in STREAMING_VERBS
                    answer = session.ask(_text(asked.text), asked.parameters, asked.default_format, stream=stream)
                self._answer(answer, "" if statement.verb in WITHOUT_RESULT else output, query_id, asked)
        finally:
            self.server.end(number)
            if reader:
                self.server.reader_slots.release()

    def _settings(self, asked: Asked, reader: bool) -> dict[str, str]:
        limits = self.server.limits
        settings = {"max_execution_time": str(limits.query_seconds)} | asked.settings
        if reader:
            for name in settings.keys() & READER_MAY_NOT_SET:
                raise Refused(f"a reader cannot set {name}", 164, "READONLY")
            settings["max_memory_usage"] = str(_at_most(settings.get("max_memory_usage"), limits.reader_memory))
            settings["max_execution_time"] = str(_at_most(settings.get("max_execution_time"), limits.reader_seconds))
        return settings

    def _answer(self, answer: Answer, output: str, query_id: str, asked: Asked) -> None:
        chunks = _first_known(
            answer.chunks if output != "Native" or asked.revision < WITH_FLAGS else _flagged(answer.chunks)
        )
        tag = secrets.token_hex(8)
        headers = {
            "Content-Type": "text/plain; charset=UTF-8"
            if output.startswith(("Tab", "TSV", "Pretty"))
            else "application/octet-stream",
            "X-ClickHouse-Query-Id": query_id,
            "X-ClickHouse-Timezone": self.server.engine.timezone,
            "X-ClickHouse-Server-Display-Name": "seawall",
            "X-ClickHouse-Exception-Tag": tag,
            "X-ClickHouse-Summary": json.dumps(
                {
                    "read_rows": str(answer.rows_read),
                    "read_bytes": str(answer.bytes_read),
                    "written_rows": str(answer.rows_written),
                    "written_bytes": str(answer.bytes_written),
                }
            ),
        }
        if output:
            headers["X-ClickHouse-Format"] = output
        coding = self._coding(asked)
        if coding:
            headers["Content-Encoding"] = coding
        self._head(HTTPStatus.OK, headers | {"Transfer-Encoding": "chunked"})
        self._begun = True
        for chunk in encode(self._or_broken_off(chunks, tag), coding) if coding else self._or_broken_off(chunks, tag):
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _or_broken_off(self, chunks: Iterator[bytes], tag: str) -> Iterator[bytes]:
        try:
            for chunk in chunks:
                if chunk:
                    yield chunk
        except EngineError as error:
            self.close_connection = True
            yield broken_off(tag, error_line(str(error), self.server.engine.version))

    def _coding(self, asked: Asked) -> str:
        if not asked.compress:
            return ""
        wanted = {part.split(";")[0].strip().lower() for part in (self.headers.get("Accept-Encoding") or "").split(",")}
        return next((coding for coding in OFFERED if coding in wanted), "")

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _plain(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._head(
            status,
            {"Content-Type": "text/plain; charset=UTF-8", "Content-Length": str(len(body))} | dict(headers or {}),
        )
        self.wfile.write(body)
        self.wfile.flush()

    def _error(self, status: int, code: int, message: str) -> None:
        if self._begun:
            self.close_connection = True
            return
        headers = {"X-ClickHouse-Exception-Code": str(code)}
        if status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Basic realm="Seawall store"'
        self._plain(status, error_line(message, self.server.engine.version), headers)


def _flagged(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        try:
            yield with_flags(chunk)
        except CannotWalk as error:
            raise EngineError(f"Code: 48. DB::Exception: {error}. (NOT_IMPLEMENTED)") from None


def _first_known(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, the first already made: an error before it still gets a status of its own."""
    first = next(chunks, None)

    def again() -> Iterator[bytes]:
        if first is not None:
            yield first
            yield from chunks

    return again()


def _at_most(asked: str | None, limit: int) -> int:
    """What was asked for, if it is a limit and within ours: 0 means none in ClickHouse, so it is not."""
    try:
        value = int(float(asked)) if asked is not None else limit
    except ValueError:
        return limit
    return value if 0 < value <= limit else limit


def _target(head: bytes) -> Target:
    try:
        return insert_target(head)
    except ValueError as error:
        raise BadRequest(501, f"an INSERT with data is not read: {error}", 48, "NOT_IMPLEMENTED") from None


def _text(sql: bytes) -> str:
    try:
        return sql.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(400, f"the query is not UTF-8 at byte {error.start}", 62, "SYNTAX_ERROR") from None
