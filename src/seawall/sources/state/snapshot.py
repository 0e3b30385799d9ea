"""Snapshots: a whole Cluster in one compressed file, without a secret value in it.

The file is Zstandard. Its first line is a header (JSON: format, cluster, scope, coverage, how many objects follow), each further line one
redacted object. A later version adds fields that this one passes over; a change that this one could not read raises `FORMAT`.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
import zstandard

from seawall import __version__
from seawall.kit.errors import UserError
from seawall.model.cluster.coverage import Coverage, Gap, Scope
from seawall.model.cluster.decode import ObjectDecoder, Undecodable, type_meta
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object, Origin, place
from seawall.model.cluster.snapshot import Cluster
from seawall.sources.compressed_lines import MAGIC as MAGIC
from seawall.sources.compressed_lines import lines as whole_lines
from seawall.spi.source import StateOptions, state_source

FORMAT = 1
"""Raised when an older Seawall could not read what this one writes."""

_NAME = "seawall-snapshot"


class _Cluster(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    id: str = ""
    name: str = ""
    version: str = ""
    taken_at: int | None = None


class _Header(msgspec.Struct, frozen=True, rename="camel"):
    format: str
    version: int
    written_by: str
    cluster: _Cluster
    scope: Scope
    coverage: Coverage
    objects: int


class _Version(msgspec.Struct, frozen=True):
    """What every header of every version has."""

    format: str = ""
    version: int = 0


@state_source("snapshot")
class Snapshot:
    """Reads snapshot files."""

    def accepts(self, target: str) -> bool:
        path = Path(target)
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_snapshot(file.read(len(MAGIC)))

    def read(self, targets: tuple[str, ...], options: StateOptions) -> Cluster:
        """One snapshot. UserError for several, for each is a whole cluster."""
        if len(targets) != 1:
            raise UserError("a snapshot is a whole cluster, to be read alone", where=targets[1], do="name one")
        return load(targets[0], options)


def is_snapshot(head: bytes) -> bool:
    """Whether a file that begins with `head` may be a snapshot."""
    return head.startswith(MAGIC)


# ------------------------------------------------------------------------------------------------ writing


def save(cluster: Cluster, path: str) -> int:
    """Writes `cluster` to `path`, whole or not at all, and tells how many bytes that took.

    UserError where the source of the cluster does not keep the objects as they were, or the file cannot be written.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise UserError(str(error.strerror), where=path, do="choose a folder that can be written to") from None
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(cluster, file)
        size = scratch.stat().st_size
        scratch.replace(target)
        return size
    except OSError as error:
        raise UserError(str(error.strerror), where=path, do="check the space and the rights there") from None
    finally:
        scratch.unlink(missing_ok=True)


def write(cluster: Cluster, file: BinaryIO) -> None:
    """As `save`, into an open file."""
    scope = cluster.scope
    header = _Header(
        format=_NAME,
        version=FORMAT,
        written_by=f"seawall {__version__}",
        cluster=_Cluster(cluster.id, cluster.name, cluster.version, cluster.taken_at),
        scope=scope,
        coverage=cluster.coverage,
        objects=len(cluster.objects),
    )
    compressor = zstandard.ZstdCompressor(level=6, write_checksum=True)
    encode = msgspec.json.Encoder().encode
    with compressor.stream_writer(file, closefd=False) as stream:
        stream.write(encode(header) + b"\n")
        stream.flush()  # so that it can be read of a file that breaks off soon after
        for thing in cluster.objects:
            raw = cluster.raw(thing)
            if raw is None:
                raise UserError("its source did not keep the object", where=str(thing.ref), do="read the cluster again")
            stream.write(encode(raw) + b"\n")


# ------------------------------------------------------------------------------------------------ reading


def load(path: str, options: StateOptions, received: bytes | None = None) -> Cluster:
    """The Cluster in a snapshot file (or in `received`, what was read of it). What is cut off or spoilt is a gap.

    UserError where it is no snapshot, or one of a newer format.
    """
    try:
        with io.BytesIO(received) if received is not None else Path(path).open("rb") as file:
            return _Loading(path, options).read(cast(BinaryIO, file))
    except OSError as error:
        raise UserError(str(error.strerror or error), where=path, do="check the path and its rights") from None


class _Loading:
    def __init__(self, path: str, options: StateOptions) -> None:
        self.path, self.options = path, options
        self.gaps: list[Gap] = []
        self.unknown: Counter[str] = Counter()
        self._decoder = ObjectDecoder(options.key)

    def read(self, file: BinaryIO) -> Cluster:
        lines = whole_lines(file)
        header = self._header(next(lines, None))
        objects: list[Object] = []
        kept: list[bytes] = []
        asked = frozenset(self.options.namespaces)
        end, found = "it ends early", 0
        for found, line in enumerate(lines, 1):
            if isinstance(line, str):
                end, found = line, found - 1
                break
            thing = self._object(line, len(kept))
            if thing is not None and (not asked or not thing.namespace or thing.namespace in asked):
                kept.append(line)
                objects.append(thing)
        if found < header.objects:
            what = f"the snapshot is cut off ({end}): {found} of {header.objects} objects could be read"
            self.gaps.append(Gap("truncated", what, where=self.path))
        named = header.cluster
        return Cluster(
            objects,
            name=named.name if self.options.name in ("", "files") else self.options.name,
            id=named.id,
            scope=Scope(
                "snapshot",
                f"a snapshot of {header.scope.description}",
                runtime=header.scope.runtime,
                namespaces=self.options.namespaces or header.scope.namespaces,
            ),
            coverage=Coverage(
                objects=dict(Counter(thing.kind for thing in objects)),
                gaps=(*header.coverage.gaps, *self.gaps),
                unknown_kinds=dict(Counter(header.coverage.unknown_kinds) + self.unknown),
                sources=(self.path,),
            ),
            taken_at=named.taken_at,
            version=named.version,
            raw=_Kept(kept),
        )

    def _header(self, line: bytes | str | None) -> _Header:
        if not isinstance(line, bytes):
            raise UserError("this is no snapshot, or one without its beginning", where=self.path, do="save it again")
        try:
            said = msgspec.json.decode(line, type=_Version)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = _Version()
        if said.format != _NAME:
            raise UserError(
                "this is compressed, but no snapshot", where=self.path, do="unpack it: zstdcat FILE | seawall scan -"
            )
        if said.version > FORMAT:
            raise UserError(
                f"this snapshot has format {said.version}, and this Seawall reads up to {FORMAT}",
                where=self.path,
                do="upgrade seawall",
            )
        try:
            return msgspec.json.decode(line, type=_Header)
        except msgspec.ValidationError as error:
            raise UserError(f"its header cannot be read: {error}", where=self.path, do="save it again") from None

    def _object(self, line: bytes, number: int) -> Object | None:
        try:
            meta = type_meta(line)
            kind = kind_of(meta.api_version, meta.kind)
            if kind is None:
                self.unknown[f"{meta.kind}.{meta.api_version.rpartition('/')[0]}".rstrip(".")] += 1
                return None
            thing = self._decoder.decode(line, kind)
        except (Undecodable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.gaps.append(Gap("undecodable", str(error), where=self.path))
            return None
        place(thing, Origin(self.path, 0, number))
        return thing


class _Kept:
    """The objects of a snapshot as they stand in it."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def __call__(self, thing: Object) -> dict[str, Any] | None:
        number = thing.origin.document
        return msgspec.json.decode(self._lines[number]) if number < len(self._lines) else None
