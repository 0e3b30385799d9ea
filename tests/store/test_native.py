"""Native blocks with flags: every column is cut at the right byte."""

from __future__ import annotations

import pytest
from tests.store.wire import ask

from seawall.store.embedded import EmbeddedStore
from seawall.store.host.native import WITH_FLAGS, CannotWalk, with_flags

COLUMNS = [
    "number",
    "toString(number)",
    "repeat('é', number % 300)",
    "toLowCardinality(toString(number % 3))",
    "toLowCardinality(if(number % 2 = 0, NULL, 'x'))",
    "CAST(if(number % 3 = 0, NULL, number) AS Nullable(Int32))",
    "range(number % 4)",
    "arrayMap(n -> toLowCardinality(toString(n)), range(number % 3))",
    "[[1, 2], [number]]",
    "map('a', toLowCardinality('b'), 'c', 'd')",
    "CAST(map('a', [1, 2]) AS Map(LowCardinality(String), Array(Nullable(UInt8))))",
    "CAST((number, 'x', [1]) AS Tuple(a UInt8, `b c` String, d Array(Float32)))",
    "now64(9, 'UTC')",
    "toDateTime('2020-01-01 00:00:00', 'Europe/Berlin')",
    "toDate32(number)",
    "toDecimal64(number, 4)",
    "toDecimal256(number, 4)",
    "toFixedString('abc', 5)",
    "generateUUIDv4()",
    "toIPv6('::1')",
    "toIPv4('10.0.0.1')",
    "CAST('a' AS Enum8('a' = 1, 'b,(' = 2))",
    "number = 1",
    "toIntervalHour(number)",
    "NULL",
    "(1., 2.)::Point",
    "toInt256(number)",
]


def native(embedded: EmbeddedStore, columns: list[str], rows: int, **parameters: str) -> bytes:
    given = ", ".join(f"{column} AS c{at}" for at, column in enumerate(columns))
    reply = ask(embedded.reader_address, f"SELECT {given} FROM numbers({rows})", default_format="Native", **parameters)
    assert reply.status == 200, reply.body
    return reply.body


@pytest.mark.parametrize("rows", [1, 1000])
def test_every_column_is_cut_at_the_right_byte(embedded: EmbeddedStore, rows: int) -> None:
    """Oracle: the same columns asked for one by one, where the column ends with the block."""
    steady = [column for column in COLUMNS if "UUID" not in column and "now64" not in column]
    together = with_flags(native(embedded, steady, rows))
    at = together.index(b"\x02c0")
    for number, column in enumerate(steady):
        alone = native(embedded, [column], rows)
        name = alone.index(b"\x02c0")
        kind = name + 3
        data = kind + 1 + alone[kind] if alone[kind] < 0x80 else kind + 2 + (alone[kind] & 0x7F | alone[kind + 1] << 7)
        shown = f"c{number}".encode()
        wanted = bytes([len(shown)]) + shown + alone[kind:data] + b"\x00" + alone[data:]
        assert together[at : at + len(wanted)] == wanted, column
        at += len(wanted)
    assert at == len(together)


def test_a_client_that_names_its_revision_gets_flags(embedded: EmbeddedStore) -> None:
    plain = native(embedded, ["number", "'x'"], 100_000)
    flagged = native(embedded, ["number", "'x'"], 100_000, client_protocol_version=str(WITH_FLAGS))
    assert flagged == with_flags(plain)
    assert native(embedded, ["number", "'x'"], 100_000, client_protocol_version="54405") == plain


def test_all_types_together(embedded: EmbeddedStore) -> None:
    assert with_flags(native(embedded, COLUMNS, 5000))


def test_what_cannot_be_walked_is_said(embedded: EmbeddedStore) -> None:
    reply = ask(
        embedded.reader_address, "SELECT uniqState(1)", default_format="Native", client_protocol_version="54460"
    )
    assert (reply.status, reply.code) == (501, 48)
    with pytest.raises(CannotWalk):
        with_flags(native(embedded, ["number"], 10)[:-1])
