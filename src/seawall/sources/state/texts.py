"""The texts that objects were read from, kept to answer two questions later: on which line a field stands, and what the whole object was.

The texts may hold secrets, so they stay in here: lines come out, and objects come out redacted.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from seawall.model.cluster.meta import Object, Origin
from seawall.model.cluster.redaction import redact
from seawall.sources.state.lines import LineIndex, lines_in
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.stream import value_of


class Place(NamedTuple):
    """Where an object stands in a text: bytes `start` to `end`, the first of them on `line`; in a list, `item` is its number there."""

    start: int
    end: int
    line: int
    item: int = -1

    def path(self, path: str) -> str:
        """`path` of the object from the root of the document."""
        if self.item < 0:
            return path
        return f"items[{self.item}].{path}" if path else f"items[{self.item}]"


class Text:
    """One text and the places of the objects in it, in the order of `Origin.document`.

    A subclass is a text that a tool made from others: it leads from its own lines to those that a person wrote.
    """

    def __init__(self, text: bytes, fast: FastReader) -> None:
        self.text, self.fast = text, fast
        self.places: list[Place] = []
        self._last: tuple[int, LineIndex] | None = None

    def again(self) -> Text:
        """The same text, to be read once more."""
        other = copy.copy(self)
        other.places, other._last = [], None
        return other

    def shown(self, line: int) -> int:
        """The line that people see for a line of this text."""
        return line

    def lines_of(self, document: int) -> Callable[[str], int]:
        """Tells the line that people see for a path, or its nearest ancestor, in the object that was read as number `document`; 0 where it is not known."""
        place, line_of, shown = self.places[document], self.index(document).line_of, self.shown
        if place.item < 0:
            return lambda path: shown(line_of(path))
        return lambda path: shown(line_of(place.path(path)))

    def first_line_of(self, document: int, line: int) -> int:
        """The line that people see for the object that was read as number `document`, and begins on `line` of this text."""
        return self.shown(line)

    def index(self, document: int) -> LineIndex:
        """The lines of the document that holds the object; those of the last document asked for are kept."""
        place = self.places[document]
        if self._last is None or self._last[0] != place.start:
            self._last = place.start, LineIndex(lines_in(self.text[place.start : place.end], place.line, self.fast))
        return self._last[1]


class Texts:
    """All texts of one Cluster, by `Origin.source`."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key
        self._texts: dict[str, Text] = {}
        self._last: tuple[Text, int, Any] | None = None

    def add(self, source: str, text: Text) -> None:
        """Keeps `text`, whose objects have `source` as their origin."""
        self._texts[source] = text

    def lines_of(self, origin: Origin) -> Callable[[str], int]:
        """Tells the line of a field, by its path in the object at `origin`, or of its nearest ancestor that is there."""
        text = self._texts.get(origin.source)
        if text is None or origin.document >= len(text.places):
            return lambda path: origin.line
        line_of = text.lines_of(origin.document)
        return lambda path: line_of(path) or origin.line

    def raw(self, thing: Object) -> dict[str, Any] | None:
        """The object as it was written, redacted; None where it was read from no text."""
        text = self._texts.get(thing.origin.source)
        if text is None or thing.origin.document >= len(text.places):
            return None
        place = text.places[thing.origin.document]
        value = self._value(text, place)
        if place.item >= 0:
            value = value["items"][place.item]
        return redact({"apiVersion": thing.api_version, "kind": thing.kind, **value}, self._key)

    def _value(self, text: Text, place: Place) -> Any:
        """The document at `place`. The last one is kept, for the objects of a list are asked for one after the other."""
        if self._last is None or self._last[0] is not text or self._last[1] != place.start:
            self._last = (text, place.start, value_of(text.text[place.start : place.end], text.fast))
        return self._last[2]
