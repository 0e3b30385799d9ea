"""Differences between texts, applied again by a plain reader of patches."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.render.unified import unified

LINE = st.sampled_from(["a\n", "b\n", "  c: 1\n", "---\n", "\n"])


def patched(text: str, diff: str) -> str:
    """The text after a unified diff, hunk by hunk."""
    lines, result, at = text.splitlines(keepends=True), [], 0
    for hunk in re.split(r"(?m)^(?=@@ )", diff)[1:]:
        header, *body = hunk.splitlines(keepends=True)
        start, count = (int(number) for number in (re.match(r"@@ -(\d+)(?:,(\d+))?", header) or [""]).groups("1"))
        begin = start if count == 0 else start - 1
        result += lines[at:begin]
        at = begin
        for number, line in enumerate(body):
            sign, rest = line[0], line[1:]
            if number + 1 < len(body) and body[number + 1].startswith("\\"):
                rest = rest.removesuffix("\n")
            if sign in " -":
                assert lines[at] == rest
                at += 1
            if sign in " +":
                result.append(rest)
    return "".join(result + lines[at:])


@given(st.lists(LINE, max_size=40), st.lists(LINE, max_size=40), st.booleans())
def test_applied_it_gives_the_other_text(old: list[str], new: list[str], last: bool) -> None:
    before = "".join(old) + ("" if last else "end")
    after = "".join(new) + ("" if last else "fin")
    diff = unified(before, after, "x.yaml")
    assert (diff == "") == (before == after)
    assert patched(before, diff) == after


@given(st.lists(LINE, max_size=40), st.lists(LINE, max_size=40))
def test_what_is_hidden_is_not_shown_around_a_change(old: list[str], new: list[str]) -> None:
    before, after = "".join(old), "".join(new)
    diff = unified(before, after, "x.yaml", lambda _, line: line.startswith("  c"))
    assert patched(before, diff) == after
    assert "\n   c" not in diff


@pytest.mark.parametrize("seed", range(20))
def test_a_few_edits_in_a_long_text_are_just_those(seed: int) -> None:
    random = Random(seed)
    old = [f"line {number % 50}\n" for number in range(5_000)]
    new = list(old)
    for _ in range(10):
        new.insert(random.randrange(len(new)), f"new {random.random()}\n")
        del new[random.randrange(len(new))]
    diff = unified("".join(old), "".join(new), "long.json")
    assert patched("".join(old), diff) == "".join(new)
    signs = [line[0] for line in diff.splitlines()[2:]]
    assert signs.count("+") + signs.count("-") <= 20


def test_the_head_names_the_file() -> None:
    assert unified("a\n", "b\n", "web/pod.yaml") == "--- a/web/pod.yaml\n+++ b/web/pod.yaml\n@@ -1 +1 @@\n-a\n+b\n"
    assert unified("a\n", "b\n", "/tmp/pod.yaml").startswith("--- a/tmp/pod.yaml\n")
