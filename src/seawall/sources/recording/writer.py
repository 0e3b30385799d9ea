"""Writes a recording while it happens. Killed in the middle, the file holds everything up to the last second or so."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from seawall import __version__
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Gap
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.sources.recording.format import (
    FORMAT,
    NAME,
    AnyLine,
    Broken,
    End,
    Event,
    Gone,
    Header,
    List,
    Put,
    RecordedCluster,
    Stream,
    Take,
)

LIST_BYTES = 4 << 20
"""A list is cut into lines of about so many bytes."""
FLUSH_SECONDS = 1.0


class RecordingFile:
    """An open recording. Use as a context manager: leaving it writes the end. Any thread may write. UserError where the file cannot be made."""

    def __init__(
        self,
        path: Path,
        cluster: RecordedCluster,
        streams: dict[str, Stream],
        *,
        title: str = "",
        note: str = "",
        id: str = "",  # noqa: A002
        level: int = 9,
    ) -> None:
        self.header = Header(
            NAME, FORMAT, f"seawall {__version__}", id or secrets.token_hex(16), cluster, streams, title, note
        )
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._encode = msgspec.json.Encoder().encode
        self._writing = threading.Lock()
        self._at, self._lines, self._flushed = 0, 0, time.monotonic()
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise UserError(str(error.strerror), where=str(path), do="choose a file that can be written") from None
        self._file = os.fdopen(handle, "wb")
        compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
        self._stream = compressor.stream_writer(self._file, closefd=False)
        self._stream.write(self._encode(self.header) + b"\n")

    def __enter__(self) -> RecordingFile:
        return self

    def __exit__(self, *_: object) -> None:
        with self._writing:
            self._stream.write(self._encode(End(self._at, self._lines, dict(self.refused))) + b"\n")
            self._stream.close()  # type: ignore[no-untyped-call]
            self._file.close()

    @property
    def at(self) -> int:
        """The time of the last line (ns)."""
        return self._at

    def write(self, line: AnyLine) -> None:
        """Appends a line. It goes in as it is: what is secret has been taken out before."""
        with self._writing:
            # Two threads may have looked at the clock in one order and come here in the other.
            if line.at < self._at:
                line = msgspec.structs.replace(line, at=self._at)
            self._at = line.at
            self._lines += 1
            self.counts[type(line).__name__.lower()] += 1
            self._stream.write(self._encode(line) + b"\n")
            if time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._stream.flush(zstandard.FLUSH_BLOCK)
                self._file.flush()
                self._flushed = time.monotonic()


class Recorder:
    """What a watched cluster and its streams are told to, so that it stands in a recording.

    `raw` gives an object as it may be kept: redacted. `keep` gives a record of a source as it may be kept, None for what is none of it.
    """

    def __init__(
        self,
        file: RecordingFile,
        *,
        raw: Callable[[Object], dict[str, Any] | None],
        keep: Callable[[str, bytes], bytes | None],
    ) -> None:
        self.file = file
        self.lost = 0
        """How many times an object could not be decoded."""
        self._raw, self._keep = raw, keep
        self._encode = msgspec.json.Encoder().encode

    def take(self, at: int, name: str = "", days_before: int = 0) -> None:
        """A stretch without a pause begins at `at` (ns)."""
        self.file.write(Take(at, name, days_before))

    def event(self, stream: str, record: bytes, at: int) -> None:
        """One record of a stream of the header, learnt at `at` (ns)."""
        kept = self._keep(self.file.header.streams[stream].source, record)
        if kept is None:
            self.file.refused[stream] += 1
        else:
            self.file.write(Event(at, stream, msgspec.Raw(kept)))

    def listed(self, kind: str, objects: Iterable[Object], at: int, undecodable: Iterable[Gap] = ()) -> None:
        part: list[msgspec.Raw] = []
        size = 0
        for thing in objects:
            part.append(self._kept(thing))
            size += len(bytes(part[-1]))
            if size > LIST_BYTES:
                self.file.write(List(at, kind, part, True))
                part, size = [], 0
        self.file.write(List(at, kind, part))
        for gap in undecodable:
            self.undecodable(kind, gap, at)

    def put(self, kind: str, thing: Object, at: int) -> None:
        self.file.write(Put(at, kind, self._kept(thing)))

    def remove(self, kind: str, ref: ObjectRef, at: int) -> None:
        self.file.write(Gone(at, kind, (ref.kind, ref.namespace, ref.name, ref.group)))

    def undecodable(self, kind: str, gap: Gap, at: int) -> None:
        self.lost += 1
        self.file.write(Broken(at, kind, gap))

    def broken(self, kind: str, gap: Gap) -> None:
        self.file.write(Broken(self.file.at, kind, gap))

    def _kept(self, thing: Object) -> msgspec.Raw:
        raw = self._raw(thing)
        if raw is None:
            raise RuntimeError(f"the source did not keep {thing.ref}")
        meta = {key: value for key, value in raw.get("metadata", {}).items() if key != "managedFields"}
        return msgspec.Raw(self._encode({**raw, "metadata": meta}))
