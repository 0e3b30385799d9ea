"""The careful reader against sigs.k8s.io/yaml itself, and within its budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from tests.oracle import Oracle
from tests.oracle.generate import yaml_text
from tests.sources.state.yaml.agreement import THEY_REFUSE, WE_REFUSE, is_by_design, same

from seawall.sources.state.yaml import careful
from seawall.sources.state.yaml.document import Unreadable

CASES = 10_000


def disagreements(oracle: Oracle, texts: Iterable[str]) -> tuple[list[object], Counter[str]]:
    asked = list(texts)
    wrong: list[object] = []
    counts: Counter[str] = Counter()
    for text, upstream in zip(asked, oracle.yaml(asked), strict=True):
        if upstream.unstable:
            counts["upstream answers now this, now that"] += 1
            continue
        try:
            value = careful.read(text.encode("utf-8", "surrogatepass")).value
        except Unreadable as error:
            if upstream.error is not None:
                counts["refused by both"] += 1
            elif is_by_design(error.reason, WE_REFUSE):
                counts["refused here by design"] += 1
            else:
                wrong.append((text, upstream.json, error.reason))
            continue
        if upstream.error is not None:
            if is_by_design(upstream.error, THEY_REFUSE):
                counts["refused upstream by design"] += 1
            else:
                wrong.append((text, upstream.error, value))
        elif not same(upstream.value, value):
            wrong.append((text, upstream.json, value))
        else:
            counts["same value"] += 1
    print(len(asked), "texts", dict(counts), len(wrong), "disagreements")
    return wrong, counts


@pytest.mark.oracle
def test_scalars_mean_what_they_mean_upstream(oracle: Oracle) -> None:
    wrong, counts = disagreements(oracle, (f"a: {text}" for text in yaml_text.scalars(1, CASES)))
    assert not wrong, (len(wrong), wrong[:5])
    assert counts["same value"] > CASES * 0.8


@pytest.mark.oracle
def test_keys_mean_what_they_mean_upstream(oracle: Oracle) -> None:
    wrong, counts = disagreements(oracle, (f"{text}: a" for text in yaml_text.scalars(2, CASES // 2)))
    assert not wrong, (len(wrong), wrong[:5])
    assert counts["same value"] > CASES // 2 * 0.7


@pytest.mark.oracle
@pytest.mark.slow
def test_documents_mean_what_they_mean_upstream(oracle: Oracle) -> None:
    wrong, counts = disagreements(oracle, yaml_text.documents(1, CASES))
    assert not wrong, (len(wrong), wrong[:5])
    assert counts["same value"] > CASES * 0.6
    assert counts["refused here by design"] + counts["refused upstream by design"] < CASES * 0.02


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: &a [*a]", "stands inside what it names", 1),
        ("a: *b", "names no anchor", 1),
        ("a: b\n  c: d", "mapping values are not allowed", 2),
        ("a: [1,\nb: 2", "did not find expected", 2),
        ("a: 'x\nb: 2", "unexpected end of stream", 2),
        ("ok: 1\nbad: \x01", "control characters are not allowed", 2),
        ("[" * 300, "nested deeper", 1),
        ("- " * 300 + "x", "nested deeper", 1),
        ("<<: 1", "a merge takes", 1),
        ("[a]: b", "a key may not be a collection", 1),
        ("a: !!int secret", "is no !!int", 1),
    ],
)
def test_refuses_in_one_located_line(text: str, reason: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        careful.read(text.encode())
    assert reason in caught.value.reason
    assert caught.value.line == line
    assert "\n" not in caught.value.reason
    assert "secret" not in caught.value.reason


def test_lines_count_from_the_first_of_the_document() -> None:
    with pytest.raises(Unreadable) as caught:
        careful.read(b"a: 1\nb:\n  c: 1\n d: 2\n", first_line=100)
    assert caught.value.line == 103
    assert "begun at line 100" in caught.value.reason


def bomb(levels: int, width: int) -> bytes:
    lines = (f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]" for level in range(1, levels))
    return "\n".join(("a0: &a0 lol", *lines)).encode()


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    with pytest.raises(Unreadable, match="nearly the whole document comes from aliases"):
        careful.read(bomb(12, 10))


def test_aliases_of_a_large_text_are_refused_by_size() -> None:
    text = b"a: &a " + b"x" * 1_000_000 + b"\nb: [" + b", ".join([b"*a"] * 40) + b"]"
    with pytest.raises(Unreadable, match="larger than 16 MiB"):
        careful.read(text)


def test_aliases_in_moderation_are_read() -> None:
    text = b"base: &base {cpu: 1}\nlist: [*base, *base]\nmerged:\n  <<: *base\n  memory: 2\n"
    assert careful.read(text).value == {
        "base": {"cpu": 1},
        "list": [{"cpu": 1}, {"cpu": 1}],
        "merged": {"cpu": 1, "memory": 2},
    }


def test_a_repeated_key_keeps_the_last_value_and_is_noted() -> None:
    found = careful.read(b"a: 1\nb: 2\na: 3\n", first_line=10)
    assert found.value == {"a": 3, "b": 2}
    (note,) = found.notes
    assert note.line == 12
    assert 'the key "a" stands at line 10 already' in note.what


def test_text_behind_the_end_of_a_document_is_noted() -> None:
    found = careful.read(b"a: 1\n...\nb: 2\n")
    assert found.value == {"a": 1}
    (note,) = found.notes
    assert (note.line, "nor does kubectl" in note.what) == (3, True)


@pytest.mark.parametrize(
    ("size", "reason"), [(9 << 20, "a line is longer than 8 MiB"), (17 << 20, "larger than 16 MiB")]
)
def test_size_is_bounded(size: int, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        careful.read(b"ok: 1\na: " + b"x" * size)
