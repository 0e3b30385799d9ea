"""What reading a YAML or JSON text gives: documents as JSON, and places where it could not be read."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """Something odd that did not keep a document from being read."""

    line: int
    what: str


class Document(NamedTuple):
    """One document. `json` is its value; `line` the line of its first token, from 1; `start` and `end` enclose it in the text, in bytes.

    `first_line` is the line at `start`, where comments may stand before the first token.
    """

    json: bytes
    line: int
    start: int
    end: int
    first_line: int
    notes: tuple[Note, ...] = ()


class Broken(NamedTuple):
    """A stretch of text that could not be read. Lines and columns count from 1; column 0 where it is not known."""

    reason: str
    line: int
    column: int = 0


class Unreadable(ValueError):
    """A document that could not be read, at a line and column of its own text, from 1."""

    def __init__(self, reason: str, line: int, column: int = 0) -> None:
        self.reason, self.line, self.column = reason, line, column
        super().__init__(f"{reason} at line {line}")
