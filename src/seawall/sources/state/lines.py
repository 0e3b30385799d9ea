"""The line of a field, found afterwards and for findings only.

Every reader here gives the same: the path of each key and list entry with its line. A document whose layout is proven is read by its
indentation, JSON by its brackets, any other document by libyaml's marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from seawall.sources.state.yaml.fast import FastReader

Lines = dict[str, int]
"""Path (`spec.containers[0].name`; a key stands as it is, dots and all) to line, from 1."""


class LineIndex:
    """The lines of one document, to be asked for paths. Whoever asks goes document by document, so few of them live at once."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def line_of(self, path: str) -> int:
        """The line of `path`, or of its nearest ancestor that is there; 0 where not even the root is.

        A key with dots may also stand in brackets: `metadata.annotations["example.com/a"]`.
        """
        lines = self._lines
        line = lines.get(path)
        if line is not None:
            return line
        if '"' in path or "'" in path:
            path = _BRACKETED.sub(r".\2", path).removeprefix(".")
        while path not in lines:
            if not path:
                return 0
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return lines[path]


_BRACKETED = re.compile(r"""\[(["'])(.*?)\1\]""")


def lines_in(document: bytes, first_line: int, fast: FastReader) -> Lines:
    """The lines of a document that could be read and begins on `first_line`."""
    if b"\n" not in document:
        return {"": first_line}
    if document.lstrip()[:1] == b"{" and _is_json(document):
        return lines_of_json(document, first_line)
    paths = fast.paths(document)
    if paths is not None:
        return lines_by_indent(paths, first_line)
    return lines_by_marks(document, first_line)


def _is_json(document: bytes) -> bool:
    try:
        msgspec.json.decode(document, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


# ------------------------------------------------------------------------------------------------ by indentation


def lines_by_indent(paths: Sequence[tuple[str, ...]], first_line: int) -> Lines:
    """As `lines_in`, for a document whose lines hold these `paths`."""
    return {path: number for number, held in enumerate(paths, first_line) for path in held}


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
