"""A comment on a pull request, as Markdown: what to know first, the answer, tables that fold away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SHOWN = 20


class Table(NamedTuple):
    """A table under a heading; shown folded where it is long."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def comment(title: str, first: Iterable[str], sentences: Iterable[str], tables: Iterable[Table]) -> str:
    """The comment. Of each table the first rows are shown, and how many more there are."""
    lines = [f"### Seawall: {title}", ""]
    warnings = [f"> - {_inline(one)}" for one in first]
    if warnings:
        lines += ["> **First:**", *warnings, ""]
    for sentence in sentences:
        lines += [_inline(sentence), ""]
    for table in tables:
        if not table.rows:
            continue
        long = len(table.rows) > 5
        if long:
            lines += [f"<details><summary>{_inline(table.heading)}</summary>", ""]
        else:
            lines += [f"**{_inline(table.heading)}**", ""]
        lines.append("| " + " | ".join(table.columns) + " |")
        lines.append("|" + "---|" * len(table.columns))
        lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in table.rows[:_SHOWN]]
        if len(table.rows) > _SHOWN:
            lines += ["", f"… and {len(table.rows) - _SHOWN:,} more"]
        lines += ["", "</details>", ""] if long else [""]
    return "\n".join(lines).rstrip() + "\n"


def _inline(text: str) -> str:
    return text.replace("\n", " ").replace("<", "&lt;")


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")
