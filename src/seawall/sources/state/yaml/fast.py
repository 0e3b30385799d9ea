"""The fast YAML reader: rapidyaml, for documents whose bytes prove that it reads them as Kubernetes does.

rapidyaml parses ten times faster than libyaml, but a self-referring alias ends the process, nested ones exhaust memory, and words such as `yes` or `0x1F`
stay text. So a document comes here only if its lines and its layout fit a grammar that both readers understand alike (`grammar`); any other is for
the careful reader.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import ryml

from seawall.sources.state.yaml.grammar import Layout, Shape, head_of, shape_of, simplified
from seawall.sources.state.yaml.limits import DOCUMENT_BYTES
from seawall.sources.state.yaml.paths import Paths

_REMEMBERED = 50_000
"""Lines and layouts that are remembered at most, each."""
_MEMORABLE = 200
"""Longer ones (in bytes and in lines) are not remembered, for they hardly come again."""

_LARGE = 1 << 15
"""Bytes of a text that is worth a tree that was used before."""

_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_NOT_PLAIN_TEXT = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _Lines(dict[bytes, str]):
    """Lines that were seen, each with the letter of its shape; `?` for one that needs care."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: dict[str, Shape] = {}
        self._letters: dict[Shape, str] = {}

    def __missing__(self, line: bytes) -> str:
        shape = shape_of(line)
        if shape is None:
            return "?"
        letter = self._letters.get(shape)
        if letter is None:
            letter = self._letters[shape] = chr(0x100 + len(self._letters))
            self.shapes[letter] = shape
        if len(line) <= _MEMORABLE and len(self) < _REMEMBERED:
            self[line] = letter
        return letter


class _Heads(dict[bytes, bytes]):
    """The head of each line that was seen, by which its paths are found; none of the lines needs care."""

    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self._lines = lines

    def __missing__(self, line: bytes) -> bytes:
        shape = self._lines.shapes[self._lines[line]]
        head = head_of(line, shape)
        if len(line) <= _MEMORABLE and len(self) < _REMEMBERED:
            self[line] = head
        return head


class FastReader:
    """Reads documents in batches. It remembers lines and layouts that it has proven, for manifests repeat themselves."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._start = Layout(self._lines.shapes)
        self._layouts: dict[str, bool] = {}
        self._tree, self._target = ryml.Tree(), bytearray()
        self._heads, self._paths = _Heads(self._lines), Paths()

    def read(self, documents: Sequence[bytes]) -> list[bytes | None]:
        """The JSON of each of `documents` (without the newline at its end), or None for one that needs the careful reader."""
        proven = [index for index, one in enumerate(documents) if self.proves(one)]
        answers: list[bytes | None] = [None] * len(documents)
        for index, answer in zip(proven, self._parse([documents[index] for index in proven]), strict=True):
            answers[index] = answer
        return answers

    def proves(self, document: bytes) -> bool:
        """Whether the bytes of `document` show that rapidyaml reads it as Kubernetes does."""
        return self._proven(document) is not None

    def paths(self, document: bytes) -> list[tuple[str, ...]] | None:
        """The paths that each line of a document holds, if it is proven; None for one that is not."""
        proven = self._proven(document)
        if proven is None:
            return None
        at, found = self._paths, []
        for head in map(self._heads.__getitem__, proven[0]):
            at = at[head]
            found.append(at.held)
        return found

    def _proven(self, document: bytes) -> tuple[list[bytes], str] | None:
        if len(document) > DOCUMENT_BYTES or not (document.isascii() or _is_plain_text(document)):
            return None
        letters = self._lines
        lines = document.split(b"\n")
        layout = "".join(map(letters.__getitem__, lines))
        if "?" in layout:
            if _CONTROL.search(document):
                return None
            simple = simplified(lines, [number for number, letter in enumerate(layout) if letter == "?"])
            if simple is None:
                return None
            lines = simple
            layout = "".join(map(letters.__getitem__, lines))
            if "?" in layout:
                return None
        return (lines, layout) if self._fits(layout) else None

    def _fits(self, layout: str) -> bool:
        known = self._layouts.get(layout)
        if known is None:
            at = self._start
            for letter in layout:
                at = at[letter]
            known = bool(at.levels)
            if len(layout) <= _MEMORABLE and len(self._layouts) < _REMEMBERED:
                self._layouts[layout] = known
        return known

    def _parse(self, documents: list[bytes]) -> list[bytes | None]:
        """Each document as JSON, or None where rapidyaml refuses it or a key stands twice in a mapping of it."""
        if not documents:
            return []
        emitted = self._emit(bytearray(b"---\n" + b"\n---\n".join(documents) + b"\n"))
        if emitted is not None:
            answers = self._as_json(emitted)
            if len(answers) == len(documents):
                return answers
        if len(documents) == 1:
            return [None]
        return [self._parse([one])[0] for one in documents]

    def _as_json(self, emitted: memoryview) -> list[bytes | None]:
        """The documents in an array of JSON; none where a key is lost on the way, because it stands twice."""
        try:
            values = msgspec.json.decode(emitted, type=list[Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return []
        answers: list[bytes | None] = [*map(msgspec.json.Encoder().encode, values)]
        keys = sum([one.count(b'":') for one in answers if one is not None])
        return answers if keys == self._target.count(b'":', 0, len(emitted)) else []

    def _emit(self, source: bytearray) -> memoryview | None:
        """`source`, a stream of documents, as an array of JSON; None where rapidyaml refuses it. The next call overwrites it.

        The tree points into `source`, so it is cleared before that ends. A large tree is used again, but not for a small text, for clearing it costs
        by what it once held.
        """
        tree = self._tree if len(source) >= _LARGE else ryml.Tree()
        try:
            with _silenced():
                ryml.parse_in_place(source, tree)
                size = len(source) * 3 + 1024
                failed = True
                while failed:
                    if len(self._target) < size:
                        self._target = bytearray(size)
                    failed, size = ryml.emit_json_to_substr(tree, tree.root_id(), self._target)
            return memoryview(self._target)[:size]
        except ryml.ExceptionBasic:
            return None
        finally:
            tree.clear()
            tree.clear_arena()


def _is_plain_text(text: bytes) -> bool:
    """Whether `text` is UTF-8 without control characters and without line ends that only YAML knows."""
    try:
        return _NOT_PLAIN_TEXT.search(text.decode()) is None
    except UnicodeDecodeError:
        return False


# ------------------------------------------------------------------------------------------------ rapidyaml's messages


def _stderr_of_c() -> tuple[Any, Any] | None:
    """The C library's variable `stderr` and a stream to nowhere; None where the variable may not be set."""
    if sys.platform == "darwin":
        name = "__stderrp"
    elif "CS_GNU_LIBC_VERSION" in os.confstr_names and os.confstr("CS_GNU_LIBC_VERSION"):
        name = "stderr"
    else:
        return None
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    nowhere = library.fopen(os.devnull.encode(), b"w")
    return (ctypes.c_void_p.in_dll(library, name), nowhere) if nowhere else None


_STDERR = _stderr_of_c()


@contextmanager
def _silenced() -> Iterator[None]:
    """rapidyaml prints an error to C's stderr before it raises it; the careful reader tells it better. Python's stderr is another and stays as it is."""
    if _STDERR is None:
        yield
        return
    stream, nowhere = _STDERR
    real = stream.value
    stream.value = nowhere
    try:
        yield
    finally:
        stream.value = real
