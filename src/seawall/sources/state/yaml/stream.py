"""The documents of a YAML or JSON text, one after the other, each as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from seawall.sources.state.yaml.document import Broken, Document, Unreadable
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.json_stream import json_values
from seawall.sources.state.yaml.split import Piece, split

_BATCH_BYTES = 1 << 20
_HEAD = re.compile(rb"(?: *(?:#[\t -~]*)?\n)*(?: *(?:#[\t -~]*)?\Z)?")
"""Empty lines and comments before the first token."""


def documents(text: bytes, fast: FastReader) -> Iterator[Document | Broken]:
    """The documents of a normalised text (`split.normalised`), and Broken for each stretch that could not be read. Empty documents are left out.

    As kubectl, a text that begins with `{` is read as JSON values; where that ends after one of them at most, the rest is read as YAML.
    """
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield Broken("the text is UTF-16; save it as UTF-8", 1)
        return
    if text.lstrip()[:1] != b"{":
        yield from _yaml(text, 0, 1, fast)
        return
    found, broken, start = json_values(text)
    yield from found
    if broken is None:
        return
    if len(found) > 1:
        yield broken
        return
    rest = [*_yaml(text[start:], start, text.count(b"\n", 0, start) + 1, fast)]
    if not found and rest and isinstance(rest[0], Broken):
        rest[0] = broken  # JSON that is broken, most likely
    yield from rest


def _yaml(text: bytes, offset: int, line: int, fast: FastReader) -> Iterator[Document | Broken]:
    batch: list[Piece | Broken] = []
    size = 0
    for piece in split(text, offset, line):
        if isinstance(piece, Piece):
            size += len(piece.text)
        batch.append(piece)
        if size >= _BATCH_BYTES:
            yield from _read(batch, fast)
            batch, size = [], 0
    yield from _read(batch, fast)


def _read(batch: list[Piece | Broken], fast: FastReader) -> Iterator[Document | Broken]:
    heads: list[int] = []
    texts: list[bytes] = []
    pieces: list[Piece | Broken] = []
    for piece in batch:
        if isinstance(piece, Broken):
            pieces.append(piece)
            continue
        head = _head(piece.text)
        if head == len(piece.text):
            continue
        pieces.append(piece)
        heads.append(head)
        texts.append(piece.text)
    answers = iter(zip(heads, fast.read(texts), strict=True))
    for piece in pieces:
        if isinstance(piece, Broken):
            yield piece
            continue
        head, answer = next(answers)
        if answer is None:
            yield from _carefully(piece)
        else:
            skipped = piece.text.count(b"\n", 0, head) if head else 0
            yield Document(answer, piece.line + skipped, piece.start, piece.start + len(piece.text), piece.line)


def _head(text: bytes) -> int:
    """Where the first line that is neither empty nor a comment begins; the end of `text` if there is none."""
    if text and text[0] not in b" #\n":
        return 0
    match = _HEAD.match(text)
    assert match is not None
    return match.end()


def _carefully(piece: Piece) -> Iterator[Document | Broken]:
    from seawall.sources.state.yaml import careful  # few texts need libyaml, and its module is slow to load

    try:
        found = careful.read(piece.text + b"\n", piece.line)
    except Unreadable as error:
        yield Broken(error.reason, error.line, error.column)
        return
    if found.value is not None:
        json = msgspec.json.encode(found.value)
        yield Document(json, found.line, piece.start, piece.start + len(piece.text), piece.line, found.notes)


def value_of(document: bytes, fast: FastReader) -> Any:
    """The value of one document that was read before."""
    if document.lstrip()[:1] == b"{":
        try:
            return msgspec.json.decode(document)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # flow YAML
    (answer,) = fast.read([document])
    if answer is not None:
        return msgspec.json.decode(answer)
    from seawall.sources.state.yaml import careful

    return careful.read(document + b"\n").value
