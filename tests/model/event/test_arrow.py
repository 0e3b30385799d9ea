"""Record batches from declarations."""

from __future__ import annotations

import pyarrow as pa
import pytest

from seawall.model.event import KINDS, TABLES, Table
from seawall.model.event.arrow import record_batch, schema_of

FLOW = KINDS["flow"]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_schema_follows_the_declaration(table: Table) -> None:
    schema = schema_of(table)
    assert schema.names == list(table.columns)
    assert [field.nullable for field in schema] == [bool(field.null) for field in table.fields]


@pytest.mark.parametrize("table", KINDS.values(), ids=KINDS.keys())
def test_absent_columns_are_zero_or_null(table: Table) -> None:
    batch = record_batch(table, {"time": [7, 8]})
    batch.validate(full=True)
    assert batch.schema == schema_of(table)
    for field in table.fields:
        column = batch.column(field.name)
        assert column.null_count == (2 if field.null else 0), field.name
    assert batch.column("cluster").to_pylist() == ["", ""]
    assert batch.column("attributes").to_pylist() == [[], []]


def test_a_default_is_not_the_zero() -> None:
    assert record_batch(FLOW, {"time": [1]}).column("events").to_pylist() == [1]


def test_dictionaries_and_chunks_pass_for_text() -> None:
    namespaces = pa.chunked_array([["a", "a"], ["b"]])
    batch = record_batch(
        FLOW, {"time": [1, 2, 3], "src_namespace": namespaces.dictionary_encode(), "dst_namespace": namespaces}
    )
    assert batch.column("src_namespace").to_pylist() == ["a", "a", "b"]
    assert batch.column("dst_namespace").to_pylist() == ["a", "a", "b"]


def test_lists_and_maps() -> None:
    batch = record_batch(FLOW, {"time": [1, 2], "src_labels": [["a=b"], []], "attributes": [{"k": "v"}, [("x", "y")]]})
    assert batch.column("src_labels").to_pylist() == [["a=b"], []]
    assert batch.column("attributes").to_pylist() == [[("k", "v")], [("x", "y")]]


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"time": [1], "nope": [2]}, KeyError),
        ({}, ValueError),
        ({"time": [1, 2], "cluster": ["a"]}, ValueError),
        ({"time": [1], "cluster": [None]}, ValueError),
        ({"time": [1], "src_port": [70000]}, pa.ArrowInvalid),
        ({"time": [1], "src_port": ["http"]}, pa.ArrowInvalid),
    ],
)
def test_what_does_not_fit_is_refused(columns: dict[str, list[object]], error: type[Exception]) -> None:
    with pytest.raises(error):
        record_batch(FLOW, columns)
