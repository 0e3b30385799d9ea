"""The difference between two texts as `patch` and `git apply` take it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

CONTEXT = 3
"""Lines shown around a change."""

_ALIKE = 4
"""So many equal lines end a difference."""
_FAR = 400
"""A difference of more lines is compared with all that follows."""

Operation = tuple[str, int, int, int, int]


def unified(before: str, after: str, name: str, hidden: Callable[[int, str], bool] | None = None) -> str:
    """A unified diff; "" where the texts are the same. `name` is the path of both.

    Lines around a change end where one is `hidden`, by its number in `before` (from 0) and its text: what changes is always shown.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    prefix = "" if name.startswith("/") else "/"
    lines = [f"--- a{prefix}{name}\n", f"+++ b{prefix}{name}\n"]
    for group in _hunks(old, new, hidden):
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


def _hunks(
    old: Sequence[str], new: Sequence[str], hidden: Callable[[int, str], bool] | None
) -> Iterator[list[Operation]]:
    """The changes with what is shown around them, those together whose surroundings meet."""
    hunk: list[Operation] = []
    for tag, i, j, k, m in _joined(_operations(old, new)):
        if tag != "equal":
            hunk.append((tag, i, j, k, m))
            continue
        near = min(CONTEXT, j - i)
        behind = _shown(range(i, i + near), old, hidden)
        before = _shown(range(j - 1, j - 1 - near, -1), old, hidden)
        last = (j, m) == (len(old), len(new))
        if hunk and behind == before == near and 2 * near >= j - i and not last:
            hunk.append((tag, i, j, k, m))
            continue
        if hunk:
            yield [*hunk, ("equal", i, i + behind, k, k + behind)] if behind else hunk
        hunk = [("equal", j - before, j, m - before, m)] if before and not last else []
    if hunk:
        yield hunk


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


def _shown(lines: range, old: Sequence[str], hidden: Callable[[int, str], bool] | None) -> int:
    """How many of the lines may be shown, up to the first that is hidden."""
    if hidden is None:
        return len(lines)
    return next((count for count, number in enumerate(lines) if hidden(number, old[number])), len(lines))


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
