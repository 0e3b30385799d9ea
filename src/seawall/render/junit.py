"""A report as JUnit XML: a test case for each rule, failed by its findings, in error where it could not be told, skipped where accepted."""

from __future__ import annotations

from collections import defaultdict
from xml.sax.saxutils import escape, quoteattr

from seawall.model.finding import Finding, Severity, Status
from seawall.model.report import Report


def report(result: Report, fail_on: Severity) -> str:
    """Findings below `fail_on` are in the case's output and do not fail it, as with the exit code."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in result.shown:
        by_rule[finding.rule].append(finding)
    cases: list[str] = []
    failures = errors = skipped = 0
    for rule in result.rules:
        found = by_rule.get(rule.id, [])
        fatal = [one for one in found if one.status is Status.FAIL and one.severity.rank >= fail_on.rank]
        quiet = [one for one in found if one.status is Status.FAIL and one.severity.rank < fail_on.rank]
        unknown = [one for one in found if one.status is Status.UNKNOWN]
        accepted = [one for one in found if one.status is Status.SKIPPED]
        body = ""
        if fatal:
            failures += 1
            body = f"<failure message={quoteattr(f'{rule.title}: {len(fatal)}')}>{escape(_lines(fatal))}</failure>"
        elif unknown:
            errors += 1
            body = f"<error message={quoteattr(f'could not be told: {len(unknown)}')}>{escape(_lines(unknown))}</error>"
        elif accepted and not quiet:
            skipped += 1
            body = f"<skipped message={quoteattr(f'accepted: {len(accepted)}')}/>"
        if quiet:
            body += f"<system-out>{escape(_lines(quiet))}</system-out>"
        family = rule.id.partition("/")[0]
        cases.append(
            f"<testcase classname={quoteattr(f'seawall.{family}')} name={quoteattr(rule.id)}>{body}</testcase>"
        )
    gaps = result.coverage.gaps
    if gaps:
        errors += 1
        text = escape("\n".join(f"{gap.reason}: {gap}" for gap in gaps))
        cases.append(
            f'<testcase classname="seawall" name="coverage"><error message="{len(gaps)} gaps">{text}</error></testcase>'
        )
    head = (
        f'<testsuite name="seawall" tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}">'
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "\n" + "\n".join(cases) + "\n</testsuite>\n"


def _lines(findings: list[Finding]) -> str:
    return "\n".join(
        _printable(f"{one.place} {one.owner} {one.path} {one.message or one.why}".strip()) for one in findings
    )


def _printable(text: str) -> str:
    """XML 1.0 has no way to write most control characters."""
    return "".join(char if char in "\t\n\r" or char >= " " else "\N{REPLACEMENT CHARACTER}" for char in text)
