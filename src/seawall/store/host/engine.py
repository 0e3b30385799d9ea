"""The engine: one chDB path, a fresh connection for each request.

A connection is a session of its own and costs 0.1 ms; several run at once (chDB releases the interpreter's lock), while one
connection would serialise them and would leak one request's settings into the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from seawall.store.statement import Target

STREAMED = frozenset({"Native", "TabSeparated", "TSV", "RowBinary", "JSONEachRow", "JSONLines", "NDJSON"})
"""Formats whose blocks can be put one after another; others have a head or foot and are answered whole."""

WHOLE_ROWS = frozenset({"Arrow", "ArrowStream", "Native"})
"""Formats whose rows have a value for every column that is named, so that no column's default is asked for."""
INCOMING = "_incoming"
"""The table of a session in which data wait that are parsed and not stored yet."""

_CODE = re.compile(r"Code: (\d+)\. ")
MEMORY_LIMIT_EXCEEDED, ABORTED = 241, 236
_SETTING = re.compile(r"[a-z][a-z0-9_]*", re.IGNORECASE)


class EngineError(Exception):
    """What the engine said, with ClickHouse's error code."""

    def __init__(self, message: str) -> None:
        found = _CODE.search(message)
        self.code = int(found[1]) if found else 1002
        if found:
            message = message[found.start() :]
        super().__init__(message.rstrip())

    @property
    def fatal(self) -> bool:
        """The engine has met a fault of its own and answers nothing any more; only a new process helps."""
        return self.code == ABORTED and "fatal error" in str(self)


class Answer(msgspec.Struct):
    """What came of a statement: chunks of bytes to send, and counts (0 where the answer is streamed)."""

    chunks: Iterator[bytes]
    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0


class Engine:
    """Opens the path and keeps it open. Raises EngineError if the engine refuses (another process has it, damaged files)."""

    def __init__(self, path: Path, config: Path) -> None:
        import chdb

        self._connect = chdb.connect
        self._at = f"{path}?config-file={config}"
        try:
            self._keeper = self._connect(self._at)
            self.version, self.timezone = (
                self._keeper.query("SELECT version(), timezone()", "TSV").bytes().decode().split()
            )
        except RuntimeError as error:
            raise EngineError(str(error)) from None

    @contextmanager
    def session(self, settings: Mapping[str, str], *, database: str, readonly: int) -> Iterator[Session]:
        """A connection with these settings, closed at the end. `readonly` is set last: it locks the others."""
        session = Session(self._connect(self._at))
        try:
            session.configure(settings, database=database, readonly=readonly)
            yield session
        finally:
            session.close()

    def kill(self, query_id: str) -> None:
        """Cancel what runs under this id; nothing happens if nothing does."""
        with self.session({}, database="default", readonly=0) as session:
            session.run(f"KILL QUERY WHERE Settings['log_comment'] = {_quoted(query_id)} ASYNC")

    def close(self) -> None:
        self._keeper.close()


class Session:
    """One connection, for one request."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._blocks: Any = None

    def close(self) -> None:
        """A stream that was not read to its end is ended first: to end it after its connection would bring the engine down."""
        try:
            if self._blocks is not None:
                self._blocks.close()
        finally:
            self._connection.close()

    def configure(self, settings: Mapping[str, str], *, database: str, readonly: int) -> None:
        for name in settings:
            if not _SETTING.fullmatch(name):
                raise EngineError(f"Code: 115. DB::Exception: Unknown setting '{name}'. (UNKNOWN_SETTING)")
        pairs = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
        if database:
            self.run(f"USE `{database.replace(chr(92), chr(92) * 2).replace('`', '``')}`")
        if pairs:
            self.run(f"SET {', '.join(pairs)}")
        if readonly:
            self.run(f"SET readonly = {readonly}")

    def run(self, sql: str) -> None:
        with _engine_errors():
            self._connection.query(sql, "TSV")

    def ask(self, sql: str, parameters: Mapping[str, str], output: str, *, stream: bool) -> Answer:
        """Run a statement that carries no data. With `stream`, blocks come as they are made."""
        with _engine_errors():
            if stream:
                self._blocks = self._connection.send_query(sql, output, params=dict(parameters))
                return Answer(chunks=self._streamed())
            result = self._connection.query(sql, output, params=dict(parameters))
            data = result.bytes() or b""
            return Answer(
                chunks=iter((data,) if data else ()),
                rows_read=result.storage_rows_read(),
                bytes_read=result.storage_bytes_read(),
                rows_written=result.rows_written(),
                bytes_written=result.bytes_written(),
            )

    def _streamed(self) -> Iterator[bytes]:
        with _engine_errors():
            for block in self._blocks:
                yield block.bytes()

    def insert(self, target: Target, data_format: str, data: bytes) -> Answer:
        """Store data that are wholly here, so that half a batch is never stored.

        They are parsed into memory first and stored from there by a statement of their own: chDB's way of inserting raw data reports success
        whatever happens after parsing (a full disk, a view that fails; measured with chDB 26.9), while a statement's errors are told.
        """
        exact = data_format in WHOLE_ROWS and target.columns != "*"
        named = "" if target.columns == "*" else f" ({target.columns})"
        shape = f"EMPTY AS SELECT {target.columns} FROM {target.table}" if exact else f"AS {target.table}"  # noqa: S608
        self.run(f"CREATE TEMPORARY TABLE {INCOMING} ENGINE = Memory {shape}")
        with _engine_errors():
            inserter = self._connection.send_insert(f"INSERT INTO {INCOMING}{named}{target.clauses}", data_format)
            with inserter:
                inserter.append(data)
                parsed = inserter.finish().rows_written
            held = int(self._connection.query(f"SELECT count() FROM {INCOMING}", "TSV").bytes())  # noqa: S608
            if held != parsed:
                why = f"{held} of {parsed} rows could be held, and the engine does not say why"
                raise EngineError(f"Code: {MEMORY_LIMIT_EXCEEDED}. DB::Exception: {why}. (MEMORY_LIMIT_EXCEEDED)")
            self._connection.query("SET max_threads = 1", "TSV")  # the rows stay in their order
            move = f"INSERT INTO {target.table}{named}{target.clauses} SELECT {target.columns} FROM {INCOMING}"  # noqa: S608
            stored = self._connection.query(move, "TSV")
        return Answer(chunks=iter(()), rows_written=stored.rows_written(), bytes_written=stored.bytes_written())


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise EngineError(str(error)) from None
    except MemoryError:
        raise EngineError(
            f"Code: {MEMORY_LIMIT_EXCEEDED}. DB::Exception: out of memory. (MEMORY_LIMIT_EXCEEDED)"
        ) from None


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
