"""What `fix` did, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from seawall.model.finding import Severity


class Row(Protocol):
    """A fault in one place."""

    @property
    def rule(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def why(self) -> str: ...


class File(Protocol):
    @property
    def file(self) -> str: ...
    @property
    def diff(self) -> str: ...
    @property
    def written(self) -> bool: ...


class Fixed(Protocol):
    """The answer of the use case, as far as it is printed."""

    @property
    def files(self) -> Sequence[File]: ...
    @property
    def fixed(self) -> Sequence[Row]: ...
    @property
    def new(self) -> Sequence[Row]: ...
    @property
    def unsafe(self) -> Sequence[Row]: ...
    @property
    def refused(self) -> Sequence[Row]: ...
    @property
    def generated(self) -> Sequence[Row]: ...
    @property
    def left(self) -> dict[str, int]: ...
    @property
    def unknown(self) -> Sequence[str]: ...


SHOWN = 8
"""Lines of a section; more are counted."""


def headline(fixed: Fixed) -> str:
    """One line: what is mended and what is left."""
    written = any(file.written for file in fixed.files)
    did = "fixed" if written else "can be fixed"
    parts = [f"{_findings(len(fixed.fixed))} {did} in {_count(len(fixed.files), 'file')}"]
    if fixed.unsafe:
        parts.append(f"{len(fixed.unsafe):,} more with --unsafe")
    by_hand = sum(fixed.left.values()) + len(fixed.generated) + len(fixed.refused)
    if by_hand:
        parts.append(f"{by_hand:,} by hand{_severities(fixed)}")
    if fixed.new:
        parts.append(f"{len(fixed.new):,} NEW")
    return "; ".join(parts)


def _severities(fixed: Fixed) -> str:
    counts = Counter(fixed.left)
    counts.update(row.severity for row in (*fixed.generated, *fixed.refused))
    listed = [f"{counts[name]:,} {name}" for name in ("critical", "high") if counts[name]]
    return f" ({', '.join(listed)})" if listed else ""


def sections(fixed: Fixed) -> Iterator[tuple[str, list[str]]]:
    """Titles and lines: what needs a person's eye, worst first."""
    if fixed.new:
        yield (
            "New findings, brought by the fixes:",
            _listed(f"{one.severity} {one.rule} {one.place}" for one in fixed.new),
        )
    if fixed.refused:
        yield "Left alone:", _listed(f"{one.place} {one.rule}: {one.why}" for one in fixed.refused)
    if fixed.generated:
        yield (
            "In generated objects, to be changed by hand:",
            _listed(dict.fromkeys(f"{one.place} {one.rule}: {one.why}" for one in fixed.generated)),
        )
    if fixed.unsafe:
        yield (
            "May break the workload (--unsafe):",
            [f"{count:,} x {rule}: {why}" for _, rule, count, why in by_rule(fixed.unsafe)],
        )


def by_rule(rows: Iterable[Row]) -> list[tuple[str, str, int, str]]:
    """Rows as (severity, rule, how many, why), worst first, then most."""
    counts: Counter[tuple[str, str, str]] = Counter((row.severity, row.rule, row.why) for row in rows)
    found = [(severity, rule, count, why) for (severity, rule, why), count in counts.items()]
    return sorted(found, key=lambda one: (-Severity(one[0]).rank, -one[2], one[1]))


def markdown(fixed: Fixed) -> str:
    """The answer as a comment for a pull request."""
    lines = [f"**{headline(fixed)}**", ""]
    if fixed.fixed:
        lines += ["| severity | rule | fixed |", "|---|---|---|"]
        lines += [f"| {severity} | `{rule}` | {count:,} |" for severity, rule, count, _ in by_rule(fixed.fixed)]
        lines.append("")
    for title, rows in sections(fixed):
        lines += [title, "", *(f"* {row}" for row in rows), ""]
    for file in fixed.files:
        fence = "`" * max(3, *(len(run) + 1 for run in _ticks(file.diff)))
        lines += [f"{fence}diff", file.diff.rstrip("\n"), fence, ""]
    return "\n".join(lines)


def _ticks(text: str) -> list[str]:
    """Runs of backticks, which a fence must outnumber."""
    import re

    return ["", *re.findall(r"`{3,}", text)]


def _listed(rows: Iterable[str]) -> list[str]:
    every = list(rows)
    rest = len(every) - SHOWN
    return [*every[:SHOWN], *([f"… and {rest:,} more (-o json lists them)"] if rest > 0 else [])]


def _findings(count: int) -> str:
    return _count(count, "finding")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
