"""The one client of the store: the embedded host and a ClickHouse server alike, over HTTP.

Every read names a query of `queries/` and says for whom it asks; every write is a whole batch with a token. One `Store` serves
all threads of a process.
"""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from seawall.kit.errors import UserError
from seawall.model.event import ROLLUPS, TABLES, Field
from seawall.model.event.arrow import schema_of
from seawall.model.event.read_scope import ReadScope
from seawall.store.asker import Asker
from seawall.store.errors import BUSY_CODES, StoreAway, StoreRefused
from seawall.store.predicate import EVERY_ROW, Predicate, Time
from seawall.store.query import bind, load
from seawall.store.schema import DATABASE

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BATCH_ROWS = 100_000
INSERT_SETTINGS = {
    # A repeated batch must not count twice in a roll-up either; measured: both this and a window on the target are needed.
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    "insert_deduplicate": "1",
    # One batch is one block: ClickHouse would cut a longer one and number the pieces after the token.
    "min_insert_block_size_rows": "1048449",
    # A file of old events may touch many hours at once.
    "max_partitions_per_insert_block": "10000",
    "async_insert": "0",
}

R = TypeVar("R")


class Address(msgspec.Struct, frozen=True):
    """Where the store is, and who asks. `of` reads `http(s)://user:password@host:port`."""

    host: str
    port: int
    user: str
    password: str
    secure: bool = False
    database: str = ""
    """What a table's bare name is looked up in; "" for the server's default, so that a store without our tables can be spoken to."""

    @classmethod
    def of(cls, url: str, *, user: str = "", password: str = "") -> Address:
        """Raises UserError if the URL is none of ClickHouse's HTTP interface."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                "not the URL of a ClickHouse HTTP interface",
                where=_without_secret(url),
                do="write http(s)://user:password@host:port",
            )
        secure = parts.scheme == "https"
        return cls(
            host=parts.hostname,
            port=parts.port or (8443 if secure else 8123),
            user=user or unquote(parts.username or "default"),
            password=password or unquote(parts.password or ""),
            secure=secure,
        )

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}"


class Gate:
    """Many pass at once; closed, it waits for those inside and holds the others back."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside, self._shut = 0, False

    @contextmanager
    def passing(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._shut = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()


class Store:
    """Reads and writes. Nothing is opened before the first call, so a store that is away does not stop a program from starting."""

    def __init__(self, address: Address, *, reader: Address | None = None, timeout: float = 120.0) -> None:
        """`reader` is the same store as a user who may only read: as whom people's own SQL runs (`ask`)."""
        self.address = address
        self._reader = reader
        self._timeout = timeout
        self._asker: Asker | None = None
        self._lock = threading.Lock()
        self._opened: dict[Address, Any] = {}
        self.gate = Gate()
        """Inserts pass it; who swaps what they fill closes it."""

    def asked_by(self, asker: Asker) -> Store:
        """This store, as somebody asks it: what it reads for them ends when they leave. Shares the connections; closing either closes both."""
        theirs = copy.copy(self)
        theirs._asker = asker
        return theirs

    # -- reads

    def query(
        self,
        name: str,
        scope: ReadScope,
        /,
        *,
        kind: str = "",
        column: str = "",
        columns: Sequence[str] = (),
        where: Predicate = EVERY_ROW,
        query_id: str = "",
        settings: Mapping[str, str] | None = None,
        **parameters: object,
    ) -> pa.Table:
        """Answer `queries/<name>.sql` for whoever has `scope`; times come and go as nanoseconds since 1970.

        `kind` and `column` are for queries over any kind of event, `columns` and `where` for those that say so. `query_id` lets `cancel` end it. Raises
        PermissionError, TypeError or ValueError for what does not fit (`query.bind`), StoreAway, StoreRefused.
        """
        bound = bind(load(name), scope, parameters, kind=kind, column=column, columns=columns, where=where)
        return self._arrow(bound.sql, bound.parameters, query_id, settings)

    def rows(self, name: str, scope: ReadScope, /, **asked: Any) -> list[dict[str, Any]]:
        """As `query`, as dictionaries; times are integers (nanoseconds), maps dictionaries."""
        return rows_of(self.query(name, scope, **asked))

    def ask(
        self, sql: str, scope: ReadScope, /, *, limit: int = 10_000, query_id: str = "", **parameters: object
    ) -> pa.Table:
        """Run someone's own SELECT, in which our tables need no database before their name. Only for readers of everything: nothing could hold free SQL to a scope.

        Raises PermissionError for a narrower scope, UserError for SQL that the store refuses.
        """
        if not scope.all_clusters or scope.kinds is not None:
            raise PermissionError("free SQL is for those who may read everything")
        settings = {"max_result_rows": str(limit), "result_overflow_mode": "break"}
        if self._reader is None:
            settings["readonly"] = "1"  # a user who only reads is read-only already, and may not say so
        try:
            reader = msgspec.structs.replace(self._reader or self.address, database=DATABASE)
            return self._arrow(sql, parameters, query_id, settings, reader)
        except StoreRefused as error:
            raise UserError(str(error)) from error

    # -- writes

    def insert(self, table: str, batch: pa.RecordBatch, *, token: str) -> None:
        """Store one batch of a declared table, once: the same `token` again, with the same rows, changes nothing.

        The token is the batch's id, fixed with its bytes; the same token with other rows would drop them silently. When this
        returns the rows are on disk. Raises ValueError for a batch that does not fit the declaration, StoreAway (repeat it),
        StoreRefused.
        """
        if table in ROLLUPS or table not in TABLES:
            raise ValueError(f"{table} is no table to insert into")
        if not token:
            raise ValueError("an insert needs a token")
        if batch.num_rows > MAX_BATCH_ROWS:
            raise ValueError(f"a batch has at most {MAX_BATCH_ROWS} rows, not {batch.num_rows}")
        if batch.num_rows == 0:
            return
        columns, body = insert_body(table, batch)
        settings = INSERT_SETTINGS | {"insert_deduplication_token": token}
        with self.gate.passing():
            self._call(
                lambda client: client.raw_insert(
                    f"{DATABASE}.{table}", column_names=columns, insert_block=body, settings=settings, fmt="ArrowStream"
                )
            )

    def execute(self, sql: str, *, settings: Mapping[str, str] | None = None, **parameters: object) -> Any:
        """Run a statement that is ours (schema, backup): its one value, or None. Never for text from outside."""
        return self._call(
            lambda client: client.command(sql, parameters=_bindable(parameters) or None, settings=dict(settings or {}))
        )

    def select(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Read something about the store itself (`system` tables). Never for text from outside."""
        return rows_of(self._arrow(sql, parameters, "", None))

    def table(self, sql: str, **parameters: object) -> pa.Table:
        """As `select`, as a table."""
        return self._arrow(sql, parameters, "", None).combine_chunks()

    def fill(self, scratch: str, rows: pa.RecordBatch) -> None:
        """Put rows into a table of our own making that is no declared one. Nothing of it outlives the work that made it."""
        if scratch in TABLES:
            raise ValueError(f"{scratch} is declared: insert into it")
        self._call(
            lambda client: client.raw_insert(
                f"{DATABASE}.{scratch}",
                column_names=rows.schema.names,
                insert_block=_ipc(rows),
                settings={},
                fmt="ArrowStream",
            )
        )

    # -- the rest

    def cancel(self, query_id: str) -> None:
        """End the query that runs under this id, here or on another server of the store."""
        self.execute("KILL QUERY WHERE Settings['log_comment'] = {id:String} ASYNC", id=query_id)

    def ping(self) -> bool:
        """Does it answer?"""
        try:
            return bool(self.execute("SELECT 1") == 1)
        except (StoreAway, StoreRefused):
            return False

    def close(self) -> None:
        with self._lock:
            for opened in self._opened.values():
                opened.close()
            self._opened.clear()

    def _arrow(
        self,
        sql: str,
        parameters: Mapping[str, object],
        query_id: str,
        settings: Mapping[str, str] | None,
        as_whom: Address | None = None,
    ) -> pa.Table:
        import pyarrow as pa

        query_id = query_id or secrets.token_hex(16)
        ours = {"log_comment": query_id, "output_format_arrow_string_as_string": "1"} | dict(settings or {})
        with self._asker.asking(query_id) if self._asker is not None else nullcontext():
            data = self._call(
                lambda client: client.raw_query(
                    sql, parameters=_bindable(parameters) or None, settings=ours, fmt="ArrowStream"
                ),
                as_whom,
            )
        with pa.ipc.open_stream(data) as reader:
            return reader.read_all()

    def _call(self, act: Callable[[Any], R], as_whom: Address | None = None) -> R:
        from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

        try:
            return act(self._client(as_whom or self.address))
        except ClickHouseError as error:
            code = int(getattr(error, "code", None) or 0)
            message = _first_line(str(error))
            if isinstance(error, DatabaseError) and code and code not in BUSY_CODES:
                raise StoreRefused(message, code) from error
            if code or isinstance(error, OperationalError | DatabaseError):
                raise StoreAway(message) from error
            raise StoreRefused(message) from error

    def _client(self, address: Address) -> Any:
        import clickhouse_connect
        from clickhouse_connect import common
        from clickhouse_connect.driver.httputil import get_pool_manager

        with self._lock:
            if address not in self._opened:
                # The store says what a user may set; the client would hold back what is read-only in a reader's profile.
                common.set_setting("invalid_setting_action", "send")
                self._opened[address] = clickhouse_connect.get_client(
                    host=address.host,
                    port=address.port,
                    username=address.user,
                    password=address.password,
                    secure=address.secure,
                    **({"database": address.database} if address.database else {}),
                    autogenerate_session_id=False,
                    compress=False if address.host in ("127.0.0.1", "localhost", "::1") else "zstd",
                    query_limit=0,
                    query_retries=0,
                    connect_timeout=5,
                    send_receive_timeout=self._timeout,
                    client_name="seawall",
                    pool_mgr=get_pool_manager(maxsize=32, num_pools=2),
                )
            return self._opened[address]


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Dictionaries of a table: times as integer nanoseconds, maps as dictionaries."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(
                at, field.name, table.column(at).cast(pa.timestamp("ns", tz=field.type.tz)).cast(pa.int64())
            )
    maps = [field.name for field in table.schema if pa.types.is_map(field.type)]
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows if maps else ():
        for name in maps:
            row[name] = dict(row[name] or ())
    return rows


def insert_body(table: str, batch: pa.RecordBatch) -> tuple[list[str], bytes]:
    """What travels for a batch: the columns that are not all null or zero, and those as an Arrow stream.

    The store fills the others in. A flow has 63 columns and a source knows some 25 of them. Raises ValueError for a batch that
    does not fit the declaration.
    """
    fitted = _fitted(table, batch)
    declared = TABLES[table]
    columns = [field.name for field in declared.fields if not _is_default(fitted.column(field.name), field)]
    return columns, _ipc(fitted.select(columns or [declared.fields[0].name]))


def _is_default(column: pa.Array, field: Field) -> bool:
    """Is every value what the store fills in for an absent column? False where looking would cost more than sending."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if field.null:
        return bool(column.null_count == len(column))
    kind = column.type
    if field.default or pa.types.is_dictionary(kind):
        return False
    if pa.types.is_string(kind):
        return bool(pc.max(pc.binary_length(column)).as_py() == 0)
    if pa.types.is_map(kind) or pa.types.is_list(kind):
        return len(column.keys if pa.types.is_map(kind) else column.values) == 0
    if pa.types.is_boolean(kind):
        return not pc.any(column).as_py()
    return bool(pa.types.is_unsigned_integer(kind) and pc.max(column).as_py() == 0)


def _fitted(table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch in the declaration's columns. A dictionary of text passes for text; anything else that differs is refused."""
    import pyarrow as pa

    declared = schema_of(TABLES[table])
    if batch.schema.names != declared.names:
        missing = [name for name in declared.names if name not in batch.schema.names]
        extra = [name for name in batch.schema.names if name not in declared.names]
        raise ValueError(
            f"{table}: a batch has the declared columns in their order; missing {missing}, unknown {extra}"
        )
    for field, given in zip(declared, batch.schema, strict=True):
        plain = given.type.value_type if pa.types.is_dictionary(given.type) else given.type
        if plain != field.type:
            raise ValueError(f"{table}.{field.name}: {given.type} where {field.type} is declared")
        if not field.nullable and batch.column(field.name).null_count:
            raise ValueError(f"{table}.{field.name}: nulls in a column that is never null")
    return batch


def _ipc(batch: pa.RecordBatch) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _bindable(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: _text_of_times(value) for name, value in parameters.items()}


def _text_of_times(value: object) -> object:
    if isinstance(value, Time):
        return str(value)
    if isinstance(value, list):
        return [_text_of_times(one) for one in value]
    return value


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "no message"


def _without_secret(url: str) -> str:
    return url.rsplit("@", 1)[-1]
