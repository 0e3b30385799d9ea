"""The body of a batch: read within limits, decompressed within limits, and not more at once than memory allows."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import zstandard
from litestar import Request
from litestar.exceptions import InternalServerException

from seawall.web.problem import Refusal
from seawall.web.settings import Limits

STEP = 512
TOO_LARGE = "batch is too large"


class BatchRefused(Refusal):
    """A batch that sending again would not mend; `why` names the fault in a few words that do not differ from batch to batch, so that they can be counted."""

    def __init__(self, status: int, why: str, detail: str) -> None:
        super().__init__(status, detail)
        self.why = why


class Room:
    """How many bytes of batches may be under way. Who finds no room is told to come back, before its body is read."""

    def __init__(self, size: int) -> None:
        self._free = size

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        if size > self._free:
            raise Refusal(503, "too many batches at once; send it again", headers={"retry-after": "1"})
        self._free -= size
        try:
            yield
        finally:
            self._free += size


@asynccontextmanager
async def batch_of(request: Request[Any, Any, Any], room: Room, limits: Limits) -> AsyncIterator[bytes]:
    """The decompressed body of a batch. Raises Refusal: 413 too large, 415 an encoding we do not read, 400 one that does not hold."""
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else limits.ingest_body_bytes
    if size > limits.ingest_body_bytes:
        raise BatchRefused(413, TOO_LARGE, f"a batch has at most {limits.ingest_body_bytes} bytes")
    async with room.hold(size):
        body = await _read(request, limits.ingest_body_bytes)
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            yield body
            return
        inflated = await asyncio.to_thread(decompressed, body, encoding, limits.ingest_decompressed_bytes)
        async with room.hold(len(inflated)):
            yield inflated


async def _read(request: Request[Any, Any, Any], most: int) -> bytes:
    """The body as sent, whatever length it was announced with."""
    parts, total = [], 0
    try:
        async for part in request.stream():
            total += len(part)
            if total > most:
                raise BatchRefused(413, TOO_LARGE, f"a batch has at most {most} bytes")
            parts.append(part)
    except InternalServerException:  # Litestar's word for a client that is gone, or that was given up
        raise BatchRefused(400, "batch was cut off before its end", "the body did not come to its end") from None
    return b"".join(parts)


def decompressed(body: bytes, encoding: str, most: int) -> bytes:
    """A body without its coding (`gzip`, `zstd`), of at most `most` bytes. Raises Refusal."""
    try:
        if encoding == "gzip":
            return _inflated(body, most, lambda: zlib.decompressobj(31))
        if encoding == "zstd":
            return _inflated(body, most, lambda: zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj())
    except (zlib.error, zstandard.ZstdError, ValueError) as error:
        raise BatchRefused(400, "compression is broken", f"the body is no whole {encoding}: {error}") from None
    raise BatchRefused(
        415, "compression is not known", f"content-encoding {encoding[:40]} is not read; use gzip, zstd or none"
    )


def _inflated(body: bytes, most: int, begin: Callable[[], Any]) -> bytes:
    """Frame after frame, fed in small steps: a step of 512 bytes swells to 16 MB at worst before it is counted."""
    parts, total, stream = [], 0, begin()
    for at in range(0, len(body), STEP):
        rest = body[at : at + STEP]
        while rest:
            if stream.eof:
                stream = begin()
            part = stream.decompress(rest)
            rest = stream.unused_data if stream.eof else b""
            total += len(part)
            if total > most:
                raise BatchRefused(413, TOO_LARGE, f"a batch has at most {most} bytes, decompressed")
            parts.append(part)
    if not stream.eof:
        raise ValueError("it ends too early")
    return b"".join(parts)
