"""Lines found by indentation and by brackets against libyaml's marks."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.state.yaml.manifests import MANIFESTS, careless

from seawall.sources.state.lines import LineIndex, Lines, lines_by_indent, lines_by_marks, lines_in, lines_of_json
from seawall.sources.state.yaml.fast import FastReader


def agree(ours: Lines, marks: Lines, text: str) -> None:
    """By indentation the entries of a flow collection on one line are not looked into: they stand on their parent's line."""
    index = LineIndex(ours)
    for path, line in marks.items():
        assert index.line_of(path) == line, (path, text)
    assert ours.keys() <= marks.keys(), (ours.keys() - marks.keys(), text)


def test_indentation_against_marks() -> None:
    reader = FastReader()
    compared = 0
    for text in (*MANIFESTS, *careless(11, 4_000)):
        document = text.removesuffix("\n").encode("utf-8", "surrogatepass")
        paths = reader.paths(document)
        if paths is None or reader.read([document]) == [None]:
            continue
        agree(lines_by_indent(paths, 7), lines_by_marks(document + b"\n", 7), text)
        compared += 1
    print(compared, "documents")
    assert compared > 800


def test_what_is_not_remembered_is_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps are told from many, and many from none; those of one document lead through the next."""
    documents = [text.removesuffix("\n").encode() for text in MANIFESTS]
    remembering = FastReader()
    answers = [remembering.paths(document) for document in (*documents, *documents)]
    assert None not in answers
    for room in (0, 1, 7):
        monkeypatch.setattr("seawall.sources.state.yaml.paths._REMEMBERED", room)
        forgetful = FastReader()
        assert [forgetful.paths(document) for document in (*documents, *documents)] == answers


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\{[,:} é', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc./ ", max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text("abcé", min_size=1, max_size=3), _JSON, min_size=1, max_size=4),
    st.sampled_from((None, 0, 2, 4)),
)
def test_brackets_against_marks(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    assert lines_of_json(text.encode(), 3) == lines_by_marks(text.encode(), 3)


TEXT = """\
# A comment.
kind: Deployment
metadata:
  name: web
  annotations:
    example.com/a.b: x
    "quoted.key": y
spec:
  template:
    spec:
      containers:
      - name: one

        image: a
      - image: b
        name: two
        command: ["sh",
          "-c"]
        args:
        - |
          first
          second
        - third
      hostNetwork: true
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 12),
        ("kind", 12),
        ("metadata.name", 14),
        ("metadata.namespace", 13),
        ("metadata.annotations.example.com/a.b", 16),
        ('metadata.annotations["example.com/a.b"]', 16),
        ("metadata.annotations['quoted.key']", 17),
        ("metadata.annotations.example.com/missing", 15),
        ("spec.template.spec.containers", 21),
        ("spec.template.spec.containers[0]", 22),
        ("spec.template.spec.containers[0].image", 24),
        ("spec.template.spec.containers[0].securityContext.privileged", 22),
        ("spec.template.spec.containers[1].name", 26),
        ("spec.template.spec.containers[1].command[0]", 27),
        ("spec.template.spec.containers[1].command[1]", 28),
        ("spec.template.spec.containers[1].args[1]", 33),
        ("spec.template.spec.containers[7].image", 21),
        ("spec.template.spec.hostNetwork", 34),
        ("spec.replicas", 18),
        ("status", 12),
    ],
)
def test_the_line_of_a_field_or_its_nearest_ancestor(path: str, line: int) -> None:
    """The list that goes on over two lines sends the document to libyaml's marks; without it, to its indentation."""
    reader = FastReader()
    assert reader.paths(TEXT.encode()) is None
    assert LineIndex(lines_in(TEXT.encode(), 11, reader)).line_of(path) == line
    plain = TEXT.replace('"sh",\n          "-c"]', '"sh", "-c"]\n')
    if "command[1]" not in path:
        assert LineIndex(lines_in(plain.encode(), 11, reader)).line_of(path) == line


def test_json_on_one_line_has_one_line() -> None:
    assert LineIndex(lines_in(b'{"a": {"b": 1}}', 5, FastReader())).line_of("a.b") == 5


def test_keys_are_named_as_kubernetes_reads_them() -> None:
    assert lines_by_marks(b"on: 1\n0x10: 2\n'on': 3\n", 1) == {"": 1, "true": 1, "16": 2, "on": 3}


def test_keys_with_line_ends_do_no_harm() -> None:
    index = LineIndex(lines_by_marks(b'"a\\nb\\t1": 1\nc: 2\n', 1))
    assert (index.line_of("c"), index.line_of("a"), index.line_of("b")) == (2, 1, 1)


def test_every_path_of_a_manifest_is_found() -> None:
    reader = FastReader()
    for manifest in MANIFESTS:
        document = manifest.removesuffix("\n").encode()
        (answer,) = reader.read([document])
        assert answer is not None
        index = LineIndex(lines_in(document, 1, reader))
        texts = document.decode().split("\n")
        for path, key in _paths(msgspec.json.decode(answer), ""):
            assert key in texts[index.line_of(path) - 1], (path, key)


def _paths(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [
            pair
            for key, entry in value.items()
            for pair in ((f"{path}.{key}".removeprefix("."), key), *_paths(entry, f"{path}.{key}".removeprefix(".")))
        ]
    if isinstance(value, list):
        return [pair for number, entry in enumerate(value) for pair in _paths(entry, f"{path}[{number}]")]
    return []
