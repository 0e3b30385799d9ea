"""The text of a document, changed so that it says something else and nothing more changes: not a comment, a quote or an indentation.

The edits are cut into the text itself, at the places where libyaml saw the nodes. Nothing is written anew but what is new. Whoever writes the result must
read it first (`sources.state.mending` does): what an anchor or a merge shares can not always be told apart here.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, NamedTuple

import yaml

from seawall.sources.state.yaml.nodes import Alias, Mapping, Node, Sequence, nodes_of
from seawall.sources.state.yaml.written import Style, block, flow, json_text, scalar

_COMMENT = re.compile(r"(?:(?<=\s)|^)#.*", re.MULTILINE)


class CannotRewrite(ValueError):
    """Why a text is not changed; completes the sentence that names the place."""


class Splice(NamedTuple):
    """The characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


def rewrite(text: str, before: Any, after: Any, *, json: bool) -> list[Splice]:
    """The splices, in their order, that make of `text`, a document that says `before`, one that says `after`. `json`: the document is JSON.

    Parts that `before` and `after` share (are the same object) are not looked at. CannotRewrite where there is no way.
    """
    try:
        root = nodes_of(text)
    except yaml.YAMLError as error:
        raise CannotRewrite(f"cannot be edited: {getattr(error, 'problem', None) or error}") from None
    if root is None:
        raise CannotRewrite("is empty")
    edit = _Edit(text, root, json=json)
    edit.value(root, before, after, -1)
    return edit.ordered()


def spliced(text: str, splices: list[Splice]) -> str:
    """`text` with the splices made."""
    parts: list[str] = []
    at = 0
    for splice in splices:
        parts += (text[at : splice.start], splice.text)
        at = splice.end
    return "".join((*parts, text[at:]))


class _Edit:
    """Collects splices. `column` is everywhere the column of the key whose value is looked at, -1 at the root."""

    def __init__(self, text: str, root: Node, *, json: bool) -> None:
        self.text = text
        self.style = _style(text, root, json=json)
        self.splices: list[Splice] = []
        self._done: set[int] = set()

    def ordered(self) -> list[Splice]:
        """What was collected. What is inserted at one place stays in the order in which it came: inner before outer."""
        ordered = sorted(self.splices, key=lambda one: (one.start, one.end))
        for one, other in pairwise(ordered):
            if other.start < one.end:
                raise CannotRewrite("changes in one place are in each other's way")
        return ordered

    def value(self, node: Node, before: Any, after: Any, column: int, *, in_flow: bool = False) -> None:
        """Edits `node`, which says `before`, to say `after`."""
        if isinstance(node, Alias) and node.target is not None:
            node = node.target
        if id(node) in self._done or (before is after if isinstance(after, dict | list) else _alike(before, after)):
            return
        self._done.add(id(node))
        if isinstance(node, Mapping) and isinstance(after, dict) and after and node.entries:
            self._mapping(node, before, after)
        elif isinstance(node, Sequence) and isinstance(after, list) and after and node.items:
            self._sequence(node, before, after)
        else:
            self._replace(node, after, column, in_flow=in_flow)

    # -------------------------------------------------------------------------------------------- whole values

    def _replace(self, node: Node, after: Any, column: int, *, in_flow: bool) -> None:
        if isinstance(node, Mapping | Sequence) and not node.flow:
            raise CannotRewrite("a block would have to be written anew")
        if self.style.json:
            self._splice(node.start, node.end, self._json(after, self._indent_of_line(node.start)))
        elif in_flow or column < 0:
            self._splice(node.start, node.end, self._spaced(node, flow(after)))
        elif isinstance(after, dict | list) and after:
            indent = column + (self.style.step if isinstance(after, dict) else self.style.dash)
            start = len(self.text[: node.start].rstrip(" "))
            self._splice(start, node.end, "")
            self._lines(self._line_end(node.end), block(after, indent, self.style))
        else:
            self._splice(node.start, node.end, self._spaced(node, scalar(after)))

    def _spaced(self, node: Node, text: str) -> str:
        """`text` in the place of a value; an absent one has no space before it yet."""
        return f" {text}" if node.start == node.end and self.text[node.start - 1 : node.start] != " " else text

    def _json(self, value: Any, indent: int) -> str:
        return json_text(value, self.style, " " * indent if "\n" in self.text else None)

    # -------------------------------------------------------------------------------------------- mappings

    def _mapping(self, node: Mapping, before: dict[str, Any], after: dict[str, Any]) -> None:
        places = {key: number for number, (key, _, _) in enumerate(node.entries)}
        removed = [places[key] for key in before if key not in after and key in places]
        added: dict[str, Any] = {}
        for key, value in after.items():
            if key not in places:  # new, or merged into it and now said here
                if key not in before or value is not before[key]:
                    added[key] = value
            elif value is not before.get(key):
                _, where, child = node.entries[places[key]]
                self.value(child, before.get(key), value, self._column(where.start), in_flow=node.flow)
        if node.flow and len(removed) == len(node.entries):
            self._anew(node, after)
            return
        if node.flow:
            spans = [(key.start, value.end) for _, key, value in node.entries]
            self._remove_in_flow(spans, removed)
            self._add_in_flow(node, spans, added)
            return
        self._remove_entries(node, sorted(removed))
        if added:
            column = self._column(node.entries[0][1].start)
            self._lines(self._line_end(node.end), block(added, column, self.style))

    def _remove_entries(self, node: Mapping, removed: list[int]) -> None:
        gone = set(removed)
        first = 0
        if 0 in gone and not self._begins_line(node.entries[0][1].start):
            # The first key stands behind a dash: what follows the removed ones takes its place.
            while first in gone:
                first += 1
            if first == len(node.entries):
                raise CannotRewrite("nothing would be left of an entry")
            start, end = node.entries[0][1].start, node.entries[first][1].start
            self._keep_comments(self._line_start(start), self._indent_of_line(start), node.entries[:first], start, end)
            self._splice(start, end, "")
        for number in removed:
            if number >= first:
                _, key, value = node.entries[number]
                self._remove_lines(key.start, value)

    def _remove_lines(self, start: int, value: Node) -> None:
        """Removes the lines from `start` on that end with `value`; what was said about them stays."""
        if not self._begins_line(start):
            raise CannotRewrite("what would have to go shares its line")
        begin, end = self._line_start(start), self._line_end(value.end)
        pad = self.text[begin:start]
        comments = [f"{pad}{one}" for one in self._comments(start, end, value)]
        if begin == 0:
            self._splice(0, min(end + 1, len(self.text)), "".join(f"{one}\n" for one in comments))
        else:
            self._splice(begin - 1, end, "".join(f"\n{one}" for one in comments))

    def _keep_comments(
        self, at: int, indent: int, entries: list[tuple[str | None, Node, Node]], start: int, end: int
    ) -> None:
        """Puts the comments between `start` and `end` on lines of their own before `at`."""
        gaps = start
        found: list[str] = []
        for _, _, value in entries:
            found += self._comments(gaps, self._line_end(value.end), value)
            gaps = self._line_end(value.end)
        found += _COMMENT.findall(self.text[gaps:end])
        if found:
            self._splice(at, at, "".join(f"{' ' * indent}{one}\n" for one in found))

    def _comments(self, start: int, end: int, value: Node) -> list[str]:
        """The comments between `start` and `end`, where only `value` and its key hold anything else."""
        found: list[str] = []
        for scalar_start, scalar_end in [*_scalars(value), (end, end)]:
            found += _COMMENT.findall(self.text[start:scalar_start])
            start = scalar_end
        return found

    # -------------------------------------------------------------------------------------------- lists

    def _sequence(self, node: Sequence, before: list[Any], after: list[Any]) -> None:
        if len(after) == len(before):
            for child, one, other in zip(node.items, before, after, strict=True):
                if one is not other:
                    dash = self._column(child.start) if node.flow else self._column(self._dash(child))
                    self.value(child, one, other, dash, in_flow=node.flow)
            return
        if len(after) > len(before) and all(map(_alike, before, after)):
            self._append(node, after[len(before) :])
            return
        removed = _left_out(before, after)
        if node.flow and removed is None:
            self._anew(node, after)
        elif removed is None:
            raise CannotRewrite("a list would have to be written anew")
        elif node.flow:
            self._remove_in_flow([(one.start, one.end) for one in node.items], removed)
        else:
            for number in removed:
                self._remove_lines(self._dash(node.items[number]), node.items[number])

    def _append(self, node: Sequence, added: list[Any]) -> None:
        if node.flow:
            ends = [(one.start, one.end) for one in node.items]
            self._add_in_flow(node, ends, added)
            return
        dash = self._column(self._dash(node.items[0]))
        self._lines(self._line_end(node.end), block(added, dash, self.style))

    def _dash(self, item: Node) -> int:
        """Where the dash of an entry stands."""
        at = len(self.text[: item.start].rstrip(" \n")) - 1
        if at < 0 or self.text[at] != "-":
            raise CannotRewrite("the beginning of a list's entry is hard to tell")
        return at

    # -------------------------------------------------------------------------------------------- braces

    def _remove_in_flow(self, spans: list[tuple[int, int]], removed: list[int]) -> None:
        if not removed:
            return
        gone = set(removed)
        kept = [number for number in range(len(spans)) if number not in gone]
        for number in range(kept[-1]):
            if number in gone:
                self._cut(spans[number][0], spans[number + 1][0])
        if kept[-1] < len(spans) - 1:
            self._cut(spans[kept[-1]][1], spans[-1][1])

    def _anew(self, node: Node, after: Any) -> None:
        """Writes anew what stands in braces."""
        if self.style.json:
            self._splice(node.start, node.end, self._json(after, self._indent_of_line(node.start)))
            return
        if _COMMENT.search(self.text[node.start : node.end]):
            raise CannotRewrite("a comment in braces would be lost")
        self._splice(node.start, node.end, flow(after))

    def _cut(self, start: int, end: int) -> None:
        if not self.style.json and _COMMENT.search(self.text[start:end]):
            raise CannotRewrite("a comment in braces would be lost")
        self._splice(start, end, "")

    def _add_in_flow(self, node: Node, spans: list[tuple[int, int]], added: dict[str, Any] | list[Any]) -> None:
        """Adds entries behind the last one, parted from it as it is from the one before."""
        if not added:
            return
        lead = self.text[node.start + 1 : spans[0][0]]
        if "#" in lead:
            raise CannotRewrite("a comment stands in the braces")
        over_lines = "\n" in lead
        indent = self._column(spans[0][0])
        compact = self.style.compact or (len(spans) > 1 and self.text[spans[0][1] : spans[1][0]] == ",")
        between = f",{lead}" if over_lines else "," if compact else ", "
        entries = added.items() if isinstance(added, dict) else [("", value) for value in added]
        texts = []
        for key, value in entries:
            if self.style.json:
                whole = self._json(value, indent)
                named = f"{self._json(key, 0)}{':' if self.style.compact else ': '}{whole}"
            else:
                whole = flow(value)
                named = f"{scalar(key)}: {whole}"
            texts.append(between + (named if isinstance(added, dict) else whole))
        end = spans[-1][1]
        self._splice(end, end, "".join(texts))

    # -------------------------------------------------------------------------------------------- places

    def _splice(self, start: int, end: int, text: str) -> None:
        self.splices.append(Splice(start, end, text))

    def _lines(self, end: int, lines: list[str]) -> None:
        """Inserts lines behind the line that ends at `end`."""
        self._splice(end, end, "".join(f"\n{line}" for line in lines))

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def _column(self, at: int) -> int:
        return at - self._line_start(at)

    def _begins_line(self, at: int) -> bool:
        return not self.text[self._line_start(at) : at].strip(" ")

    def _indent_of_line(self, at: int) -> int:
        line = self.text[self._line_start(at) : self._line_end(at)]
        return len(line) - len(line.lstrip(" "))


def _scalars(node: Node) -> list[tuple[int, int]]:
    """The scalars in `node`, keys too, in their order."""
    if isinstance(node, Mapping):
        return [span for _, key, value in node.entries for one in (key, value) for span in _scalars(one)]
    if isinstance(node, Sequence):
        return [span for one in node.items for span in _scalars(one)]
    return [(node.start, node.end)]


def _alike(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; true is not 1."""
    return one is other or (type(one) is type(other) and one == other)


def _left_out(before: list[Any], after: list[Any]) -> list[int] | None:
    """Which entries of `before` are missing in `after`; None where more than that differs."""
    missing: list[int] = []
    at = 0
    for number, one in enumerate(before):
        if at < len(after) and _alike(one, after[at]):
            at += 1
        else:
            missing.append(number)
    return missing if at == len(after) else None


# ------------------------------------------------------------------------------------------------ the document's own way


def _style(text: str, root: Node, *, json: bool) -> Style:
    """How the document is indented, by the first place that shows it."""
    if json:
        first = re.search(r"[{\[]\n( +)", text)
        outer = re.search(r"\n( *)[}\]]\s*\Z", text)
        inner = len(first[1]) if first else 2
        step = max(inner - (len(outer[1]) if outer else 0), 1)
        return Style(step, json=True, compact=re.search(r'[{,]"[^"]*":\S', text) is not None)
    step, dash = 0, -1
    waiting: list[Node] = [root]
    while waiting and not (step and dash >= 0):
        node = waiting.pop(0)
        if isinstance(node, Sequence):
            waiting += node.items
        if not isinstance(node, Mapping) or node.flow:
            continue
        for _, key, value in node.entries:
            waiting.append(value)
            column = key.start - text.rfind("\n", 0, key.start) - 1
            if isinstance(value, Mapping) and not value.flow and value.entries:
                inside = value.entries[0][1].start
                step = step or inside - text.rfind("\n", 0, inside) - 1 - column
            elif isinstance(value, Sequence) and not value.flow and dash < 0 and text[value.start] == "-":
                dash = value.start - text.rfind("\n", 0, value.start) - 1 - column
    return Style(step if step > 0 else 2, max(dash, 0))
