"""JSON values that stand one after the other in a text."""

from __future__ import annotations

import re

import msgspec

from seawall.sources.state.yaml.document import Broken, Document

_AT = re.compile(r" \(byte (\d+)\)")
_SPACE = re.compile(rb"[ \t\r\n]*")


def json_values(text: bytes) -> tuple[list[Document], Broken | None, int]:
    """The values up to the end, or up to the first that is none; then also why, and the byte where it starts."""
    found: list[Document] = []
    view = memoryview(text)
    at, line = 0, 1
    while True:
        start = _after_space(text, at)
        line += text.count(b"\n", at, start)
        at = start
        if at == len(text):
            return found, None, at
        end, broken = _end_of_value(text, view, at, line)
        if broken is not None:
            return found, broken, at
        if text[at:end] != b"null":
            found.append(Document(text if end - at == len(text) else text[at:end], line, at, end, line))
        line += text.count(b"\n", at, end)
        at = end


def _after_space(text: bytes, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()


def _end_of_value(text: bytes, view: memoryview, start: int, line: int) -> tuple[int, Broken | None]:
    try:
        msgspec.json.decode(view[start:], type=msgspec.Raw)
    except msgspec.DecodeError as error:
        match = _AT.search(str(error))
        at = start + int(match[1]) - 1 if match is not None else len(text)
        if match is not None and "trailing characters" in str(error):
            return start + len(text[start:at].rstrip()), None
        return start, _located(_AT.sub("", str(error)), text, at, start, line)
    except RecursionError:
        return start, Broken("nested too deeply", line)
    return len(text), None


def _located(reason: str, text: bytes, at: int, start: int, line: int) -> Broken:
    begins = text.rfind(b"\n", 0, at) + 1
    return Broken(reason, line + text.count(b"\n", start, at), at - begins + 1)
