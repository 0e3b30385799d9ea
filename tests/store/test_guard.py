"""Nobody reads beyond the store: what the host refuses, and that the engine would not have."""

from __future__ import annotations

from contextlib import closing

import pytest

from seawall.kit.errors import UserError
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.errors import StoreRefused
from seawall.store.host.guard import Refused, judge

BEYOND = [
    "SELECT file('/etc/passwd')",
    "SELECT FILE ( '/etc/passwd')",
    "SELECT /* x */ file /* y */ ('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT \"file\"('/etc/passwd')",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT `fil\\x65`('/etc/passwd')",
    "SELECT arrayMap({f:Identifier}, ['/etc/passwd'])",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('file:///etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM executable('id', TSV, 'a String')",
    "SELECT * FROM Python(creds)",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM filesystem('/etc')",
    "SELECT 1 INTO OUTFILE '/tmp/seawall-guard-test'",
    "INSERT INTO FUNCTION file('/tmp/seawall-guard-test', 'TSV', 'a String') VALUES ('x')",
    "INSERT INTO seawall.flow FROM INFILE '/etc/passwd' FORMAT CSV",
    "DESCRIBE TABLE file('/etc/passwd')",
]
CHANGES = [
    "INSERT INTO seawall.schema_version VALUES (9, '', '', 0)",
    "DROP TABLE seawall.flow",
    "CREATE TABLE seawall.x (a Int32) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int32)",
    "ALTER TABLE seawall.flow DELETE WHERE 1",
    "KILL QUERY WHERE 1",
    "SYSTEM FLUSH LOGS",
    "BACKUP DATABASE seawall TO Disk('backups', 'stolen')",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_memory_usage = 0",
    "SELECT 1; KILL QUERY WHERE 1",
    "SELECT 1 FROM $x$ $x$",
]


@pytest.fixture
def reader(embedded: EmbeddedStore) -> Store:
    return Store(embedded.reader_address)


@pytest.mark.parametrize("sql", BEYOND + CHANGES)
def test_a_reader_only_asks_and_only_the_store(reader: Store, sql: str) -> None:
    with pytest.raises(StoreRefused):
        reader.execute(sql, f="file") if "{f:" in sql else reader.execute(sql)


@pytest.mark.parametrize("sql", [sql for sql in BEYOND if "arrayMap" not in sql and "\\x" not in sql])
def test_the_owner_does_not_reach_beyond_the_store_either(embedded: EmbeddedStore, sql: str) -> None:
    with closing(embedded.store()) as owner, pytest.raises(StoreRefused):
        owner.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM seawall.flow WHERE drop_reason = 'file; into outfile /* --'",
        "SELECT 'it''s', 'a\\'b' AS `größe`",
        "WITH 1 AS x SELECT x",
        "SHOW TABLES FROM seawall",
        "DESCRIBE TABLE seawall.flow",
        "EXPLAIN SELECT 1",
        "EXISTS TABLE seawall.flow",
        "(SELECT 1) UNION ALL (SELECT 2);",
    ],
)
def test_a_reader_may_ask(reader: Store, sql: str) -> None:
    reader.execute(sql)


def test_a_reader_does_not_loosen_its_limits(reader: Store) -> None:
    answer = reader.execute("SELECT getSetting('max_memory_usage'), toFloat64(getSetting('max_execution_time'))")
    assert [float(value) for value in answer] == [512 * 1024 * 1024, 60]


def test_a_word_of_the_guard_is_a_name_like_any_other_for_the_owner() -> None:
    assert judge(b"SELECT t.file, python FROM t AS eval", reader=False).verb == "SELECT"
    with pytest.raises(Refused):
        judge(b"SELECT file FROM t", reader=True)


def test_free_sql_is_for_readers_of_everything(store: Store) -> None:
    assert store.ask("SELECT 1 AS one", ReadScope.everything()).to_pylist() == [{"one": 1}]
    with pytest.raises(PermissionError):
        store.ask("SELECT 1", ReadScope.of(clusters=["a"]))
    with pytest.raises(PermissionError):
        store.ask("SELECT 1", ReadScope(all_clusters=True, kinds=frozenset({"flow"})))
    with pytest.raises(UserError):
        store.ask("DROP TABLE seawall.flow", ReadScope.everything())
    assert store.ask("SELECT number FROM numbers(1000000)", ReadScope.everything(), limit=10).num_rows < 100_000
