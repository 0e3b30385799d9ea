"""The careful YAML reader: libyaml's events, go-yaml's meaning, and budgets for aliases, depth and size.

It reads one document as sigs.k8s.io/yaml does. Of a key that stands twice the last value counts, as in what kubectl sends, and a note says so.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from seawall.sources.state.yaml import resolve
from seawall.sources.state.yaml.document import Note, Unreadable
from seawall.sources.state.yaml.limits import DEPTH, DOCUMENT_BYTES, EXPANDED_BYTES, LINE_BYTES


class Read(msgspec.Struct, frozen=True):
    """A document's value and what was odd about it. `line` is that of its first token (0: it has none)."""

    value: Any
    line: int = 0
    notes: tuple[Note, ...] = ()


def read(text: bytes, first_line: int = 1) -> Read:
    """The first document in `text`, whose lines count from `first_line`; None is the value of an empty one.

    Unreadable where it is broken or past a limit.
    """
    _check_size(text, first_line)
    try:
        return _Builder(text, first_line).document()
    except yaml.reader.ReaderError as error:
        raise _refused_bytes(error, text, first_line) from None
    except yaml.MarkedYAMLError as error:
        raise _malformed(error, text, first_line) from None


def _check_size(text: bytes, first_line: int) -> None:
    if len(text) > DOCUMENT_BYTES:
        raise Unreadable(f"the document is larger than {DOCUMENT_BYTES >> 20} MiB", first_line)
    at = 0
    while len(text) - at > LINE_BYTES:
        newline = text.rfind(b"\n", at, at + LINE_BYTES)
        if newline < 0:
            line = first_line + text.count(b"\n", 0, at)
            raise Unreadable(f"a line is longer than {LINE_BYTES >> 20} MiB", line)
        at = newline + 1


class _Node:
    """What an anchor names. `steps` are go-yaml's decode steps for it, `size` is the bytes of its text, both with aliases expanded."""

    __slots__ = ("complete", "is_mapping", "size", "steps", "value")

    def __init__(self, *, is_mapping: bool = False) -> None:
        self.value: Any = None
        self.is_mapping, self.complete = is_mapping, False
        self.steps = self.size = 0


_NO_KEY: Any = object()

_GLUED_TAG = re.compile(rb"![^\s]*[,\[\]{}]")
"""A tag that touches a flow indicator: go-yaml takes the indicator into the tag's name, libyaml ends the name before it."""


class _Open:
    """A collection that is being read. `merging`: the value to come is merged into it, or it lists what is merged."""

    __slots__ = ("is_mapping", "key", "keys", "merging", "node", "size", "steps", "value")

    def __init__(self, value: Any, node: _Node | None, *, merging: bool) -> None:
        self.value, self.node, self.merging = value, node, merging
        self.is_mapping = type(value) is dict
        self.key: Any = _NO_KEY
        self.keys: dict[str, int] = {}
        self.steps, self.size = 1, 2


class _Builder:
    """Builds the value of one document from its events, without recursion."""

    def __init__(self, text: bytes, first_line: int) -> None:
        self._next = yaml.CSafeLoader(text).get_event  # for its parser alone; nothing is constructed
        self._text, self._first_line = text, first_line
        self._tagged = False
        self._anchors: dict[str, _Node] = {}
        self._notes: list[Note] = []
        self._steps = self._alias_steps = 0

    def document(self) -> Read:
        event = self._next()
        while type(event) is not yaml.DocumentStartEvent:
            if type(event) is yaml.StreamEndEvent:
                return Read(None)
            event = self._next()
        first = self._next()
        value = self._root(first)
        self._next()  # the document's end
        self._look_behind()
        return Read(value, self._line(first), tuple(self._notes))

    def _look_behind(self) -> None:
        try:
            event: Any = self._next()
            if type(event) is yaml.StreamEndEvent:
                return
            line = event.start_mark.line
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line if error.problem_mark is not None else 0
        except yaml.YAMLError:
            line = 0
        self._notes.append(
            Note(self._first_line + line, "text behind the end of the document is not read, nor does kubectl read it")
        )

    def _root(self, event: Any) -> Any:
        stack: list[_Open] = []
        while True:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value, steps, size, is_mapping = self._scalar(event), 1, len(event.value) + 2, False
            elif kind is yaml.AliasEvent:
                node = self._aliased(event)
                value, steps, size, is_mapping = node.value, node.steps + 1, node.size, node.is_mapping
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(stack) >= DEPTH:
                    raise self._at(event, f"nested deeper than {DEPTH}")
                stack.append(self._open(event, stack[-1] if stack else None))
                event = self._next()
                continue
            else:
                closed = stack.pop()
                value, steps, size, is_mapping = closed.value, closed.steps, closed.size, closed.is_mapping
                if closed.node is not None:
                    closed.node.value, closed.node.steps, closed.node.size = value, steps, size
                    closed.node.complete = True
            if not stack:
                return self._as_json(event, value)
            above = stack[-1]
            self._put(above, event, value, is_mapping=is_mapping)
            above.steps += steps
            above.size += size
            if above.size > EXPANDED_BYTES:
                raise self._at(event, f"aliases make the document larger than {EXPANDED_BYTES >> 20} MiB")
            event = self._next()

    def _open(self, event: Any, above: _Open | None) -> _Open:
        self._steps += 1
        if event.tag is not None:
            self._check_tags(event)
        is_mapping = type(event) is yaml.MappingStartEvent
        if above is not None and above.is_mapping and above.key is _NO_KEY:
            raise self._at(event, "a key may not be a collection")
        node = None
        if event.anchor is not None:
            node = self._anchors[event.anchor] = _Node(is_mapping=is_mapping)
        if is_mapping:
            return _Open({}, node, merging=False)
        return _Open([], node, merging=above is not None and above.is_mapping and above.merging)

    def _scalar(self, event: Any) -> resolve.Scalar:
        self._steps += 1
        value: resolve.Scalar
        if event.tag is not None:
            self._check_tags(event)
            try:
                value = resolve.tagged(event.tag, event.value)
            except ValueError as error:
                raise self._at(event, str(error)) from None
        else:
            value = resolve.plain(event.value) if event.implicit[0] else event.value
        if event.anchor is not None:
            node = self._anchors[event.anchor] = _Node()
            node.value, node.steps, node.size, node.complete = value, 1, len(event.value) + 2, True
        return value

    def _check_tags(self, event: Any) -> None:
        if not self._tagged and _GLUED_TAG.search(self._text):
            raise self._at(event, "a tag touches a comma or bracket, and readers disagree about what that means")
        self._tagged = True

    def _aliased(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise self._at(event, f"the alias *{event.anchor} names no anchor")
        if not node.complete:
            raise self._at(event, f"the alias *{event.anchor} stands inside what it names")
        self._steps += 1 + node.steps
        self._alias_steps += node.steps
        if self._alias_steps > 100 and self._steps > 1000 and self._alias_steps > _allowed(self._steps) * self._steps:
            raise self._at(event, "nearly the whole document comes from aliases")
        return node

    def _put(self, above: _Open, event: Any, value: Any, *, is_mapping: bool) -> None:
        if not above.is_mapping:
            if above.merging and not is_mapping:
                raise self._at(event, "a merge takes a mapping or a list of mappings")
            above.value.append(self._as_json(event, value))
        elif above.key is _NO_KEY:
            self._put_key(above, event, value)
        else:
            if above.merging:
                self._merge(above, event, value, is_mapping=is_mapping)
            else:
                above.value[above.key] = self._as_json(event, value)
            above.key, above.merging = _NO_KEY, False

    def _put_key(self, above: _Open, event: Any, value: Any) -> None:
        if (
            type(event) is yaml.ScalarEvent
            and event.value == "<<"
            and (event.implicit[0] or event.tag == resolve.MERGE)
        ):
            above.key, above.merging = value, True
            return
        if isinstance(value, dict | list):
            raise self._at(event, "a key may not be a collection")
        try:
            key = resolve.key(value)
        except ValueError as error:
            raise self._at(event, str(error)) from None
        line = self._line(event)
        if key in above.keys:
            what = f'the key "{key}" stands at line {above.keys[key]} already; the last value counts'
            self._notes.append(Note(line, what))
        above.keys[key] = line
        above.key = key

    def _merge(self, above: _Open, event: Any, value: Any, *, is_mapping: bool) -> None:
        if is_mapping:
            above.value.update(value)
        elif type(event) is yaml.SequenceEndEvent:
            for one in reversed(value):  # the earlier ones win
                above.value.update(one)
        else:
            raise self._at(event, "a merge takes a mapping or a list of mappings")

    def _as_json(self, event: Any, value: Any) -> Any:
        if type(value) is not float:
            return value
        try:
            return resolve.number(value)
        except ValueError as error:
            raise self._at(event, str(error)) from None

    def _line(self, event: Any) -> int:
        return int(event.start_mark.line) + self._first_line

    def _at(self, event: Any, reason: str) -> Unreadable:
        return Unreadable(reason, self._line(event), event.start_mark.column + 1)


def _allowed(steps: int) -> float:
    """The share of its decode steps that go-yaml lets come from aliases."""
    if steps <= 400_000:
        return 0.99
    if steps >= 4_000_000:
        return 0.10
    return 0.99 - 0.89 * ((steps - 400_000) / 3_600_000)


def _malformed(error: yaml.MarkedYAMLError, text: bytes, first_line: int) -> Unreadable:
    mark, begun = error.problem_mark or error.context_mark, error.context_mark
    lines = text.rstrip(b"\n").count(b"\n")
    # Where libyaml misses something at the very end, it looks at a line that is not there.
    at = min(mark.line, lines) if mark is not None else 0
    words = [str(part) for part in (error.problem, error.context) if part]
    if begun is not None and begun.line != at:
        words.append(f"begun at line {begun.line + first_line}")
    column = mark.column + 1 if mark is not None and mark.line == at else 0
    return Unreadable(" ".join(words) or "this is not YAML", at + first_line, column)


def _refused_bytes(error: yaml.reader.ReaderError, text: bytes, first_line: int) -> Unreadable:
    position = min(max(int(error.position), 0), len(text))
    line_start = text.rfind(b"\n", 0, position) + 1
    return Unreadable(str(error.reason), text.count(b"\n", 0, position) + first_line, position - line_start + 1)
