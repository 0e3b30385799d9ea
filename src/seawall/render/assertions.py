"""Tests with an outcome each (`pass`, `fail`, `unknown`) as JUnit XML and as SARIF."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

import msgspec

Outcome = tuple[str, str, str]
"""Name, outcome, reason."""


def junit(tests: Sequence[Outcome]) -> str:
    """A test case each; what cannot be told is an error."""
    failures = sum(outcome == "fail" for _, outcome, _ in tests)
    errors = sum(outcome == "unknown" for _, outcome, _ in tests)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f'<testsuite name="seawall policy" tests="{len(tests)}" failures="{failures}" errors="{errors}" skipped="0">'
    )
    for name, outcome, reason in tests:
        tag = {"fail": "failure", "unknown": "error"}.get(outcome)
        body = f"<{tag} message={quoteattr(reason)}/>" if tag else ""
        lines.append(f'<testcase classname="seawall.policy" name={quoteattr(name)}>{body}</testcase>')
    lines.append("</testsuite>")
    return "\n".join(lines) + "\n"


def sarif(tests: Sequence[Outcome], file: str) -> str:
    """A result for each test that does not pass, in the file of the tests."""
    results = [
        {
            "ruleId": "policy/assertion",
            "level": "error" if outcome == "fail" else "warning",
            "message": {"text": f"{name}: {'not as expected' if outcome == 'fail' else 'cannot be told'}: {reason}"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": file}}}],
        }
        for name, outcome, reason in tests
        if outcome != "pass"
    ]
    rule = {"id": "policy/assertion", "shortDescription": {"text": "A reachability test does not hold"}}
    run = {"tool": {"driver": {"name": "seawall", "rules": [rule]}}, "results": results}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
