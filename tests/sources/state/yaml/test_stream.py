"""Texts into documents: where kubectl splits them, what JSON is, and where it says that something is broken."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import Oracle
from tests.oracle.generate import yaml_text
from tests.sources.state.yaml.agreement import THEY_REFUSE, WE_REFUSE, is_by_design, same
from tests.sources.state.yaml.manifests import MANIFESTS

from seawall.sources.state.yaml.document import Broken, Document
from seawall.sources.state.yaml.fast import FastReader
from seawall.sources.state.yaml.split import Piece, normalised, split
from seawall.sources.state.yaml.stream import documents, value_of

CASES = 4_000
MARK_REFUSED = {
    "only a comment may follow --- on its line": "behind JSON go-yaml takes `---# x` for a scalar, as it is no mark to YAML"
}


def read(text: str | bytes) -> list[Document | Broken]:
    received = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return [*documents(normalised(received), FastReader())]


def values(text: str | bytes) -> list[object]:
    return [
        msgspec.json.decode(one.json) if isinstance(one, Document) else (one.line, one.column) for one in read(text)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("---", []),
        ("# nothing\n---\n\n---\n  # more\n", []),
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n--- # next\nb: yes\n---", [{"a": 1}, {"b": True}]),
        ("a: 1\r\n---\r\nb: |\r\n  x\r\n", [{"a": 1}, {"b": "x\n"}]),
        ("\ufeffa: 1\n", [{"a": 1}]),
        ("a: |\n  ---\n  x\n", [{"a": "---\nx\n"}]),
        ("a: 1\n--- b\nc: 2\n---\nd: 3\n", [(2, 4), {"d": 3}]),
        ("a: 1\n---x\n----\n---\nd: 3\n", [(2, 4), {"d": 3}]),
        ("a: 1\n...\nb: 2\n---\nc: 3\n", [{"a": 1}, {"c": 3}]),
        ('{"a": 1}', [{"a": 1}]),
        ('{"a": 1}{"b": 2}\n\n {"c": [\n]}', [{"a": 1}, {"b": 2}, {"c": []}]),
        ('{"a": 1}\n---\n{"b": 2}\n---\nc: no\n', [{"a": 1}, {"b": 2}, {"c": False}]),
        ("{a: 1, b: [x]}", [{"a": 1, "b": ["x"]}]),
        ('{"a": 1', [(1, 8)]),
        ('{"a": 1,\n"b": [1, 2\n', [(2, 11)]),
        ('{"a":1}{"b":2}{"c":!', [{"a": 1}, {"b": 2}, (1, 19)]),
        ("[1, 2]", [[1, 2]]),
        ("text", ["text"]),
        ("good: 1\n---\nbad: [\n---\nalso: good\n", [{"good": 1}, (3, 0), {"also": "good"}]),
        (b"a: 1\n---\nb: \xff\n---\nc: 1\n", [{"a": 1}, (3, 4), {"c": 1}]),
        (b"a: \x00\n---\nb: 1\n", [(1, 4), {"b": 1}]),
    ],
)  # fmt: skip
def test_documents(text: str | bytes, found: list[object]) -> None:
    assert values(text) == found


def test_places() -> None:
    text = "# head\n\na: 1\n---\n\n# more\nb: yes\nc: 2\n---\nx\n"
    plain = normalised(text.encode())
    first, second, third = read(text)
    assert isinstance(first, Document) and isinstance(second, Document) and isinstance(third, Document)
    assert (first.line, second.line, third.line) == (3, 7, 10)
    assert (first.first_line, second.first_line, third.first_line) == (1, 5, 10)
    assert [plain[one.start : one.end] for one in (first, second, third)] == [
        b"# head\n\na: 1",
        b"\n# more\nb: yes\nc: 2",
        b"x",
    ]


def test_places_in_json() -> None:
    text = '{"a":\n 1}\n\n  {"b": 2}'
    first, second = read(text)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.line, second.line) == (1, 4)
    assert text[second.start : second.end] == '{"b": 2}'


@given(
    st.lists(
        st.sampled_from(("a: 1", "---", "--- ", "--- # c", "---x", "----", " ---", "", "# c", "...", "b:")), max_size=12
    )
)
def test_pieces_cover_the_text(lines: list[str]) -> None:
    text = normalised("\n".join(lines).encode())
    pieces = [*split(text)]
    for piece in pieces:
        if isinstance(piece, Piece):
            assert text[piece.start : piece.start + len(piece.text)] == piece.text
            assert text.count(b"\n", 0, piece.start) + 1 == piece.line
        else:
            assert text.split(b"\n")[piece.line - 1].startswith(b"---")
    if not any(isinstance(piece, Broken) for piece in pieces):
        kept = b"\n".join(piece.text for piece in pieces if isinstance(piece, Piece))
        marks = [line for line in lines if not line.startswith("---")]
        assert [line for line in kept.decode().split("\n") if line] == [line for line in marks if line]


def test_a_large_stream_is_read_in_batches() -> None:
    one = MANIFESTS[0].removesuffix("\n")
    count = (3 << 20) // len(one)
    found = read("\n---\n".join([one] * count))
    assert len(found) == count
    assert len({answer.json for answer in found if isinstance(answer, Document)}) == 1
    step = one.count("\n") + 2
    assert [answer.first_line for answer in found if isinstance(answer, Document)] == [
        1 + step * number for number in range(count)
    ]


@pytest.mark.parametrize("text", [*MANIFESTS, "{a: 1}", '{"a": [1, 2]}', "a: yes"])
def test_a_document_is_read_again(text: str) -> None:
    (found,) = read(text)
    assert isinstance(found, Document)
    plain = normalised(text.encode())
    assert value_of(plain[found.start : found.end], FastReader()) == msgspec.json.decode(found.json)


@pytest.mark.oracle
def test_streams_are_split_as_upstream_splits_them(oracle: Oracle) -> None:
    texts = [text for text in yaml_text.streams(1, CASES) if not text.lstrip().startswith("{")]
    wrong: list[object] = []
    counts: Counter[str] = Counter()
    for text, upstream in zip(texts, oracle.documents(texts), strict=True):
        theirs = [one for one in upstream.documents if one.error is not None or one.value is not None]
        ours = read(text)
        if upstream.error is not None:  # upstream stops at a mark that it refuses, and has lost what stood before it
            ours = ours[: len(theirs)]
            counts["streams that upstream gives up"] += 1
        if len(ours) != len(theirs):
            wrong.append((text, len(theirs), ours))
            continue
        for mine, other in zip(ours, theirs, strict=True):
            if other.unstable:
                continue
            if isinstance(mine, Broken):
                counts["broken"] += 1
                if other.error is None and not is_by_design(mine.reason, WE_REFUSE):
                    wrong.append((text, other.json, mine))
            elif other.error is not None:
                if not is_by_design(other.error, THEY_REFUSE):
                    wrong.append((text, other.error, mine))
            elif not same(msgspec.json.decode(mine.json), other.value):
                wrong.append((text, other.json, mine))
            else:
                counts["same"] += 1
    print(len(texts), "streams", dict(counts), len(wrong), "disagreements")
    assert not wrong, (len(wrong), wrong[:5])
    assert counts["same"] > CASES


@pytest.mark.oracle
def test_json_is_read_as_kubectl_reads_it(oracle: Oracle) -> None:
    texts = [text for text in yaml_text.streams(2, CASES) if text.lstrip().startswith("{")]
    wrong: list[object] = []
    counts: Counter[str] = Counter()
    for text, upstream in zip(texts, oracle.documents(texts, reader="kubectl"), strict=True):
        theirs = [one.value for one in upstream.documents if one.value is not None]
        ours: list[object] = []
        complete = upstream.error is None
        for one in read(text):
            if isinstance(one, Broken):
                complete = complete and not is_by_design(one.reason, WE_REFUSE | MARK_REFUSED)
                break
            ours.append(msgspec.json.decode(one.json))
        shorter = min(len(theirs), len(ours))
        if not same(ours[:shorter], theirs[:shorter]) or (complete and len(ours) != len(theirs)):
            wrong.append((text, theirs, upstream.error, ours))
        else:
            counts["same"] += 1
    print(len(texts), "streams", dict(counts), len(wrong), "disagreements")
    assert not wrong, (len(wrong), wrong[:5])
    assert counts["same"] > 100
