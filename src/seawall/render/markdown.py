"""A report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.model.finding import Status
from seawall.model.report import Report
from seawall.render.grouping import by_rule, coverage_lines, headline, places


def report(result: Report) -> str:
    """The answer, a table by cause, folded places, and what was not known."""
    lines = [f"### Seawall: {headline(result)}", ""]
    groups = by_rule(result)
    if groups:
        lines += ["| severity | rule | objects | what |", "|---|---|---:|---|"]
        lines += [
            f"| {group.severity.value} | `{group.rule}` | {group.objects:,} | {_cell(group.title)} |"
            for group in groups
        ]
        lines += ["", "<details><summary>Where</summary>", ""]
        for group in groups:
            shown, more = places(group.findings, 10)
            lines.append(
                f"- `{group.rule}`: "
                + "; ".join(f"`{_cell(place)}`" for place in shown)
                + (f" and {more:,} more" if more else "")
            )
        lines += ["", "</details>", ""]
    accepted = [finding for finding in result.findings if finding.status is Status.SKIPPED]
    if accepted:
        lines += ["**Accepted**", ""]
        for finding in accepted:
            kept = finding.suppression
            assert kept is not None
            lines.append(f"- `{finding.rule}` {finding.owner} until {kept.until} by {kept.owner}: {_cell(kept.reason)}")
        lines.append("")
    if result.baseline is not None and result.baseline.resolved:
        lines += ["**Resolved**", ""]
        lines += [f"- `{one.rule}` {_cell(str(one.owner))} `{_cell(one.path)}`" for one in result.baseline.resolved]
        lines.append("")
    gaps = [line for line in coverage_lines(result) if not line.startswith("read:")]
    if gaps:
        lines += ["**Not known**", "", *(f"- {_cell(line)}" for line in gaps), ""]
    return "\n".join(lines)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table and an empty one behind it; nothing where there are no rows."""
    if not rows:
        return []
    return [
        f"| {' | '.join(headings)} |",
        f"|{'---|' * len(headings)}",
        *(f"| {' | '.join(map(_cell, row))} |" for row in rows),
        "",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")
