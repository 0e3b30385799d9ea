"""Random batches of declared tables."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

from seawall.model.event import Field, Table, Type
from seawall.model.event.arrow import record_batch

START = 1_799_990_000_000_000_000
TEXTS = ("", "default", "kube-system", "Grüße", "a'b\\c\n\t\x00d", "日本", "x" * 300)


def random_batch(table: Table, seed: int, rows: int, **fixed: Any) -> pa.RecordBatch:
    """Rows with every kind of value a column can hold, nulls and odd text included; `fixed` columns as given."""
    made = random.Random(seed)
    columns: dict[str, Any] = {field.name: [_value(field, made) for _ in range(rows)] for field in table.fields}
    for name in ("observed_time", "written_at"):
        if name in columns:
            columns[name] = [START + number for number in range(rows)]
    if "batch_row" in columns:
        columns["batch_row"] = list(range(rows))
    for name, value in fixed.items():
        columns[name] = value if isinstance(value, list) else [value] * rows
    return record_batch(table, columns)


def _value(field: Field, made: random.Random) -> Any:
    if field.null and made.random() < 0.3:
        return None
    kind = field.type
    if kind in (Type.TEXT, Type.CATEGORY):
        return made.choice(TEXTS)
    if kind is Type.ADDRESS:
        return made.choice(("", "10.1.2.3", "192.0.2.255", "2001:db8::7"))
    if kind is Type.TIME:
        return START + made.randrange(3 * 3600 * 1_000_000_000)
    if kind is Type.BOOL:
        return made.random() < 0.5
    if kind is Type.F64:
        return made.choice((0.0, -1.5, 1e300))
    if kind in (Type.TEXTS, Type.CATEGORIES):
        return made.sample(TEXTS, made.randrange(3))
    if kind is Type.MAP:
        return {name: made.choice(TEXTS) for name in made.sample(("k", "é", "http.route"), made.randrange(3))}
    if kind is Type.COUNTS:
        return {
            name: made.choice((0, 1, 2**64 - 1)) for name in made.sample(("k", "é", "http.route"), made.randrange(3))
        }
    bits = int(kind.name[1:])
    return (
        made.choice((0, 1, 2**bits - 1))
        if kind.name[0] == "U"
        else made.choice((-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1))
    )
