"""What decoders of JSON records share: lines that may be broken, and times as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

MAX_RECORD = 8 << 20
"""Bytes of one record. An audit entry with bodies stays under the API server's 3 MB limit for an object, twice."""


def decode_lines(chunk: bytes, decoder: msgspec.json.Decoder[T], malformed: Counter[str]) -> list[T]:
    """The records of `chunk`, one JSON document a line; a line that does not decode is counted in `malformed` by reason and costs only itself."""
    if len(chunk) <= MAX_RECORD:
        try:
            return decoder.decode_lines(chunk)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    found: list[T] = []
    for line in chunk.split(b"\n"):
        if not line.strip():
            continue
        if len(line) > MAX_RECORD:
            malformed[f"longer than {MAX_RECORD >> 20} MB"] += 1
            continue
        try:
            found.append(decoder.decode(line))
        except msgspec.ValidationError as error:
            malformed[f"wrong type: {reason_of(error)}"] += 1
        except (msgspec.DecodeError, UnicodeDecodeError):
            malformed["not JSON"] += 1
    return found


def reason_of(error: msgspec.ValidationError) -> str:
    """An error without the parts that differ from record to record, so that reasons can be counted."""
    text, _, path = str(error).partition(" - at `")
    return f"{path.rstrip('`') or '$'}: {text}"


def times(texts: Sequence[str | None]) -> pa.Array:
    """RFC 3339 texts as `timestamp[ns, UTC]`; null where there is none or it is none."""
    import pyarrow as pa

    wanted = pa.timestamp("ns", tz="UTC")
    column = pa.array(texts, type=pa.string())
    try:
        return column.cast(wanted)
    except pa.ArrowInvalid:
        return pa.array([_time(text) for text in texts], type=wanted)


def _time(text: str | None) -> Any:
    import pyarrow as pa

    if text is None:
        return None
    try:
        return pa.scalar(text, type=pa.string()).cast(pa.timestamp("ns", tz="UTC"))
    except pa.ArrowInvalid:
        return None
