"""The difference between two texts as `patch` and `git apply` take it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

CONTEXT = 3
"""Lines shown around a change."""

Operation = tuple[str, int, int, int, int]


def unified(before: str, after: str, name: str) -> str:
    """A unified diff; "" where the texts are the same. `name` is the path of both."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    prefix = "" if name.startswith("/") else "/"
    lines = [f"--- a{prefix}{name}\n", f"+++ b{prefix}{name}\n"]
    for group in _hunks(old, new):
        (_, begin, _, start, _), (_, _, end, _, stop) = group[0], group[-1]
        lines.append(f"@@ -{_range(begin, end)} +{_range(start, stop)} @@\n")
        for tag, i, j, k, m in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[i:j]]
            else:
                lines += [f"-{line}" for line in old[i:j]] + [f"+{line}" for line in new[k:m]]
    whole = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return whole if len(lines) > 2 else ""


def _range(start: int, end: int) -> str:
    if end - start == 1:
        return str(start + 1)
    return f"{start + 1 if end > start else start},{end - start}"


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[list[Operation]]:
    matcher: SequenceMatcher[str] = SequenceMatcher(None, (), ())
    matcher.opcodes = list(_joined(_operations(old, new)))  # type: ignore[attr-defined]  # what get_grouped_opcodes groups
    return iter(matcher.get_grouped_opcodes(CONTEXT))


def _joined(operations: Iterator[Operation]) -> Iterator[Operation]:
    """Equal stretches that follow one another as one."""
    held: Operation | None = None
    for one in operations:
        if held is not None and held[0] == one[0] == "equal":
            held = "equal", held[1], one[2], held[3], one[4]
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held


def _operations(old: Sequence[str], new: Sequence[str]) -> Iterator[Operation]:
    """How `old` becomes `new`, document by document where both have as many: most are the same, and comparing long texts as a whole takes long."""
    olds, news = _documents(old), _documents(new)
    if len(olds) != len(news):
        olds, news = [(0, len(old))], [(0, len(new))]
    for (i, j), (k, m) in zip(olds, news, strict=True):
        if old[i:j] == new[k:m]:
            yield "equal", i, j, k, m
            continue
        for tag, a, b, c, d in SequenceMatcher(None, old[i:j], new[k:m], autojunk=False).get_opcodes():
            yield tag, i + a, i + b, k + c, k + d


def _documents(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Where documents begin and end, in lines."""
    starts = [0, *(number for number, line in enumerate(lines) if number and line.startswith("---")), len(lines)]
    return [*pairwise(starts)]
