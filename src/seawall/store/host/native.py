"""ClickHouse's Native format, as newer clients want it over HTTP.

chDB writes Native blocks as for a client without a revision. A client that names one (`client_protocol_version`; clickhouse-go
does, and so does Grafana's data source) expects a block-info header before each block and a flag before each column's data.
To put them in, the length of every column must be known: this module walks the data by type and copies them.

Layouts as in the ClickHouse documentation's page on the Native format and its serializations; revisions by name:
51903 block info, 54454 flag for custom serialization.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WITH_FLAGS = 54454
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"  # field 1: no overflows; field 2: bucket -1; end
_SIZES = {
    "Bool": 1, "Nothing": 1, "Int8": 1, "UInt8": 1, "Enum8": 1, "Int16": 2, "UInt16": 2, "Enum16": 2, "Date": 2, "BFloat16": 2,
    "Int32": 4, "UInt32": 4, "Float32": 4, "Date32": 4, "DateTime": 4, "Time": 4, "IPv4": 4, "Decimal32": 4,
    "Int64": 8, "UInt64": 8, "Float64": 8, "DateTime64": 8, "Time64": 8, "Decimal64": 8,
    "Int128": 16, "UInt128": 16, "UUID": 16, "IPv6": 16, "Decimal128": 16, "Int256": 32, "UInt256": 32, "Decimal256": 32,
}  # fmt: skip
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiPolygon": "Array(Polygon)",
}
_TYPE = re.compile(r"\s*([A-Za-z0-9_]+)\s*(\(.*\))?\s*", re.DOTALL)
_NAMED = re.compile(r"\s*(?:`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*)\s+(?=[A-Z])")
_INDEX_SIZES = (1, 2, 4, 8)
_HAS_KEYS = 1 << 9


class CannotWalk(Exception):
    """A type whose layout is not known here, or data that end early."""


def with_flags(data: bytes) -> bytes:
    """Blocks without a revision, as a client of revision 54454 or later expects them. Raises CannotWalk."""
    walk = _Walk(data)
    parts: list[bytes] = []
    while walk.at < len(data):
        start = walk.at
        columns, rows = walk.varint(), walk.varint()
        parts += (_BLOCK_INFO, data[start : walk.at])
        for _ in range(columns):
            start = walk.at
            walk.text()
            kind = walk.text().decode()
            head = walk.at
            if rows:
                walk.prefix(kind)
                walk.values(kind, rows)
            parts += (data[start:head], b"\x00", data[head : walk.at])
    return b"".join(parts)


class _Walk:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise CannotWalk("a block ends early")

    def varint(self) -> int:
        value = shift = 0
        while True:
            if self.at >= len(self.data):
                raise CannotWalk("a block ends early")
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def text(self) -> bytes:
        length = self.varint()
        start = self.at
        self.skip(length)
        return self.data[start : self.at]

    def number(self) -> int:
        start = self.at
        self.skip(8)
        return int.from_bytes(self.data[start : self.at], "little")

    def prefix(self, kind: str) -> None:
        """What stands before the data of all rows: a version for each LowCardinality within."""
        name, inner = _taken_apart(kind)
        if name == "LowCardinality":
            self.skip(8)
        elif name in ("Array", "Nullable", "Map", "Tuple"):
            for one in inner:
                self.prefix(one)

    def values(self, kind: str, rows: int) -> None:
        name, inner = _taken_apart(kind)
        if name in _SIZES:
            self.skip(rows * _SIZES[name])
        elif name == "String":
            for _ in range(rows):
                self.skip(self.varint())
        elif name == "FixedString":
            self.skip(rows * int(inner[0]))
        elif name == "Decimal":
            precision = int(inner[0])
            self.skip(rows * (4 if precision <= 9 else 8 if precision <= 18 else 16 if precision <= 38 else 32))
        elif name == "Nullable":
            self.skip(rows)
            self.values(inner[0], rows)
        elif name in ("Array", "Map"):
            self.skip((rows - 1) * 8 if rows else 0)
            total = self.number() if rows else 0
            for one in inner:
                self.values(one, total)
        elif name == "Tuple":
            for one in inner:
                self.values(one, rows)
            if not inner:
                self.skip(rows)
        elif name == "LowCardinality":
            self._low_cardinality(inner[0], rows)
        elif name.startswith("Interval"):
            self.skip(rows * 8)
        else:
            raise CannotWalk(f"{kind} cannot be sent to a client that names a protocol version")

    def _low_cardinality(self, kind: str, rows: int) -> None:
        if not rows:
            return
        index = self.number()
        if index & _HAS_KEYS:
            name, inner = _taken_apart(kind)
            self.values(inner[0] if name == "Nullable" else kind, self.number())
        if self.number() != rows:
            raise CannotWalk("a LowCardinality column in several pieces")
        self.skip(rows * _INDEX_SIZES[index & 0xFF])


def _taken_apart(kind: str) -> tuple[str, tuple[str, ...]]:
    """`Map(String, Array(UInt8))` as ("Map", ("String", "Array(UInt8)")); names of tuple elements and states are left out."""
    kind = _ALIASES.get(kind, kind)
    match = _TYPE.fullmatch(kind)
    if match is None:
        raise CannotWalk(f"{kind} is no type")
    name, arguments = match[1], match[2]
    if arguments is None or name in ("Enum8", "Enum16", "DateTime", "DateTime64", "Time64"):
        return name, ()
    parts = tuple(_NAMED.sub("", part, count=1).strip() for part in _split(arguments[1:-1]))
    if name == "SimpleAggregateFunction":
        return _taken_apart(parts[-1])
    return name, tuple(part for part in parts if part)


def _split(arguments: str) -> Iterator[str]:
    depth, start, quote = 0, 0, ""
    for at, letter in enumerate(arguments):
        if quote:
            quote = "" if letter == quote and arguments[at - 1] != "\\" else quote
        elif letter in "'`":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and depth == 0:
            yield arguments[start:at]
            start = at + 1
    yield arguments[start:]
