"""A report for a terminal: the answer, a row a cause, what was not known, the next command."""

from __future__ import annotations

import io
from collections.abc import Iterator

from seawall.model.finding import Severity, Status
from seawall.model.report import Report
from seawall.render.grouping import Group, by_rule, coverage_lines, headline

COLOURS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


_SEVERITY, _OBJECTS, _WHAT = len("SEVERITY"), len("OBJECTS"), 30
_GAP, _LEAST, _PLACE = 3, 28, 24
"""Between columns: the padding and the box's own divider; the least for an object; the least for a place beside it."""


def grouped(report: Report, *, colour: bool, width: int) -> str:
    """One row a rule, worst first. `width` is the terminal's, in columns."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out, force_terminal=colour, no_color=not colour, width=width, highlight=False, emoji=False, markup=False
    )
    console.print(headline(report), style="bold")
    groups = by_rule(report)
    if groups:
        console.print()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, _GAP - 1, 0, 0))
        rule, what = max(len(group.rule) for group in groups), _WHAT if width >= 120 else 0
        room = width - sum(wide + _GAP for wide in (_SEVERITY, _OBJECTS, what) if wide) - _GAP
        where = max(_LEAST, room - rule)
        table.add_column("SEVERITY", no_wrap=True, width=_SEVERITY)
        table.add_column("RULE", overflow="fold", width=min(rule, room - where))
        table.add_column("OBJECTS", justify="right", no_wrap=True, width=_OBJECTS)
        if what:
            table.add_column("WHAT", overflow="fold", width=what)
        table.add_column("WHERE", overflow="fold", width=where)
        for group in groups:
            cells = [
                Text(group.severity.value, style=COLOURS[group.severity]),
                Text(group.rule),
                Text(f"{group.objects:,}"),
            ]
            if what:
                cells.append(Text(group.title))
            table.add_row(*cells, Text(_where(group, where)))
        console.print(table)
    for line in _closing(report):
        console.print(line, soft_wrap=True)
    return out.getvalue()


def _where(group: Group, room: int) -> str:
    """The first object, its place and how many objects more; a place too long for the room loses its beginning, not its line."""
    first = group.findings[0]
    more = f"  +{group.objects - 1:,} more" if group.objects > 1 else ""
    if not first.file:
        return f"{first.owner}{more}"
    left = room - len(f"{first.owner} {more}")
    if left < len(first.place) and left < _PLACE:
        return f"{first.owner}{more}\n{_end(first.place, room)}"
    return f"{first.owner} {_end(first.place, left)}{more}"


def _end(place: str, room: int) -> str:
    """The end of a place, from a folder's name on where that fits."""
    if len(place) <= room:
        return place
    tail = place[len(place) - room + 1 :]
    return "…" + tail[max(0, tail.find("/")) :]


def wide(report: Report, *, colour: bool) -> str:
    """One line a finding: place, severity, rule, object, path and message; greppable, and as fast as printing."""
    lines = [headline(report)]
    if any(finding.status is Status.FAIL for finding in report.shown):
        lines.append("")
    mark = _PAINT if colour else {severity: severity.value for severity in Severity}
    for finding in report.shown:
        if finding.status is Status.FAIL:
            place = f"{finding.place}: " if finding.file else ""
            message = f" {finding.message}" if finding.message else ""
            times = f" (x{finding.count})" if finding.count > 1 else ""
            lines.append(
                f"{place}{mark[finding.severity]} {finding.rule} {finding.owner} {finding.path}{message}{times}"
            )
    lines.extend(_closing(report))
    return "\n".join(lines) + "\n"


def coverage(report: Report) -> str:
    """What was read and what was not, a line each."""
    return "\n".join(coverage_lines(report)) + "\n"


def _closing(report: Report) -> Iterator[str]:
    skipped = [finding for finding in report.findings if finding.status is Status.SKIPPED]
    if skipped:
        yield ""
        yield "Accepted:"
        for finding in skipped[:20]:
            kept = finding.suppression
            assert kept is not None
            yield f"  {finding.rule} {finding.owner} until {kept.until} by {kept.owner}: {kept.reason}"
        if len(skipped) > 20:
            yield f"  … and {len(skipped) - 20:,} more (-o json lists them)"
    if report.baseline is not None and report.baseline.resolved:
        yield ""
        yield "Resolved:"
        for finding in report.baseline.resolved[:20]:
            yield f"  {finding.rule} {finding.owner} {finding.path}".rstrip()
        if len(report.baseline.resolved) > 20:
            yield f"  … and {len(report.baseline.resolved) - 20:,} more (-o json lists them)"
    gaps = [line for line in coverage_lines(report) if not line.startswith(("read:", "out of scope:"))]
    if gaps:
        yield ""
        yield "Not known:"
        for line in gaps[:8]:
            yield f"  {line}"
        if len(gaps) > 8:
            yield f"  … and {len(gaps) - 8:,} more (--coverage lists them)"
    groups = by_rule(report)
    if groups:
        yield ""
        yield f"Next: seawall explain {groups[0].rule}"


_CODES = {
    Severity.CRITICAL: "1;37;41",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}
_PAINT = {severity: f"\x1b[{code}m{severity.value}\x1b[0m" for severity, code in _CODES.items()}
