"""Changes to objects, made in the text that a person wrote. A text that would not say exactly what was meant is left as it is."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from seawall.model.changed import changed
from seawall.model.finding import Change
from seawall.sources.state.texts import Place, Text
from seawall.sources.state.yaml.document import Unreadable
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.rewrite import CannotRewrite, Splice, rewrite, spliced
from seawall.sources.state.yaml.stream import value_of


class Wanted(NamedTuple):
    """A change to the object that was read as number `document` of a text."""

    document: int
    change: Change


class Refused(NamedTuple):
    """A change that was not made, and why."""

    wanted: Wanted
    why: str


class Mended(NamedTuple):
    """A text with the changes in `made`, and those that could not be made."""

    content: bytes
    made: tuple[Wanted, ...]
    refused: tuple[Refused, ...]


def mend(received: bytes, text: Text, wanted: Sequence[Wanted]) -> Mended:
    """`received`, which was read as `text`, with the changes made: every other byte stays, the kind of its line ends too."""
    by_place: dict[tuple[int, int], list[Wanted]] = defaultdict(list)
    for one in wanted:
        place = text.places[one.document]
        by_place[place.start, place.end].append(one)
    splices: list[Splice] = []
    made: list[Wanted] = []
    refused: list[Refused] = []
    for (start, end), ones in sorted(by_place.items()):
        found, done, not_done = _document(text.text[start:end], text.places, ones, text.fast)
        splices += [Splice(start + at, start + to, new) for at, to, new in found]
        made += done
        refused += not_done
    return Mended(_as_received(received, splices), tuple(made), tuple(refused))


def _document(
    document: bytes, places: Sequence[Place], wanted: list[Wanted], fast: FastReader
) -> tuple[list[Splice], list[Wanted], list[Refused]]:
    """The splices in one document, in bytes: all changes at once, or where that does not work as many as do."""
    try:
        before = value_of(document, fast)
    except Unreadable as error:
        return [], [], [Refused(one, f"the document cannot be read: {error.reason}") for one in wanted]
    try:
        return _spliced(document, before, [_of_document(one, places) for one in wanted], fast), wanted, []
    except ValueError as error:
        if len(wanted) == 1:
            return [], [], [Refused(wanted[0], str(error))]
    made: list[Wanted] = []
    refused: list[Refused] = []
    splices: list[Splice] = []
    for one in wanted:
        try:
            splices = _spliced(document, before, [_of_document(each, places) for each in (*made, one)], fast)
            made.append(one)
        except ValueError as error:
            refused.append(Refused(one, str(error)))
    return splices, made, refused


def _of_document(wanted: Wanted, places: Sequence[Place]) -> Change:
    """The change with its path from the document's root, which may be a list of objects."""
    path = places[wanted.document].path(wanted.change.path)
    return msgspec.structs.replace(wanted.change, path=path)


def _spliced(document: bytes, before: Any, changes: list[Change], fast: FastReader) -> list[Splice]:
    """The splices that make the changes, proven by reading what they give. ValueError says why there are none."""
    after = changed(before, changes)
    text = document.decode()
    splices = rewrite(text, before, after, json=_is_json(document))
    try:
        read = value_of(spliced(text, splices).encode(), fast)
    except Unreadable as error:
        raise CannotRewrite(f"could not be read any more: {error.reason}") from None
    if not _same(read, after):
        raise CannotRewrite(
            "an anchor, a merge, a key that stands twice or text that keeps its empty lines stands in the way"
        )
    return splices if len(text) == len(document) else [_in_bytes(text, one) for one in splices]


def _in_bytes(text: str, splice: Splice) -> Splice:
    start = len(text[: splice.start].encode())
    return Splice(start, start + len(text[splice.start : splice.end].encode()), splice.text)


def _same(one: Any, other: Any) -> bool:
    encoder = msgspec.json.Encoder(order="deterministic")
    return encoder.encode(one) == encoder.encode(other)


def _is_json(document: bytes) -> bool:
    if document.lstrip()[:1] != b"{":
        return False
    try:
        msgspec.json.decode(document, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


_MARK = b"\xef\xbb\xbf"


def _as_received(received: bytes, splices: list[Splice]) -> bytes:
    """The splices, which count in the normalised text, made in the text as it was received."""
    first = len(_MARK) if received.startswith(_MARK) else 0
    returns = _returns(received, first)
    new_line = b"\r\n" if 2 * len(returns) > received.count(b"\n") else b"\n"
    parts: list[bytes] = []
    at = 0
    for start, end, text in splices:
        begin, stop = (first + place + bisect_left(returns, place) for place in (start, end))
        parts += (received[at:begin], text.encode().replace(b"\n", new_line))
        at = stop
    return b"".join((*parts, received[at:]))


def _returns(received: bytes, first: int) -> list[int]:
    """Where in the normalised text the line ends stand that had a carriage return before them."""
    found: list[int] = []
    at = received.find(b"\r\n")
    while at >= 0:
        found.append(at - first - len(found))
        at = received.find(b"\r\n", at + 2)
    return found
