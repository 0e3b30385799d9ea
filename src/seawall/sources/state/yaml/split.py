"""A text into documents, where kubectl splits it: at lines that begin with `---`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seawall.sources.state.yaml.document import Broken

_MARK = b"\n---"


class Piece(NamedTuple):
    """The text between two marks, without the newline at its end. It starts at byte `start` of the whole, on `line`, counted from 1."""

    text: bytes
    start: int
    line: int


def normalised(text: bytes) -> bytes:
    """`text` as the splitter takes it: lines end with a newline alone, the last one with none, and no byte order mark leads."""
    if b"\r\n" in text:
        text = text.replace(b"\r\n", b"\n")
    return text.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n")


def split(text: bytes, offset: int = 0, first_line: int = 1) -> Iterator[Piece | Broken]:
    """The pieces of a normalised text, empty ones too. It begins `offset` bytes into the whole, on `first_line`.

    Only spaces and a comment may follow a mark on its line. Where anything else does, kubectl gives up; here what stands on both sides of that mark is
    one Broken, since it may be a line of the document before or the beginning of the next.
    """
    marked = text.startswith(b"---")
    parts = (b"\n" + text if marked else text).split(_MARK)
    before = parts[0]
    start, line = (offset - 1, first_line - 1) if marked else (offset, first_line)
    current: Piece | Broken | None = None if marked else Piece(before, start, line)
    parting = not marked
    for part in parts[1:]:
        start += len(before) + len(_MARK)
        line += before.count(b"\n") + 1
        before = part
        behind, newline, body = (b"", b"\n", part[1:]) if part.startswith(b"\n") else part.partition(b"\n")
        if _belongs_to_text(behind, parting=parting):
            if not isinstance(current, Broken):
                current = Broken("only a comment may follow --- on its line", line, 4)
        else:
            if current is not None:
                yield current
            current = Piece(body, start + len(part) - len(body), line + len(newline))
        parting = bool(newline) or not parting
    if current is not None:
        yield current


def _belongs_to_text(behind: bytes, *, parting: bool) -> bool:
    """Whether `---` with this behind it is a line of a document.

    `parting`: something stands before it since the last mark that parted documents. To kubectl a mark behind nothing is the document's own first
    line, and then to YAML a comment needs a space before it.
    """
    text = behind.strip()
    return bool(text) and (not text.startswith(b"#") or (not parting and behind.startswith(b"#")))
