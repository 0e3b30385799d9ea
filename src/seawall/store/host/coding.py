"""Content codings of HTTP bodies: gzip, deflate, zstd and LZ4 frames, both ways."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol, cast


class Encoder(Protocol):
    def compress(self, data: bytes) -> bytes: ...

    def flush(self) -> bytes: ...


class Lz4Frame:
    """LZ4's frame compressor behind the same two calls as the others."""

    def __init__(self) -> None:
        import lz4.frame  # type: ignore[import-untyped]

        self._frame = lz4.frame.LZ4FrameCompressor()
        self._header: bytes = self._frame.begin()

    def compress(self, data: bytes) -> bytes:
        header, self._header = self._header, b""
        return header + cast(bytes, self._frame.compress(data))

    def flush(self) -> bytes:
        header, self._header = self._header, b""
        return header + cast(bytes, self._frame.flush())


OFFERED = ("lz4", "zstd", "gzip", "deflate")
"""What the host can send, what costs least processor time first: the peer is on the same machine."""


def encoder(coding: str) -> Encoder:
    if coding == "lz4":
        return Lz4Frame()
    if coding == "zstd":
        import zstandard

        return cast(Encoder, zstandard.ZstdCompressor(level=1).compressobj())
    return zlib.compressobj(1, zlib.DEFLATED, 31 if coding == "gzip" else 15)


def encode(chunks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    state = encoder(coding)
    for chunk in chunks:
        if packed := state.compress(chunk):
            yield packed
    if packed := state.flush():
        yield packed


def decode(data: bytes, coding: str, limit: int) -> bytes:
    """The body without its coding. Raises ValueError if it does not decode, OverflowError if it would exceed `limit` bytes."""
    if coding in ("", "identity"):
        return data
    if coding in ("gzip", "x-gzip", "deflate"):
        return _inflate(data, 15 if coding == "deflate" else 31, limit)
    if coding == "zstd":
        return _unzstd(data, limit)
    if coding == "lz4":
        return _unlz4(data, limit)
    raise ValueError(f"unknown Content-Encoding {coding}")


def _inflate(data: bytes, window: int, limit: int) -> bytes:
    state = zlib.decompressobj(window)
    try:
        plain = state.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    return _complete(plain, state.eof, bool(state.unconsumed_tail), limit)


def _unzstd(data: bytes, limit: int) -> bytes:
    import io

    import zstandard

    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            io.BytesIO(data), read_across_frames=True
        ) as stream:
            plain = stream.read(limit + 1)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
    return _complete(plain, True, len(plain) > limit, limit)


def _unlz4(data: bytes, limit: int) -> bytes:
    import lz4.frame

    state = lz4.frame.LZ4FrameDecompressor()
    try:
        plain = cast(bytes, state.decompress(data, max_length=limit))
    except (RuntimeError, EOFError) as error:
        raise ValueError(str(error)) from None
    return _complete(plain, state.eof, not state.eof and not state.needs_input, limit)


def _complete(plain: bytes, ended: bool, more: bool, limit: int) -> bytes:
    if more:
        raise OverflowError(f"more than {limit} bytes after decompression")
    if not ended:
        raise ValueError("the compressed body ends too early")
    return plain
