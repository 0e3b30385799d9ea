"""Changes cut into texts, held against the plain way: decode, change the value, look at what the text says afterwards."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.state.styled import manifest, stream

from seawall.model.finding import Change
from seawall.sources.state.lines import lines_by_marks
from seawall.sources.state.mending import Mended, Wanted, mend
from seawall.sources.state.reading import Reading
from seawall.sources.state.texts import Text
from seawall.sources.state.yaml.split import normalised
from seawall.sources.state.yaml.stream import value_of
from seawall.spi.source import StateOptions

SEEDS = st.integers(0, 2**32)


def read(received: bytes) -> Text:
    reading = Reading(StateOptions())
    text = Text(normalised(received), reading.fast)
    reading.read_text("x.yaml", text)
    return text


def mended(received: bytes, *wanted: Wanted) -> Mended:
    return mend(received, read(received), wanted)


def values_in(received: bytes) -> list[Any]:
    text = read(received)
    return [value_of(text.text[place.start : place.end], text.fast) for place in text.places]


def plainly(value: Any, change: Change) -> Any:
    """The change, made step by step on a copy of the decoded object."""
    value = copy.deepcopy(value)
    way = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", change.path)]
    at: Any = value
    trail: list[tuple[Any, Any]] = []
    for step in way[:-1]:
        if isinstance(at, dict) and at.get(step) is None:
            if change.op == "unset":
                return value
            at[step] = {}
        trail.append((at, step))
        at = at[step]
    last = way[-1]
    if change.op == "set":
        at[last] = change.value
    elif change.op == "append":
        held = at.get(last) or []
        at[last] = held if change.value in held else [*held, change.value]
    elif last in at:
        del at[last]
        while trail and at == {} and isinstance(trail[-1][1], str):
            at, step = trail.pop()
            del at[step]
    return value


def changes_for(random: Random, value: dict[str, Any]) -> list[Change]:
    """Changes as checks ask for them, to a pod or a template of pods."""
    at = "spec.template.spec" if value["kind"] == "Deployment" else "spec"
    pod = value["spec"]["template"]["spec"] if value["kind"] == "Deployment" else value["spec"]
    found = [
        Change("unset", f"{at}.hostNetwork"),
        Change("unset", f"{at}.nodeName"),
        Change("set", f"{at}.automountServiceAccountToken", False),
        Change("set", f"{at}.securityContext.seccompProfile.type", "RuntimeDefault"),
    ]
    for number, container in enumerate(pod["containers"]):
        here = f"{at}.containers[{number}].securityContext"
        found += [
            Change("unset", f"{here}.privileged"),
            Change("set", f"{here}.allowPrivilegeEscalation", False),
            Change("set", f"{here}.runAsNonRoot", True),
            Change("append", f"{here}.capabilities.drop", "ALL"),
            Change("unset", f"{here}.procMount"),
        ]
        if (container.get("securityContext") or {}).get("capabilities", {}) and "add" in container["securityContext"][
            "capabilities"
        ]:
            found.append(Change("set", f"{here}.capabilities.add", ["CHOWN"]))
        if "ports" in container:
            found.append(Change("unset", f"{at}.containers[{number}].ports[0].hostPort"))
    return random.sample(found, random.randint(1, len(found)))


def comments(text: str) -> Counter[str]:
    return Counter(re.findall(r"# remark \d+", text))


@settings(max_examples=300, deadline=None)
@given(SEEDS)
def test_the_text_says_what_the_changed_value_says_and_nothing_else_moves(seed: int) -> None:
    random = Random(seed)
    values = [manifest(random) for _ in range(random.randint(1, 3))]
    text = stream(random, values)
    new_line = random.choice(("\n", "\n", "\r\n"))
    received = random.choice((b"", b"", b"\xef\xbb\xbf")) + text.replace("\n", new_line).encode()
    assert values_in(received) == values, "the writer and the reader disagree"
    chosen = random.randrange(len(values))
    changes = changes_for(random, values[chosen])

    result = mended(received, *(Wanted(chosen, change) for change in changes))

    assert not result.refused
    expected = values[chosen]
    for change in changes:
        expected = plainly(expected, change)
    after = values_in(result.content)
    assert json.dumps(after[chosen], sort_keys=True) == json.dumps(expected, sort_keys=True)
    assert comments(result.content.decode()) == comments(received.decode())
    # Byte for byte the same around the document, and line ends of the same kind in it.
    old, new = read(received).places[chosen], read(result.content).places[chosen]
    plain_old, plain_new = normalised(received), normalised(result.content)
    assert plain_new[: new.start] == plain_old[: old.start]
    assert plain_new[new.end :] == plain_old[old.end :]
    assert result.content.startswith(b"\xef\xbb\xbf") == received.startswith(b"\xef\xbb\xbf")
    if new_line == "\r\n":
        assert result.content.count(b"\n") == result.content.count(b"\r\n")
    else:
        assert b"\r" not in result.content
    lines_that_went(plain_old[old.start : old.end], plain_new[new.start : new.end], changes)
    # And once more is no change.
    again = mended(result.content, *(Wanted(chosen, change) for change in changes))
    assert again.content == result.content


def lines_that_went(old: bytes, new: bytes, changes: list[Change]) -> None:
    """A line that is not there any more led to a changed field, or to what holds it."""
    paths: dict[int, list[str]] = {}
    for path, line in lines_by_marks(old, 1).items():
        paths.setdefault(line, []).append(path)
    may_go = Counter(
        line.strip(b" -")
        for number, line in enumerate(old.split(b"\n"), start=1)
        if any(
            change.path.startswith(path) or path.startswith(change.path)
            for path in paths.get(number, [])
            for change in changes
        )
    )
    went = Counter(line.strip(b" -") for line in old.split(b"\n"))
    went.subtract(line.strip(b" -") for line in new.split(b"\n"))
    for line, times in went.items():
        assert not line or times <= may_go[line], line


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_what_an_anchor_shares_is_changed_right_or_not_at_all(seed: int) -> None:
    random = Random(seed)
    value = manifest(random)
    received = stream(random, [value], anchors=True).encode()
    assert values_in(received) == [value]
    changes = changes_for(random, value)
    result = mended(received, *(Wanted(0, change) for change in changes))
    expected = value
    for one in result.made:
        expected = plainly(expected, one.change)
    assert json.dumps(values_in(result.content)[0], sort_keys=True) == json.dumps(expected, sort_keys=True)
    assert len(result.made) + len(result.refused) == len(changes)
    assert comments(result.content.decode()) == comments(received.decode())


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_json_keeps_its_indentation(seed: int) -> None:
    random = Random(seed)
    value = manifest(random)
    items = {"apiVersion": "v1", "kind": "List", "items": [value, manifest(random)]}
    whole = random.choice((value, items))
    written = random.choice(({"indent": 2}, {"indent": 4}, {"indent": 1}, {}, {"separators": (",", ":")}))
    received = json.dumps(whole, **written).encode()
    changes = changes_for(random, value)
    result = mended(received, *(Wanted(0, change) for change in changes))
    assert not result.refused
    expected = value
    for change in changes:
        expected = plainly(expected, change)
    if whole is items:
        expected = {**items, "items": [expected, items["items"][1]]}
    assert json.loads(result.content) == expected
    assert result.content.decode() == json.dumps(json.loads(result.content), **written), "written as the rest is"


YAML_LIST = b"""\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ServiceAccount
  metadata: {name: a}
  # about b
- apiVersion: v1
  kind: ServiceAccount
  metadata: {name: b}
"""


def test_an_item_of_a_list_is_changed_in_its_list() -> None:
    result = mended(YAML_LIST, Wanted(1, Change("set", "automountServiceAccountToken", False)))
    assert result.content == YAML_LIST + b"  automountServiceAccountToken: false\n"


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("a: {}  # c\n", Change("set", "a.b.c", 1), "a:  # c\n  b:\n    c: 1\n"),
        ("a:  # c\nb: 1\n", Change("set", "a.b", "x"), "a:  # c\n  b: x\nb: 1\n"),
        ("a: 'x'   # c\n", Change("set", "a", "yes"), 'a: "yes"   # c\n'),
        ("a:\n- b: 1  # one\n  c: 2\n", Change("unset", "a[0].b"), "a:\n# one\n- c: 2\n"),
        ("a:\n  b: 1 # one\nc: 2\n", Change("unset", "a.b"), "# one\nc: 2\n"),
        ("a: {b: 1, c: 2}\n", Change("unset", "a.c"), "a: {b: 1}\n"),
        ("a: [x,y]\n", Change("append", "a", "z"), "a: [x,y,z]\n"),
        ("a:\n    - x # c\n\nb: 1\n", Change("append", "a", "z"), "a:\n    - x # c\n    - z\n\nb: 1\n"),
        ("a:\n- x\n- y # c\n- z\n", Change("set", "a", ["x", "z"]), "a:\n- x\n# c\n- z\n"),
        ("metadata:\n  labels:\n    a.b/c: x\n", Change("set", "metadata.labels.a.b/c", "z"), "metadata:\n  labels:\n    a.b/c: z\n"),
        ("a: |\n  text\n\n# c\nb: 1", Change("set", "c", True), "a: |\n  text\n\n# c\nb: 1\nc: true"),
        ("b: 1\na:\n  <<: {x: 1}\n  y: 2\n", Change("set", "a.x", 3), "b: 1\na:\n  <<: {x: 1}\n  y: 2\n  x: 3\n"),
    ],
)  # fmt: skip
def test_how_it_looks(before: str, change: Change, after: str) -> None:
    head = "apiVersion: v1\nkind: ConfigMap\n"
    assert mended((head + before).encode(), Wanted(0, change)).content.decode() == head + after


@pytest.mark.parametrize(
    ("body", "change", "why"),
    [
        ("a: &x {p: 1}\nb: *x\n", Change("set", "a.p", 2), "anchor"),
        ("a: {p: 1, # c\n  q: 2}\n", Change("unset", "a.p"), "comment"),
        ("a: text\n", Change("set", "a.b", 1), "no mapping"),
        ("a: [1]\n", Change("set", "a[3].b", 1), "no entry 3"),
        ("base: &b {x: 1}\na:\n  <<: *b\n  y: 2\n", Change("unset", "a.x"), "merge"),
        ("a: 1\na: 2\n", Change("unset", "a"), "twice"),
        ("a: |+\n  text\n\n\n", Change("set", "c", 1), "empty lines"),
    ],
)
def test_what_can_not_be_done_is_left_alone(body: str, change: Change, why: str) -> None:
    received = f"apiVersion: v1\nkind: ConfigMap\n{body}".encode()
    result = mended(received, Wanted(0, change))
    assert result.content == received
    assert why in result.refused[0].why
