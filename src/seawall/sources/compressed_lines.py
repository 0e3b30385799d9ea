"""Lines of a Zstandard file, as snapshots and recordings are made of them: the whole ones, and why it ends where it ends early."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

from seawall.sources.state.yaml.limits import DOCUMENT_BYTES

MAGIC = b"\x28\xb5\x2f\xfd"
"""The first bytes of a Zstandard frame."""

_HEADER_BYTES = 64 << 20


def lines(file: BinaryIO) -> Iterator[bytes | str]:
    """The whole lines of a compressed file; a text that says why, where it cannot be unpacked to its end."""
    unpacked = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True), 1 << 20)
    limit = _HEADER_BYTES
    try:
        while line := unpacked.readline(limit + 1):
            if not line.endswith(b"\n"):
                yield f"a line is longer than {limit >> 20} MiB" if len(line) > limit else "its last line is broken off"
                return
            yield line[:-1]
            limit = DOCUMENT_BYTES
    except zstandard.ZstdError as error:
        yield str(error).removeprefix("zstd decompress error: ").lower()
