"""Declaration, Arrow and table agree: what is written is what is read, for every table."""

from __future__ import annotations

from typing import Any

import pytest
from tests.store.rows import random_batch

from seawall.model.event import KEPT, KINDS, TABLES, Table
from seawall.model.event.arrow import record_batch
from seawall.store.client import Store, rows_of
from seawall.store.errors import StoreRefused
from seawall.store.schema import column_type

written_tables = pytest.mark.parametrize("table", (KINDS | KEPT).values(), ids=(KINDS | KEPT).keys())


@written_tables
def test_what_is_written_is_read(store: Store, table: Table) -> None:
    cluster = f"round-trip-{table.name}"
    keys = {
        name: [f"{name}-{number}" for number in range(200)]
        for name in ("signal_id", "scan_id", "uid")
        if name in table.key
    }
    batch = random_batch(table, 1, 200, cluster=cluster, **keys)
    store.insert(table.name, batch, token=cluster)
    columns = ", ".join(table.columns)
    read = store.select(f"SELECT {columns} FROM seawall.{table.name} WHERE cluster = {{c:String}}", c=cluster)
    assert _sorted(read) == _sorted(_as_stored(table, rows_of(_table(batch))))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_the_table_is_the_declaration(store: Store, table: Table) -> None:
    found = store.select(
        "SELECT name, type, comment FROM system.columns WHERE database = 'seawall' AND table = {t:String} AND default_kind != 'ALIAS' ORDER BY position",
        t=table.name,
    )
    assert [row["name"] for row in found] == list(table.columns)
    assert [row["comment"] for row in found] == [field.meaning for field in table.fields]
    assert [row["type"] for row in found] == [column_type(field) for field in table.fields]


def test_an_event_has_an_id(store: Store) -> None:
    batch = random_batch(KINDS["audit"], 3, 2, cluster="ids", batch_id="b-1")
    store.insert("audit", batch, token="ids")
    assert {row["event_id"] for row in store.select("SELECT event_id FROM seawall.audit WHERE cluster = 'ids'")} == {
        "b-1.0",
        "b-1.1",
    }


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"time": [1], "src_port": [1]}, "unknown"),
        ({"time": [1]}, "missing"),
    ],
)
def test_a_batch_in_other_columns_is_refused(store: Store, columns: dict[str, Any], problem: str) -> None:
    batch = record_batch(KINDS["dns" if problem == "missing" else "flow"], columns)
    with pytest.raises(ValueError, match=problem):
        store.insert("audit" if problem == "missing" else "dns", batch, token="x")


def test_only_declared_tables_that_are_no_rollup_take_rows(store: Store) -> None:
    batch = record_batch(KINDS["dns"], {"time": [1]})
    for table in ("edge_minute", "system.one", "nope"):
        with pytest.raises(ValueError, match="no table to insert into"):
            store.insert(table, batch, token="x")
    with pytest.raises(ValueError, match="token"):
        store.insert("dns", batch, token="")


def test_an_error_of_the_store_has_its_code(store: Store) -> None:
    with pytest.raises(StoreRefused) as caught:
        store.select("SELECT nope FROM seawall.flow")
    assert caught.value.code == 47


def _table(batch: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([batch])


def _as_stored(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in table.columns} for row in rows]


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=repr)
