"""The host speaks ClickHouse's HTTP protocol: with clickhouse-connect, with curl, and on the bare wire.

What takes `address` also runs against a ClickHouse server; what takes `embedded` is the host's own.
"""

from __future__ import annotations

import gzip
import io
import shutil
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import lz4.frame
import pyarrow as pa
import pytest
import zstandard
from clickhouse_connect.driver.exceptions import DatabaseError
from tests.store.wire import Reply, ask

from seawall.store.client import Address, Store
from seawall.store.embedded import EmbeddedStore


def connect(address: Address, **options: Any) -> Any:
    asked = {"autogenerate_session_id": False, "compress": False} | options
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port,
        username=address.user,
        password=address.password,
        secure=address.secure,
        **asked,
    )


@pytest.fixture(scope="module")
def table(store: Store) -> Iterator[str]:
    store.execute("DROP TABLE IF EXISTS seawall.wire_test SYNC")
    store.execute(
        "CREATE TABLE seawall.wire_test (a Int64, b String, c Nullable(Float64), d Array(String), e LowCardinality(String), f DateTime64(9, 'UTC')) "
        "ENGINE = MergeTree ORDER BY a"
    )
    yield "seawall.wire_test"
    store.execute("DROP TABLE seawall.wire_test SYNC")


# -- clickhouse-connect


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_rows_go_in_and_come_out(address: Address, table: str, compress: str | bool) -> None:
    with connect(address, compress=compress) as client:
        client.command(f"TRUNCATE TABLE {table}")
        rows = [[n, f"é'\\{n}\n", None if n % 2 else n / 3, [str(n), ""], "low", 0] for n in range(1000)]
        client.insert(table, rows, column_names=["a", "b", "c", "d", "e", "f"])
        found = client.query(f"SELECT a, b, c, d, e FROM {table} ORDER BY a").result_rows
        assert [list(row) for row in found] == [row[:5] for row in rows]


@pytest.mark.parametrize("compress", [False, "lz4", "zstd"])
def test_arrow_goes_in_and_comes_out(address: Address, table: str, compress: str | bool) -> None:
    with connect(address, compress=compress) as client:
        client.command(f"TRUNCATE TABLE {table}")
        given = pa.table({"a": pa.array([1, 2], pa.int64()), "b": ["x", "ÿ"]})
        assert client.insert_arrow(table, given).summary["written_rows"] == "2"
        read = client.query_arrow(f"SELECT a, b FROM {table} ORDER BY a", use_strings=True)
        assert read.to_pydict() == given.to_pydict()


def test_a_stream_of_blocks(address: Address) -> None:
    sql = "SELECT number, toString(number) FROM numbers(300000)"
    with connect(address, compress="lz4") as client, client.query_column_block_stream(sql) as stream:
        assert sum(len(block[0]) for block in stream) == 300_000


def test_binds_settings_and_types(address: Address) -> None:
    with connect(address) as client:
        row = client.query(
            "SELECT {a:String}, {b:Array(UInt8)}, {c:Nullable(Int8)}, getSetting('max_threads')",
            parameters={"a": "x'\\\n\t{b:String}", "b": [1, 2], "c": None},
            settings={"max_threads": 1},
        ).result_rows[0]
        assert row[:3] == ("x'\\\n\t{b:String}", [1, 2], None)
        assert int(row[3]) == 1
        assert int(client.command("SELECT getSetting('max_threads')")) != 1, "a setting stays with its request"


def test_parameters_too_long_for_an_address_travel_as_a_form(address: Address) -> None:
    values = [f"namespace-{n}-é" for n in range(5000)]
    with connect(address) as client:
        assert client.query(
            "SELECT length({v:Array(String)}), {v:Array(String)}[5000]", parameters={"v": values}
        ).result_rows == [(5000, values[-1])]


def test_errors_have_codes(address: Address) -> None:
    with connect(address) as client:
        for sql, code in (
            ("SELECT nope", 47),
            ("SELEC 1", 62),
            ("SELECT * FROM system.nope", 60),
            ("SELECT throwIf(1)", 395),
        ):
            with pytest.raises(DatabaseError, match=rf"[Cc]ode: {code}\b"):
                client.query(sql)


def test_an_error_in_mid_stream_is_an_error(address: Address) -> None:
    sql = "SELECT throwIf(number = 1500000), number FROM numbers(2000000)"
    with (
        connect(address) as client,
        pytest.raises(DatabaseError, match="throwIf"),
        client.query_row_block_stream(sql) as stream,
    ):
        for _ in stream:
            pass


def test_threads_share_a_client(address: Address) -> None:
    with connect(address) as client:
        answers: list[int] = []

        def work(number: int) -> None:
            answers.append(client.query(f"SELECT {number} + sum(number) FROM numbers(100000)").first_row[0])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [4999950000 + number for number in range(12)]


async def test_the_async_client(address: Address) -> None:
    client = await clickhouse_connect.get_async_client(
        host=address.host,
        port=address.port,
        username=address.user,
        password=address.password,
        autogenerate_session_id=False,
    )
    assert (await client.query("SELECT 40 + 2")).first_row == (42,)
    await client.close()


# -- curl


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(address: Address) -> None:
    base = f"http://{address.host}:{address.port}"

    def curl(*arguments: str, stdin: bytes = b"") -> str:
        given = ["curl", "-sS", "--user", f"{address.user}:{address.password}", *arguments]
        return subprocess.run(given, input=stdin, capture_output=True, check=True).stdout.decode()

    assert curl(f"{base}/ping") == "Ok.\n"
    assert curl(f"{base}/?query=SELECT%201%2B1") == "2\n"
    assert curl(base, "-d", "SELECT 'é' AS a FORMAT JSONEachRow") == '{"a":"é"}\n'
    assert curl(f"{base}/?enable_http_compression=1", "--compressed", "-d", "SELECT 7") == "7\n"
    curl(base, "-d", "CREATE TABLE IF NOT EXISTS seawall.curl_test (a Int32) ENGINE = MergeTree ORDER BY a")
    curl(f"{base}/?query=INSERT%20INTO%20seawall.curl_test%20FORMAT%20TSV", "--data-binary", "@-", stdin=b"1\n2\n3\n")
    big = "".join(f"{n}\n" for n in range(400_000)).encode()
    curl(
        f"{base}/?query=INSERT%20INTO%20seawall.curl_test%20FORMAT%20TSV",
        "-H",
        "Transfer-Encoding: chunked",
        "--data-binary",
        "@-",
        stdin=big,
    )
    assert curl(base, "-d", "SELECT count() FROM seawall.curl_test") == "400003\n"
    curl(base, "-d", "DROP TABLE seawall.curl_test SYNC")


# -- the wire


@pytest.mark.parametrize(
    ("coding", "decode"),
    [("gzip", gzip.decompress), ("deflate", zlib.decompress), ("zstd", None), ("lz4", lz4.frame.decompress)],
)
def test_answers_are_compressed_only_when_asked_for(address: Address, coding: str, decode: Any) -> None:
    sql = "SELECT number FROM numbers(100000)"
    plain = ask(address, sql, headers={"Accept-Encoding": coding})
    assert "content-encoding" not in plain.headers
    packed = ask(address, sql, headers={"Accept-Encoding": f"br;q=0.1, {coding}"}, enable_http_compression="1")
    if packed.headers["content-encoding"] == "br":
        pytest.skip("this server prefers brotli")
    assert packed.headers["content-encoding"] == coding
    unpack = decode or (lambda data: zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read())
    assert unpack(packed.body) == plain.body
    assert len(packed.body) < len(plain.body)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "lz4"])
def test_bodies_may_be_compressed_and_chunked(address: Address, coding: str) -> None:
    body = b"SELECT 'compressed'"
    packed = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "zstd": zstandard.ZstdCompressor().compress,
        "lz4": lz4.frame.compress,
    }[coding](body)
    assert ask(address, packed, headers={"Content-Encoding": coding}).body == b"compressed\n"
    assert ask(address, [packed[:5], packed[5:]], headers={"Content-Encoding": coding}).body == b"compressed\n"


def test_a_get_may_not_change_anything(address: Address) -> None:
    for sql in (
        "CREATE TABLE seawall.get_test (a Int32) ENGINE = Memory",
        "INSERT INTO seawall.schema_version VALUES (9, '', '', 0)",
        "DROP TABLE seawall.flow",
    ):
        assert ask(address, method="GET", query=sql).code == 164
    assert ask(address, method="GET", query="SELECT 1 SETTINGS max_threads = 1").body == b"1\n"


def test_who_is_not_known_does_not_get_in(address: Address) -> None:
    assert ask(address, "SELECT 1", user="seawall", password="wrong").status in (401, 403)
    assert ask(address, "SELECT 1", user="nobody", password="").status in (401, 403)
    assert ask(address, "SELECT 1", user="seawall", password="wrong").code == 516


def test_whoever_gives_no_credentials_is_asked_for_them(embedded: EmbeddedStore) -> None:
    reply = ask(embedded.address, "SELECT 1", user="")
    assert (reply.status, reply.code) == (401, 194)
    assert reply.headers["www-authenticate"].startswith("Basic")
    assert ask(embedded.address, path="/ping", method="GET", user="").body == b"Ok.\n"


def test_credentials_come_in_every_way_clickhouse_takes_them(address: Address) -> None:
    assert (
        ask(
            address,
            "SELECT 1",
            user="",
            headers={"X-ClickHouse-User": address.user, "X-ClickHouse-Key": address.password},
        ).body
        == b"1\n"
    )
    assert ask(address, "SELECT 1", path=f"/?user={address.user}&password={address.password}", user="").body == b"1\n"


def test_another_name_for_loopback_is_not_answered(embedded: EmbeddedStore) -> None:
    reply = ask(embedded.address, "SELECT 1", headers={"Host": "rebound.example:80"})
    assert (reply.status, reply.code) == (403, 497)
    assert ask(embedded.address, "SELECT 1", headers={"Host": f"localhost:{embedded.address.port}"}).status == 200


def test_no_page_of_another_origin_gets_permission(embedded: EmbeddedStore) -> None:
    reply = ask(
        embedded.address,
        method="OPTIONS",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert reply.status == 403
    assert not any(name.startswith("access-control") for name in reply.headers)


def test_the_host_listens_on_loopback_only(embedded: EmbeddedStore) -> None:
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for other in {str(one) for one in addresses if not str(one).startswith("127.")}:
        with pytest.raises(OSError, match=r"."):
            socket.create_connection((other, embedded.address.port), timeout=2)


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"compress": "1"}, 501),
        ({"session_check": "1", "session_id": "x"}, 501),
        ({"query_id": "a\r\nSet-Cookie: x"}, 400),
        ({"nope_setting": "1"}, 404),
        ({"max'; DROP": "1"}, 404),
    ],
)
def test_what_the_host_does_not_speak_is_said(embedded: EmbeddedStore, parameters: dict[str, str], status: int) -> None:
    reply = ask(embedded.address, "SELECT 1", **parameters)
    assert reply.status == status
    assert b"DB::Exception" in reply.body
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"SELECT '\xff'", {}, 400),
        (b"not gzip", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"SELECT 1")[:-6], {"Content-Encoding": "gzip"}, 400),
        (b"SELECT 1", {"Content-Encoding": "br"}, 400),
        (b"SELECT 1; SELECT 2", {}, 400),
        (b"x", {"Content-Type": "multipart/form-data; boundary=q"}, 400),
        (
            b"--q\r\nContent-Disposition: form-data; name=t; filename=f\r\n\r\n1\r\n--q--\r\n",
            {"Content-Type": "multipart/form-data; boundary=q"},
            501,
        ),
    ],
)
def test_bad_bodies_are_refused_and_the_connection_lives(
    embedded: EmbeddedStore, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert ask(embedded.address, body, headers=headers).status == status
    assert embedded.store().ping()


def test_a_body_that_unpacks_to_too_much_is_cut(embedded: EmbeddedStore) -> None:
    bomb = zstandard.ZstdCompressor().compress(b"\0" * (257 * 1024 * 1024))
    assert len(bomb) < 100_000
    assert ask(embedded.address, bomb, headers={"Content-Encoding": "zstd"}).status == 413


def test_half_a_batch_is_never_stored(embedded: EmbeddedStore, store: Store, table: str) -> None:
    store.execute(f"TRUNCATE TABLE {table}")
    head = (
        f"POST /?query=INSERT+INTO+{table}(a)+FORMAT+TSV HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-ClickHouse-User: seawall\r\nX-ClickHouse-Key: {embedded.address.password}\r\n"
    )
    for rest in (
        "Content-Length: 1000\r\n\r\n1\n2\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n1\n2\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ):
        with socket.create_connection(("127.0.0.1", embedded.address.port)) as half_open:
            half_open.sendall((head + rest).encode())
            half_open.shutdown(socket.SHUT_WR)
            assert half_open.recv(100) == b""
    assert store.execute(f"SELECT count() FROM {table}") == 0


def test_an_insert_that_does_not_parse_stores_nothing(embedded: EmbeddedStore, store: Store, table: str) -> None:
    store.execute(f"TRUNCATE TABLE {table}")
    assert ask(embedded.address, b"1\n2\nthree\n", query=f"INSERT INTO {table}(a) FORMAT TSV").code == 27
    assert store.execute(f"SELECT count() FROM {table}") == 0


def test_what_the_store_does_not_keep_is_no_success(embedded: EmbeddedStore, store: Store) -> None:
    """chDB's own inserter tells only of data that it cannot parse, and calls what fails after that a success."""
    store.execute("DROP TABLE IF EXISTS seawall.small_numbers SYNC")
    store.execute(
        "CREATE TABLE seawall.small_numbers (a UInt64, b String DEFAULT 'of the table', CONSTRAINT small CHECK a < 10) ENGINE = MergeTree ORDER BY a"
    )
    try:
        for form, rows in (("TSV", b"1\n99\n"), ("JSONEachRow", b'{"a": 99}\n')):
            insert = f"INSERT INTO seawall.small_numbers (a) FORMAT {form}"
            assert ask(embedded.address, rows, query=insert).status == 500
        arrow = pa.table({"a": pa.array([99], pa.uint64())})
        with connect(embedded.address) as client, pytest.raises(DatabaseError, match="VIOLATED_CONSTRAINT"):
            client.insert_arrow("seawall.small_numbers", arrow)
        assert store.execute("SELECT count() FROM seawall.small_numbers") == 0
        taken = ask(
            embedded.address, b'{"a": 2}\n', query="INSERT INTO seawall.small_numbers (a, b) FORMAT JSONEachRow"
        )
        assert taken.status == 200
        taken = ask(
            embedded.address,
            b'{"a": 3, "b": "given"}\n{"a": 4}',
            query="INSERT INTO seawall.small_numbers SETTINGS max_threads = 2 FORMAT JSONEachRow",
        )
        assert taken.status == 200
        kept = store.select("SELECT a, b FROM seawall.small_numbers ORDER BY a")
        assert [(row["a"], row["b"]) for row in kept] == [(2, "of the table"), (3, "given"), (4, "of the table")]
    finally:
        store.execute("DROP TABLE seawall.small_numbers SYNC")


def test_data_go_into_tables_and_nowhere_else(embedded: EmbeddedStore) -> None:
    refused = ask(embedded.address, b"1\n", query="INSERT INTO FUNCTION null('a UInt64') FORMAT TSV")
    assert (refused.status, refused.code) == (501, 48)


ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 3"


def running(store: Store, query_id: str) -> int:
    return int(
        store.execute("SELECT count() FROM system.processes WHERE Settings['log_comment'] = {q:String}", q=query_id)
    )


def until(condition: Any, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_query_is_cancelled_by_its_id(address: Address, store: Store) -> None:
    replies: list[Reply] = []
    thread = threading.Thread(
        target=lambda: replies.append(ask(address, ENDLESS, log_comment="cancel-me", query_id="cancel-me"))
    )
    thread.start()
    assert until(lambda: running(store, "cancel-me"))
    store.cancel("cancel-me")
    thread.join(15)
    assert replies[0].code == 394


def test_a_client_that_goes_away_takes_its_query_along(embedded: EmbeddedStore, store: Store) -> None:
    with socket.create_connection(("127.0.0.1", embedded.address.port)) as leaving:
        leaving.sendall(
            (
                f"POST /?query_id=gone HTTP/1.1\r\nHost: 127.0.0.1\r\nX-ClickHouse-User: reader\r\nX-ClickHouse-Key: {embedded.reader_address.password}\r\n"
                f"Content-Length: {len(ENDLESS)}\r\n\r\n{ENDLESS}"
            ).encode()
        )
        assert until(lambda: running(store, "gone"))
    assert until(lambda: not running(store, "gone"))


def test_answers_left_half_read_do_not_harm_the_engine(embedded: EmbeddedStore) -> None:
    """An engine whose stream is ended after its connection dies of it; the host ends them in order."""
    sql = b"SELECT number, toString(number) FROM numbers(50000000)"
    for _ in range(12):
        with socket.create_connection(("127.0.0.1", embedded.address.port)) as leaving:
            head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-ClickHouse-User: seawall\r\nX-ClickHouse-Key: {embedded.address.password}\r\n"
            leaving.sendall(f"{head}Content-Length: {len(sql)}\r\n\r\n".encode() + sql)
            assert leaving.recv(1000).startswith(b"HTTP/1.1 200")
        reply = ask(
            embedded.address,
            "SELECT uniqState(number) FROM numbers(1000)",
            default_format="Native",
            client_protocol_version="54460",
        )
        assert reply.status == 501
    assert embedded.restarts == 0
    assert embedded.store().ping()


def test_limits_of_a_request_hold_and_stay_with_it(address: Address) -> None:
    assert ask(address, "SELECT groupArray(number) FROM numbers(100000000)", max_memory_usage="20000000").code == 241
    assert ask(address, ENDLESS, max_execution_time="1").code == 159
    assert ask(address, "SELECT sum(number) FROM numbers(1000)").status == 200


def test_readers_beyond_their_number_are_turned_away(embedded: EmbeddedStore, store: Store) -> None:
    readers = [
        threading.Thread(target=ask, args=(embedded.reader_address, ENDLESS), kwargs={"query_id": f"crowd-{n}"})
        for n in range(8)
    ]
    for thread in readers:
        thread.start()
    try:
        crowd = "SELECT count() FROM system.processes WHERE startsWith(Settings['log_comment'], 'crowd-')"
        assert until(lambda: store.execute(crowd) == 8)
        reply = ask(embedded.reader_address, "SELECT 1")
        assert (reply.status, reply.code) == (503, 202)
        assert store.execute("SELECT 1") == 1, "who writes is not held up by readers"
    finally:
        for number in range(8):
            store.cancel(f"crowd-{number}")
        for thread in readers:
            thread.join(15)
