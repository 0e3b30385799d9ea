"""The YAML that needs no care: lines and layouts that rapidyaml and Kubernetes understand alike.

A line fits if it ends what it begins and its scalars are text, small numbers or lower-case `true`, `false` and `null` to either reader (`LINE`).
The layout fits if each line stands where block collections allow it (`Layout`). Blocks of text and scalars over several lines are
first put as empty ones (`simplified`), so that what is left is lines of the first kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

# What YAML 1.1 reads as booleans and null, and rapidyaml's own words for infinity and NaN. As values `true`, `false` and `null` are no danger: JSON
# has them too.
_NO_NUMBER = rb"[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN]"
_WORD_KEY = (
    rb"(?:[yY](?:es|ES)?|[nN](?:o|O|ull|ULL)?|[oO](?:n|N|ff|FF)|[tT](?:rue|RUE)|[fF](?:alse|ALSE)|" + _NO_NUMBER + rb")"
)
_WORD_VALUE = (
    rb"(?:[yY](?:es|ES)?|[nN](?:o|O)?|[oO](?:n|N|ff|FF)|T(?:rue|RUE)|F(?:alse|ALSE)|N(?:ull|ULL)|" + _NO_NUMBER + rb")"
)

# Printable characters, without those that end a plain scalar next to a space. Bytes from 0x80 on are letters once the text is known to be
# UTF-8 without control characters.
_TEXT = rb"!\"$-9;-~\x80-\xff"

_KEY = (
    rb"(?:(?!" + _WORD_KEY + rb":)[A-Za-z_/][A-Za-z0-9_./-]{0,250}|\.[a-hj-mo-z][A-Za-z0-9_.-]{0,250}"
    rb"|\"[A-Za-z0-9_./][A-Za-z0-9_./ -]{0,250}\"|'[A-Za-z0-9_./][A-Za-z0-9_./ -]{0,250}')"
)
_RUN = rb"[" + _TEXT + rb"]*(?:(?: +|[:#]+)[" + _TEXT + rb"]+)*"
_PLAIN = (
    rb"(?!" + _WORD_VALUE + rb" *(?:\n|\Z| #))(?:[A-Za-z/_($^=]|--?(?![iInN])[A-Za-z]|--(?=[iInN])|\.[a-hj-mo-z]|(?!0[bBoOxX])[0-9]+[A-DF-Za-df-z])"
    + _RUN
)  # fmt: skip
"""Text that no reader takes for anything else. Digits may lead if a letter that is no part of any number follows."""
_INTEGER = rb"(?:0|-?[1-9][0-9]{0,17})"
_DECIMAL = rb"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,8}[1-9]"
_MEASURE = (
    rb"[0-9]+%|[0-9]+\.[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?"
    rb"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?"
)
"""Digits and dots that are text: shares, versions, addresses, dates."""
_DOUBLE = rb"\"[ !#-\[\]-~\x80-\xff]*(?:\\[\"\\nt][ !#-\[\]-~\x80-\xff]*)*\""
_SINGLE = rb"'[ -&(-~\x80-\xff]*(?:''[ -&(-~\x80-\xff]*)*'"
_FLOW_WORD = (
    rb"(?!"
    + _WORD_VALUE
    + rb"[ ,\]}])(?:[A-Za-z/_]|(?!0[bBoOxX])[0-9]+[A-DF-Za-df-z])[A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*"
)
_FLOW_SCALAR = (
    rb"(?:"
    + _FLOW_WORD
    + rb"|"
    + _DOUBLE
    + rb"|"
    + _SINGLE
    + rb"|(?:"
    + _INTEGER
    + rb"|"
    + _MEASURE
    + rb")(?=[ ,\]}]))"
)
_FLOW_LIST = rb"\[ *(?:" + _FLOW_SCALAR + rb" *(?:, *" + _FLOW_SCALAR + rb" *)*)?\]"
_FLOW_PAIR = rb"(?!" + _WORD_KEY + rb":)[A-Za-z_][A-Za-z0-9_./-]{0,250}: +" + _FLOW_SCALAR
_FLOW_MAPPING = rb"\{ *(?:" + _FLOW_PAIR + rb" *(?:, *" + _FLOW_PAIR + rb" *)*)?\}"
_SCALAR = (
    rb"(?:" + _PLAIN + rb"|" + _DOUBLE + rb"|(?:" + _INTEGER + rb"|" + _DECIMAL + rb"|" + _MEASURE + rb")(?=[ \n]|\Z)"
    rb"|" + _SINGLE + rb"|" + _FLOW_LIST + rb"|" + _FLOW_MAPPING + rb")"
)
_REMARK = rb"(?: +#[ -~\x80-\xff]*| +)?"

LINE = re.compile(
    rb"(?P<indent> {0,80})(?! )(?:(?P<dash>- )?" + _KEY + rb":(?: +" + _SCALAR + _REMARK + rb"(?P<key>)|" + _REMARK + rb"(?P<open_key>))"
    + rb"|- +" + _SCALAR + _REMARK + rb"(?P<item>)|(?P<empty>(?:#[ -~\x80-\xff]*)?))"
)  # fmt: skip
"""A line that needs no care. The last group that takes part tells what it is, with `dash` for a key that begins an entry."""
_IN_ITEM = {"key": "item_key", "open_key": "open_item_key"}

# ------------------------------------------------------------------------------------------------ layout


class Shape(NamedTuple):
    """What the layout needs to know of a line: the column of its first sign, and what it is."""

    column: int
    what: str
    """`key` with its value, `open_key` without; the same two as `item_key` and `open_item_key` behind a dash; `item`, `empty`."""


def shape_of(line: bytes) -> Shape | None:
    """The shape of a line; None for one that needs care."""
    match = LINE.fullmatch(line)
    if match is None:
        return None
    what = match.lastgroup or ""
    return Shape(match.end(1), _IN_ITEM[what] if match["dash"] else what)


def head_of(line: bytes, shape: Shape) -> bytes:
    """All of a line that its place and its paths depend on: up to its key's colon (no key holds one), up to and with the dash where it has no key."""
    if shape.what == "empty":
        return b""
    return b" " * shape.column + b"-" if shape.what == "item" else line.partition(b":")[0]


Levels = tuple[tuple[int, bool], ...]
"""The open collections, outermost first: their columns, and whether each is a list."""


class Layout(dict[str, "Layout"]):
    """What is open after the lines so far; its entries are what is open after one more, by the letter of that line's shape.

    Layouts are worked out when they are first asked for. NOWHERE is where ill-placed lines lead.
    """

    def __init__(self, shapes: Mapping[str, Shape], levels: Levels = (), *, after_key: bool = False) -> None:
        super().__init__()
        self.shapes, self.levels, self.after_key = shapes, levels, after_key
        self.known: dict[tuple[Levels, bool], Layout] = {}

    def __missing__(self, letter: str) -> Layout:
        shape = self.shapes[letter]
        if shape.what == "empty":
            after = self
        else:
            levels = _placed(self.levels, shape, after_key=self.after_key)
            after = (
                NOWHERE if levels is None else self._of(levels, after_key=shape.what in ("open_key", "open_item_key"))
            )
        self[letter] = after
        return after

    def _of(self, levels: Levels, *, after_key: bool) -> Layout:
        found = self.known.get((levels, after_key))
        if found is None:
            found = Layout(self.shapes, levels, after_key=after_key)
            found.known = self.known
            self.known[levels, after_key] = found
        return found


class _Nowhere(Layout):
    def __missing__(self, letter: str) -> Layout:
        return self


NOWHERE: Layout = _Nowhere({})


def _placed(levels: Levels, shape: Shape, *, after_key: bool) -> Levels | None:
    """The collections that are open after a line, or None where it may not stand.

    A line that is deeper must follow a key without a value; any other must meet a collection of its kind that is open at its column.
    Where a list stands as deep as the key that it belongs to, both are open at that column, the list inside.
    """
    column = shape.column
    dash = shape.what.endswith(("item", "item_key"))
    if not levels or column > levels[-1][0]:
        if levels and not after_key:
            return None
        levels = (*levels, (column, dash))
    elif after_key and dash and levels[-1] == (column, False):
        levels = (*levels, (column, True))
    else:
        while levels and levels[-1][0] > column:
            levels = levels[:-1]
        if not dash and levels and levels[-1] == (column, True):
            levels = levels[:-1]
        if not levels or levels[-1] != (column, dash):
            return None
    if shape.what in ("item_key", "open_item_key"):
        levels = (*levels, (column + 2, False))
    return levels


# ------------------------------------------------------------------------------------------------ several lines

_START = rb"(?P<start>(?P<indent> {0,80})(?! )(?:(?P<dash>- )?" + _KEY + rb": +|- +))"
_SINGLE_PART = rb"[ -&(-~\x80-\xff]*(?:''[ -&(-~\x80-\xff]*)*"
_DOUBLE_PART = rb"[ !#-\[\]-~\x80-\xff]*(?:\\[\"\\nt][ !#-\[\]-~\x80-\xff]*)*"

_BLOCK = re.compile(_START + rb"(?P<style>[|>])[-+]?" + _REMARK)
_TEXT_BEGINS = re.compile(_START + _PLAIN + rb" *")
_TEXT_GOES_ON = re.compile(rb"[" + _TEXT + rb"]" + _RUN + rb" *")
_QUOTE_OPENS = re.compile(_START + rb"(?:(?P<single>')" + _SINGLE_PART + rb"|\"" + _DOUBLE_PART + rb")")
_QUOTE_GOES_ON = {True: re.compile(_SINGLE_PART), False: re.compile(_DOUBLE_PART)}
_QUOTE_CLOSES = {True: re.compile(_SINGLE_PART + rb"'" + _REMARK), False: re.compile(_DOUBLE_PART + rb"\"" + _REMARK)}
_EMPTY = b'""'


def simplified(lines: list[bytes], careful: Sequence[int]) -> list[bytes] | None:
    """`lines` of clean text, with each scalar over several lines put as an empty one and empty lines; None where one cannot be proven.

    `careful` are the numbers of the lines that need care. Those that are left after this make the document one for the careful reader.
    """
    simple = lines.copy()
    done = 0
    for number in careful:
        if number < done:
            continue
        done = _block(lines, number, simple) or _quoted(lines, number, simple) or _continued(lines, number, simple)
        if not done:
            return None
    return simple


def _base(match: re.Match[bytes]) -> int:
    """The column that lines of the scalar must be deeper than."""
    return len(match["indent"]) + (2 if match["dash"] else 0)


def _block(lines: list[bytes], number: int, simple: list[bytes]) -> int:
    """Empties a block scalar, and tells the number of the line behind it; 0 where there is none, or one that the readers might not agree on."""
    match = _BLOCK.fullmatch(lines[number])
    if match is None or number + 1 == len(lines):
        return 0
    depth = len(lines[number + 1]) - len(lines[number + 1].lstrip(b" "))
    if depth <= _base(match) or not lines[number + 1].strip():
        return 0
    folding = match["style"] == b">"
    step = b" " * depth
    end = number + 1
    while end < len(lines) and (not lines[end] or lines[end].startswith(step)):
        if lines[end][depth : depth + 1] in (b" ", b"\t") and (folding or end == number + 1):
            return 0
        simple[end] = b""
        end += 1
    simple[number] = match["start"] + _EMPTY
    return end


def _quoted(lines: list[bytes], number: int, simple: list[bytes]) -> int:
    """As `_block`, for a quoted scalar over several lines, none of them empty."""
    match = _QUOTE_OPENS.fullmatch(lines[number])
    if match is None:
        return 0
    single = match["single"] is not None
    step = b" " * (_base(match) + 1)
    for end in range(number + 1, len(lines)):
        text = lines[end].lstrip(b" ")
        if not text or not lines[end].startswith(step):
            return 0
        simple[end] = b""
        if _QUOTE_CLOSES[single].fullmatch(text):
            simple[number] = match["start"] + _EMPTY
            return end + 1
        if not _QUOTE_GOES_ON[single].fullmatch(text):
            return 0
    return 0


def _continued(lines: list[bytes], number: int, simple: list[bytes]) -> int:
    """As `_block`, for a plain scalar whose second line is `number`."""
    match = _TEXT_BEGINS.fullmatch(simple[number - 1]) if number else None
    if match is None:
        return 0
    step = b" " * (_base(match) + 1)
    end = number
    while end < len(lines) and lines[end].startswith(step):
        if not _TEXT_GOES_ON.fullmatch(lines[end].lstrip(b" ")):
            return 0
        simple[end] = b""
        end += 1
    simple[number - 1] = match["start"] + _EMPTY
    return end if end > number else 0
