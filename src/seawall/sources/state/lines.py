"""The line of a field, found afterwards and for findings only.

Every reader here gives the same: the path of each key and list entry with its line. A document whose layout is proven is read by its
indentation, JSON by its brackets, any other document by libyaml's marks.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.grammar import Shape

Lines = dict[str, int]
"""Path (`spec.containers[0].name`; a key stands as it is, dots and all) to line, from 1."""


class LineIndex:
    """The lines of one document, to be asked for paths; it begins `further` lines behind where `lines` have it begin.

    Whoever asks goes document by document, so few of them live at once.
    """

    __slots__ = ("_further", "_lines")

    def __init__(self, lines: Lines, further: int = 0) -> None:
        self._lines, self._further = lines, further

    def line_of(self, path: str) -> int:
        """The line of `path`, or of its nearest ancestor that is there; 0 where not even the root is.

        A key with dots may also stand in brackets: `metadata.annotations["example.com/a"]`.
        """
        lines = self._lines
        line = lines.get(path)
        if line is not None:
            return line + self._further
        if '"' in path or "'" in path:
            path = _BRACKETED.sub(r".\2", path).removeprefix(".")
        while path not in lines:
            if not path:
                return 0
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return lines[path] + self._further


_BRACKETED = re.compile(r"""\[(["'])(.*?)\1\]""")


_REMEMBERED = 1_000
_MEMORABLE = 10_000
"""Skeletons are remembered up to this many, and up to this many bytes each."""


def index_of(document: bytes, first_line: int, fast: FastReader) -> LineIndex:
    """The lines of a document that could be read and begins on `first_line`.

    Those of a skeleton (the keys, and how they are indented) are remembered, for manifests repeat it.
    """
    if b"\n" not in document:
        return LineIndex({"": first_line})
    if document.lstrip()[:1] == b"{" and _is_json(document):
        return LineIndex(lines_of_json(document, first_line))
    layout = fast.layout(document)
    if layout is None:
        return LineIndex(lines_by_marks(document, first_line))
    skeleton = _skeleton(*layout)
    lines = fast.skeletons.get(skeleton)
    if lines is None:
        lines = lines_by_indent(*layout, 1)
        if len(skeleton) <= _MEMORABLE and len(fast.skeletons) < _REMEMBERED:
            fast.skeletons[skeleton] = lines
    return LineIndex(lines, first_line - 1)


def _skeleton(texts: list[bytes], shapes: list[Shape]) -> bytes:
    """All that `lines_by_indent` looks at: a line up to its key's colon, the dash of an entry without a key, nothing of an empty line.

    A key that is a text of its own never holds a colon, so that two layouts share a skeleton only where they share the lines.
    """
    return b"\n".join(
        text.partition(b":")[0] if what in _KEYED else b" " * column + b"-" if what == "item" else b""
        for text, (column, what) in zip(texts, shapes, strict=True)
    )


def _is_json(document: bytes) -> bool:
    try:
        msgspec.json.decode(document, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


# ------------------------------------------------------------------------------------------------ by indentation


def lines_by_indent(texts: list[bytes], shapes: list[Shape], first_line: int) -> Lines:
    """As `lines_in`, for the lines of a document that the fast reader has proven."""
    lines: Lines = {}
    columns: list[int] = []  # of the open collections, outermost first
    paths: list[str] = []  # of a mapping, what its keys follow; of a list, the list itself
    counts: list[int] = []  # entries of a list so far, -1 for a mapping
    last = ""  # path of the key that a deeper line belongs to
    number = first_line - 1
    for text, (column, what) in zip(texts, shapes, strict=True):
        number += 1
        if what == "empty":
            continue
        dash = what in _DASHED
        if not columns:
            lines[""] = number
            columns.append(column)
            paths.append("")
            counts.append(0 if dash else -1)
        elif column > columns[-1] or (dash and column == columns[-1] and counts[-1] < 0):
            columns.append(column)
            paths.append(last if dash else f"{last}.")
            counts.append(0 if dash else -1)
        else:
            while columns[-1] > column or (counts[-1] >= 0 and not dash):
                del columns[-1], paths[-1], counts[-1]
        if dash:
            last = f"{paths[-1]}[{counts[-1]}]"
            counts[-1] += 1
            lines[last] = number
            if what == "item":
                continue
            column += 2
            columns.append(column)
            paths.append(f"{last}.")
            counts.append(-1)
        last = paths[-1] + text[column : text.index(b":", column)].decode().strip("\"'")
        lines[last] = number
    return lines


_KEYED = frozenset({"key", "open_key", "item_key", "open_item_key"})
_DASHED = frozenset({"item", "item_key", "open_item_key"})


# ------------------------------------------------------------------------------------------------ by marks


class _Open:
    """A collection whose entries come next: its path, entries so far (-1 for a mapping), and the path of a key whose value comes next."""

    __slots__ = ("count", "key", "path")

    def __init__(self, path: str, count: int) -> None:
        self.path, self.count = path, count
        self.key: str | None = None

    def next_path(self, text: str) -> tuple[str, bool]:
        """The path of the entry that begins, and whether it is a key, written as `text`."""
        if self.count >= 0:
            self.count += 1
            return f"{self.path}[{self.count - 1}]", False
        if self.key is None:
            self.key = f"{self.path}.{text}" if self.path else text
            return self.key, True
        path, self.key = self.key, None
        return path, False


def lines_by_marks(document: bytes, first_line: int) -> Lines:
    """As `lines_in`, by libyaml's marks. What stands behind a fault is not found."""
    import yaml  # few texts need libyaml, and its module is slow to load

    lines: Lines = {}
    stack: list[_Open] = []
    try:
        for event in yaml.parse(document, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.DocumentEndEvent):
                break
            elif isinstance(event, yaml.NodeEvent):
                mark: Any = event.start_mark
                number = int(mark.line) + first_line
                path, is_key = stack[-1].next_path(_key_text(event)) if stack else ("", False)
                in_list = bool(stack) and stack[-1].count >= 0
                if is_key or in_list or not stack:
                    lines[path] = number
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append(_Open(path, 0 if isinstance(event, yaml.SequenceStartEvent) else -1))
    except yaml.YAMLError:
        pass
    return lines


def _key_text(event: Any) -> str:
    """How the key that `event` may be stands in a path."""
    import yaml

    from seawall.sources.state.yaml import resolve

    if not isinstance(event, yaml.ScalarEvent):
        return ""
    text = str(event.value)
    if event.tag is None and event.implicit[0]:
        try:
            return resolve.key(resolve.plain(text))
        except ValueError:
            return text
    return text


# ------------------------------------------------------------------------------------------------ by brackets

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]\n]|[^\s"{}\[\],:]+')


def lines_of_json(document: bytes, first_line: int) -> Lines:
    """As `lines_in`, for a text that is JSON."""
    lines: Lines = {}
    stack: list[_Open] = []
    number = first_line
    for match in _TOKEN.finditer(document.decode("utf-8", "replace")):
        token = match[0]
        if token == "\n":
            number += 1
        elif token in "}]":
            stack.pop()
            if not stack:
                break
        else:
            in_list = bool(stack) and stack[-1].count >= 0
            path, is_key = stack[-1].next_path(_json_key(token)) if stack else ("", False)
            if is_key or in_list or not stack:
                lines[path] = number
            if token in "{[":
                stack.append(_Open(path, 0 if token == "[" else -1))
    return lines


def _json_key(token: str) -> str:
    return str(json.loads(token)) if "\\" in token and token[0] == '"' else token[1:-1]
