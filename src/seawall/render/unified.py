"""The difference between two texts as `patch` and `git apply` take it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

CONTEXT = 3
"""Lines shown around a change."""

_ALIKE = 4
"""So many equal lines end a difference."""
_FAR = 400
"""A difference of more lines is compared with all that follows."""

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
    """How `old` becomes `new`. Comparing long texts as a whole takes long, and here most lines are the same: only what differs is compared, up to where
    the texts run alike again."""
    i = j = 0
    while i < len(old) or j < len(new):
        same = _run(old, i, new, j)
        if same:
            yield "equal", i, i + same, j, j + same
            i, j = i + same, j + same
            continue
        gone, come = _apart(old, i, new, j)
        for tag, a, b, c, d in SequenceMatcher(
            None, old[i : i + gone], new[j : j + come], autojunk=False
        ).get_opcodes():
            yield tag, i + a, i + b, j + c, j + d
        i, j = i + gone, j + come


def _run(old: Sequence[str], i: int, new: Sequence[str], j: int) -> int:
    """How many lines are the same from here on."""
    end = min(len(old) - i, len(new) - j)
    return next((n for n in range(end) if old[i + n] != new[j + n]), end)


def _apart(old: Sequence[str], i: int, new: Sequence[str], j: int) -> tuple[int, int]:
    """How many lines of each differ until `_ALIKE` lines are the same again: as few as can be, or all where it takes more than `_FAR`."""
    for total in range(1, min(_FAR, len(old) - i + len(new) - j) + 1):
        for gone in range(max(0, total - (len(new) - j)), min(total, len(old) - i) + 1):
            after = old[i + gone : i + gone + _ALIKE]
            if after == new[j + total - gone : j + total - gone + _ALIKE]:
                return gone, total - gone
    return len(old) - i, len(new) - j
