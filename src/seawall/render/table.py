"""A report for a terminal: the answer, a row a cause, what was not known, the next command."""

from __future__ import annotations

import io
from collections.abc import Iterator

from seawall.model.finding import Severity, Status
from seawall.model.report import Report
from seawall.render.grouping import by_rule, coverage_lines, headline, places

COLOURS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


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
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
        table.add_column("SEVERITY", no_wrap=True)
        table.add_column("RULE", no_wrap=True)
        table.add_column("OBJECTS", justify="right", no_wrap=True)
        roomy = width >= 120
        if roomy:
            table.add_column("WHAT", ratio=2, overflow="fold")
        table.add_column("WHERE", ratio=3, overflow="ellipsis", no_wrap=True)
        for group in groups:
            shown, more = places(group.findings, 1)
            where = shown[0] + (f"  +{more:,} more" if more else "")
            cells = [
                Text(group.severity.value, style=COLOURS[group.severity]),
                Text(group.rule),
                Text(f"{group.objects:,}"),
            ]
            if roomy:
                cells.append(Text(group.title))
            table.add_row(*cells, Text(where))
        console.print(table)
    for line in _closing(report):
        console.print(line, soft_wrap=True)
    return out.getvalue()


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
