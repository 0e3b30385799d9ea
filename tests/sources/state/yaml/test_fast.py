"""The fast reader against the careful one: what it accepts it reads alike, and it accepts what people write."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import Oracle
from tests.oracle.generate import yaml_text
from tests.sources.state.yaml.agreement import THEY_REFUSE, WE_REFUSE, is_by_design, same
from tests.sources.state.yaml.manifests import MANIFESTS, careless

from seawall.sources.state.yaml import careful
from seawall.sources.state.yaml.document import Unreadable
from seawall.sources.state.yaml.fast import FastReader

CASES = 10_000


def check(reader: FastReader, text: str) -> str:
    """Compares the readers on one document; tells which of them read it."""
    document = text.encode("utf-8", "surrogatepass")
    (answer,) = reader.read([document])
    if answer is None:
        return "careful"
    expected = careful.read(document + b"\n")  # raises where it refuses what the fast one took
    assert same(msgspec.json.decode(answer), expected.value), (text, answer, expected.value)
    assert not expected.notes, (text, expected.notes)
    return "fast"


def test_manifests_as_people_write_them_are_proven() -> None:
    reader = FastReader()
    for manifest in MANIFESTS:
        assert check(reader, manifest.removesuffix("\n")) == "fast", manifest


def test_after_a_careless_hand_it_reads_alike_or_not_at_all() -> None:
    reader = FastReader()
    counts = Counter(check(reader, text) for text in careless(1, 4_000))
    print(dict(counts))
    assert counts["fast"] > 800


@pytest.mark.slow
def test_after_a_careless_hand_it_reads_alike_or_not_at_all_many_times() -> None:
    reader = FastReader()
    counts = Counter(check(reader, text) for text in careless(2, 60_000))
    print(dict(counts))
    assert counts["fast"] > 12_000


def test_texts_that_readers_disagree_about() -> None:
    reader = FastReader()
    counts = Counter(check(reader, text.removesuffix("\n")) for text in yaml_text.documents(3, 3_000))
    print(dict(counts))
    scalars = Counter(check(reader, f"a: {text}") for text in yaml_text.scalars(3, 3_000))
    keys = Counter(check(reader, f"{text}: a") for text in yaml_text.scalars(3, 3_000))
    items = Counter(check(reader, f"- {text}") for text in yaml_text.scalars(3, 3_000))
    print(dict(scalars), dict(keys), dict(items))
    assert min(scalars["fast"], keys["fast"], items["fast"]) > 50


_WORDS = st.sampled_from(
    (
        "a",
        "b",
        "name",
        "x.y/z",
        "yes",
        "null",
        "1",
        "0x1",
        "1.5",
        "inf",
        '""',
        "'q'",
        "t # c",
        "[a]",
        "{a: b}",
        "|",
        ">-",
        "é",
    )
)
_LINES = st.tuples(
    st.integers(0, 4), st.sampled_from(("", "- ", "- - ", "# ")), _WORDS, st.sampled_from(("", ":", ": ")), _WORDS
)


@given(st.lists(_LINES, min_size=1, max_size=7))
def test_lines_in_any_layout(lines: list[tuple[int, str, str, str, str]]) -> None:
    text = "\n".join(
        " " * indent + dash + word + colon + (value if colon == ": " else "")
        for indent, dash, word, colon, value in lines
    )
    try:
        check(FastReader(), text)
    except Unreadable as error:
        raise AssertionError((text, error)) from error


@given(
    st.lists(
        st.sampled_from(
            ("a: b", "  c: d", "- e", "  - f: g", "k:", '  "q": ""', "    deep: 1", "", "# c", "  |", "t: |", "   text")
        ),
        max_size=9,
    )
)
def test_layouts_of_common_lines(lines: list[str]) -> None:
    check(FastReader(), "\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1", "a: *x", "a: !!str 1", "a: yes", "a: ~", "a: 0x1F", "a: 012", "a: 1_000", "a: .inf", "a: inf", "nan: 1", "yes: 1", "1: a", "a: 1.0", "a: 1e3",
        "a:\tb", "a: b\x00", "a: \x07", "? a\n: b", "a: |2\n   x", "- - a", "a: b: c", "<<: {a: 1}", "a: 'x\n\n  y'", "%YAML 1.1", "a: b\n...", "[a, b]",
        "a: \u2028", "a: \x85", "a: \ufeff", "x", "", "# only a comment", "a: 'b' c", "a:\n b: 1\n  c: 2", "a: 1\n- b", "- a\nb: 1", "a: \"\\x41\"", "a: [yes]",
        'a:\n- b:\n  - ""\n    c: 1', "a: 99999999999999999999",
    ],
)  # fmt: skip
def test_what_needs_care_is_left_alone(text: str) -> None:
    assert FastReader().read([text.encode("utf-8", "surrogatepass")]) == [None]


def test_bytes_that_are_no_text_are_left_alone() -> None:
    assert FastReader().read([b"a: \xff", b"a: \xed\xa0\x80", b"b: 1"]) == [None, None, b'{"b":1}']


def test_a_repeated_key_is_left_alone() -> None:
    assert FastReader().read([b"a: 1\nb: 2\na: 3", b'x: "\\":"\nz: 1', b"c: 1"]) == [
        None,
        b'{"x":"\\":","z":1}',
        b'{"c":1}',
    ]


def test_one_broken_document_does_not_spoil_its_neighbours(capfd: pytest.CaptureFixture[str]) -> None:
    documents = [b"a: 1", b"b:\n- c\n d: 1", b"e: {f: 1}", b"a: b\n  c: d", b"- x"]
    assert FastReader().read(documents) == [b'{"a":1}', None, b'{"e":{"f":1}}', None, b'["x"]']
    assert capfd.readouterr() == ("", "")


def test_rapidyaml_is_silent_when_it_refuses(capfd: pytest.CaptureFixture[str]) -> None:
    # The grammar lets nothing through that rapidyaml refuses, so it is asked directly.
    assert FastReader()._emit(bytearray(b"a: [")) is None
    assert capfd.readouterr() == ("", "")


def test_deep_and_wide_documents_fit() -> None:
    deep = "\n".join(" " * level + f"k{level}:" for level in range(55)) + "\n" + " " * 55 + "end: 1"
    wide = "\n".join(f"key{number}: {'x' * 50}" for number in range(5_000))
    for text in (deep, wide):
        assert check(FastReader(), text) == "fast"
    for depth in (75, 100):  # past what rapidyaml writes, and past what the grammar knows
        assert check(FastReader(), "\n".join(" " * level + "k:" for level in range(depth))) == "careful"


@pytest.mark.oracle
def test_as_upstream(oracle: Oracle) -> None:
    texts = [*careless(4, CASES)]
    reader = FastReader()
    wrong: list[object] = []
    counts: Counter[str] = Counter()
    for text, upstream in zip(texts, oracle.yaml(text + "\n" for text in texts), strict=True):
        document = text.encode("utf-8", "surrogatepass")
        (answer,) = reader.read([document])
        who = "careful" if answer is None else "fast"
        try:
            value = careful.read(document + b"\n").value if answer is None else msgspec.json.decode(answer)
        except Unreadable as error:
            if upstream.error is None and not upstream.unstable and not is_by_design(error.reason, WE_REFUSE):
                wrong.append((text, upstream.json, error.reason))
            continue
        if upstream.unstable:
            continue
        if upstream.error is not None:
            if answer is not None or not is_by_design(upstream.error, THEY_REFUSE):
                wrong.append((text, upstream.error, value))
        elif not same(upstream.value, value):
            wrong.append((text, upstream.json, value))
        else:
            counts[who] += 1
    print(len(texts), "texts, same value:", dict(counts), len(wrong), "disagreements")
    assert not wrong, (len(wrong), wrong[:5])
    assert counts["fast"] > CASES // 6
