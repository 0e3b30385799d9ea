"""What an SQL text is, read from its tokens: how many statements, its verb, its FORMAT, where an INSERT's data begin.

Positions are byte offsets, so the body of an insert is never decoded. The tokens are those of ClickHouse's lexer: nested
comments, `#!` comments, heredocs, and backslash or doubled quotes inside quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_TOKEN = re.compile(
    rb"""
      (?P<space>[\s\x00]+)
    | (?P<comment>--[^\n]*|\#[\ !][^\n]*)
    | (?P<block>/\*)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<quoted>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")
    | (?P<heredoc>\$[A-Za-z0-9_]*\$)
    | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<number>[0-9][A-Za-z0-9_.]*)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")


class Token(msgspec.Struct, frozen=True):
    kind: str
    """`string`, `quoted`, `heredoc`, `word`, `number` or `symbol`."""
    text: bytes
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.decode("ascii").upper() in words


def tokens(text: bytes) -> Iterator[Token]:
    """The tokens of `text` without spaces and comments. Raises ValueError, with the offset, for a quote that never ends."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None and match.lastgroup is not None, "the last alternative takes any byte"
        kind, start, at = match.lastgroup, match.start(), match.end()
        if kind == "block":
            at = _end_of_comment(text, start)
        elif kind == "heredoc":
            closing = text.find(match.group(), at)
            if closing < 0:
                raise ValueError(f"byte {start}: a heredoc that does not end")
            at = closing + len(match.group())
            yield Token(kind, text[start:at], start, at)
        elif kind == "symbol" and match.group() in (b"'", b"`", b'"'):
            raise ValueError(f"byte {start}: a quote that does not end")
        elif kind not in ("space", "comment"):
            yield Token(kind, match.group(), start, at)


def _end_of_comment(text: bytes, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge.group() == b"/*" else -1
        if depth == 0:
            return edge.end()
    raise ValueError(f"byte {start}: a comment that does not end")


class Statement(msgspec.Struct, frozen=True):
    """One statement. For an INSERT with data in the text, `head` is its bytes before FORMAT and `data_at` where data begin."""

    verb: str
    format: str | None
    head: int
    data_at: int | None


class Target(msgspec.Struct, frozen=True):
    """Where an INSERT goes, as it is written: the table, the columns (`*` where none are named), and the clauses after them."""

    table: str
    columns: str
    clauses: str


def insert_target(head: bytes) -> Target:
    """Whereto `head`, an INSERT before its FORMAT, inserts. Raises ValueError for what is no `INSERT INTO table [(columns)]`."""
    found = list(tokens(head))
    start = next((at for at, token in enumerate(found) if not token.is_word("INSERT", "INTO", "TABLE")), len(found))
    names = found[start:]
    end = start + 3 if len(names) > 2 and names[1].text == b"." else start + 1
    if start < 2 or not names or names[0].is_word("FUNCTION") or found[end - 1].kind not in ("word", "quoted"):
        raise ValueError("an INSERT with data names a table")
    table = head[found[start].start : found[end - 1].end].decode()
    if end == len(found) or found[end].text != b"(":
        return Target(table, "*", head[found[end - 1].end :].decode())
    depth = 0
    for token in found[end:]:
        depth += {b"(": 1, b")": -1}.get(token.text, 0)
        if depth == 0:
            return Target(table, head[found[end].end : token.start].decode(), head[token.end :].decode())
    raise ValueError(f"byte {found[end].start}: a bracket that does not end")


def read_statement(text: bytes) -> Statement:
    """What `text` holds. Raises ValueError if it holds no statement, more than one, or a quote that does not end.

    The data of an INSERT are not looked at: whatever follows FORMAT or VALUES belongs to it.
    """
    found = iter(tokens(text))
    first = next(found, None)
    while first is not None and first.kind == "symbol" and first.text == b"(":
        first = next(found, None)
    if first is None:
        raise ValueError("empty query")
    verb = (
        first.text.decode("ascii", "replace").upper() if first.kind == "word" else first.text.decode("ascii", "replace")
    )
    format_name: str | None = None
    head = len(text)
    ended = selects = named = False
    before = first
    for token in found:
        if ended:
            raise ValueError(f"byte {token.start}: more than one statement")
        if token.kind == "symbol" and token.text == b";":
            ended, head = True, token.start
            continue
        if named and not token.is_word("SETTINGS"):
            format_name = None  # something called `format`, not the clause: that comes last, or before SETTINGS
        named = before.is_word("FORMAT") and token.kind == "word" and not token.is_word("FORMAT")
        if named:
            format_name = token.text.decode("ascii")
        if verb == "INSERT" and not selects:
            if named:
                return Statement(verb, format_name, before.start, _after_format(text, token.end))
            if token.is_word("VALUES"):
                return Statement(verb, "Values", token.start, token.end)
            selects = token.is_word("SELECT", "WITH", "WATCH")
        before = token
    return Statement(verb, format_name, head, None)


def _after_format(text: bytes, at: int) -> int:
    """Data begin after blanks and at most one line break: a text format's own leading line breaks belong to it."""
    while at < len(text) and text[at : at + 1] in (b" ", b"\t", b";"):
        at += 1
    if text[at : at + 2] == b"\r\n":
        return at + 2
    return at + 1 if text[at : at + 1] == b"\n" else at
