"""Reads a recording: first what it holds, then its lines in order. What lies before a cut is read, and the cut is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from seawall.kit.errors import UserError
from seawall.sources.compressed_lines import lines
from seawall.sources.recording.format import (
    FORMAT,
    KINDS_OF_LINE,
    NAME,
    AnyLine,
    End,
    Header,
    Stamp,
    Take,
    Version,
)

_STAMP = msgspec.json.Decoder(Stamp)
_LINE: msgspec.json.Decoder[AnyLine] = msgspec.json.Decoder(AnyLine)


class Survey(msgspec.Struct, frozen=True):
    """What a recording holds. `first` and `last` are times of lines (ns); `lost` says what is missing, "" for a whole file.

    `refused` are records, by stream, that were not written because they were none; `unknown` counts lines of kinds that a newer version wrote.
    """

    header: Header
    first: int
    last: int
    takes: tuple[Take, ...]
    lines: dict[str, int]
    refused: dict[str, int]
    unknown: dict[str, int]
    lost: str


def survey(path: Path) -> Survey:
    """Looks through the whole file, without decoding objects and records. UserError where it is no recording, or one of a newer format."""
    counts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    takes: list[Take] = []
    first = last = 0
    end: Stamp | None = None
    why = "it ends early"
    with _opened(path) as (header, found):
        for number, line in found:
            if isinstance(line, str):
                why = line
                break
            try:
                stamp = _STAMP.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                why = f"line {number} cannot be read"
                break
            if stamp.is_ == "end":
                end = stamp
                break
            if stamp.is_ not in KINDS_OF_LINE:
                unknown[stamp.is_] += 1
                continue
            counts[stamp.is_] += 1
            first, last = first or stamp.at, max(last, stamp.at)
            if stamp.is_ == "take":
                takes.append(Take(stamp.at, stamp.name, stamp.days_before))
    total = sum(counts.values()) + sum(unknown.values())
    lost = ""
    if end is None:
        lost = f"the recording is cut off ({why}): {total} lines could be read, how many are missing is not known"
    elif end.lines != total:
        lost = f"the recording says that it has {end.lines} lines, and {total} could be read"
    refused = end.refused if end is not None else {}
    return Survey(header, first, last, tuple(takes) or (Take(first),), dict(counts), refused, dict(unknown), lost)


def read(path: Path) -> Iterator[AnyLine]:
    """The lines in order, up to the end or to where the file is cut. Lines of kinds that a newer version wrote are passed over.

    UserError where it is no recording, where it is one of a newer format, and at a line that cannot be read though its `at` could.
    """
    with _opened(path) as (_, found):
        for number, line in found:
            if isinstance(line, str):
                return
            try:
                stamp = _STAMP.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return
            if stamp.is_ not in KINDS_OF_LINE:
                continue
            try:
                decoded = _LINE.decode(line)
            except msgspec.ValidationError as error:
                raise UserError(f"line {number} of the recording: {error}", where=str(path)) from None
            if isinstance(decoded, End):
                return
            yield decoded


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Header, Iterator[tuple[int, bytes | str]]]]:
    """The header, and every further line with its number."""
    try:
        with path.open("rb") as file:
            found = lines(file)
            yield _header(path, next(found, None)), enumerate(found, 2)
    except OSError as error:
        raise UserError(str(error.strerror or error), where=str(path), do="check the path and its rights") from None


def _header(path: Path, line: bytes | str | None) -> Header:
    try:
        said = msgspec.json.decode(line, type=Version) if isinstance(line, bytes) else Version()
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = Version()
    if said.format != NAME or not isinstance(line, bytes):
        raise UserError(
            "this is no recording, or one without its beginning", where=str(path), do="make one: seawall record --help"
        )
    if said.version > FORMAT:
        raise UserError(
            f"this recording has format {said.version}, and this Seawall reads up to {FORMAT}",
            where=str(path),
            do="upgrade seawall",
        )
    try:
        return msgspec.json.decode(line, type=Header)
    except msgspec.ValidationError as error:
        raise UserError(f"its header cannot be read: {error}", where=str(path), do="record it again") from None
