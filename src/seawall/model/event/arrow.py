"""Arrow from declarations: the schema of a table, and record batches that fit it.

pyarrow is imported when a function is called, so `seawall.model.event` works without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from seawall.model.event.field import Field, Table, Type

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type of a column. Times are `timestamp[ns, UTC]`, maps `map<string, string>`, counts `map<string, uint64>`."""
    import pyarrow as pa

    time = pa.timestamp("ns", tz="UTC")
    return {
        Type.TEXT: pa.string(),
        Type.CATEGORY: pa.string(),
        Type.ADDRESS: pa.string(),
        Type.TIME: time,
        Type.BOOL: pa.bool_(),
        Type.U8: pa.uint8(),
        Type.U16: pa.uint16(),
        Type.U32: pa.uint32(),
        Type.U64: pa.uint64(),
        Type.I32: pa.int32(),
        Type.I64: pa.int64(),
        Type.F64: pa.float64(),
        Type.TEXTS: pa.list_(pa.field("item", pa.string(), nullable=False)),
        Type.CATEGORIES: pa.list_(pa.field("item", pa.string(), nullable=False)),
        Type.TIMES: pa.list_(pa.field("item", time, nullable=False)),
        Type.MAP: pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False)),
        Type.COUNTS: pa.map_(pa.string(), pa.field("value", pa.uint64(), nullable=False)),
    }[kind]


@cache
def schema_of(table: Table) -> pa.Schema:
    """The Arrow schema of a table, in the order of its declaration; a column is nullable where the declaration says so."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(field.name, arrow_type(field.type), nullable=bool(field.null)) for field in table.fields]
    )


def record_batch(table: Table, columns: Mapping[str, pa.Array | Sequence[Any]]) -> pa.RecordBatch:
    """A record batch of `table` from some of its columns; the others are filled with null or the type's zero.

    Columns may be Arrow arrays (a dictionary of text passes for text) or sequences. All have one length. Raises KeyError
    for a column the table does not have, ValueError for a null in a column that has none or for unequal lengths,
    `pyarrow.ArrowInvalid` or `ArrowTypeError` for values that do not fit.
    """
    import pyarrow as pa

    unknown = columns.keys() - set(table.columns)
    if unknown:
        raise KeyError(f"table {table.name} has no column {', '.join(sorted(unknown))}")
    if not columns:
        raise ValueError("a batch needs at least one column, to say how many rows it has")
    rows = len(next(iter(columns.values())))
    schema = schema_of(table)
    arrays: list[pa.Array] = []
    for field, column in zip(table.fields, schema, strict=True):
        array = _array(columns[field.name], column.type) if field.name in columns else _absent(field, column.type, rows)
        if len(array) != rows:
            raise ValueError(f"{table.name}.{field.name}: {len(array)} values where the batch has {rows} rows")
        if array.null_count and not field.null:
            raise ValueError(f"{table.name}.{field.name}: {array.null_count} nulls in a column that is never null")
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: pa.Array | Sequence[Any], wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if values.type.equals(wanted) else values.cast(wanted)
    return pa.array(values, type=wanted)


def _absent(field: Field, wanted: pa.DataType, rows: int) -> pa.Array:
    import pyarrow as pa

    if field.null:
        return pa.nulls(rows, wanted)
    if pa.types.is_list(wanted) or pa.types.is_map(wanted):
        return pa.array([[]] * rows, type=wanted)
    zero: Any = "" if pa.types.is_string(wanted) else False if pa.types.is_boolean(wanted) else 0
    if field.default:
        zero = int(field.default)
    return pa.repeat(pa.scalar(zero, type=wanted), rows)
