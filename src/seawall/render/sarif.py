"""A report as SARIF 2.1.0, for code scanning. What could not be told becomes a notification, what was accepted a suppression."""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.model.finding import Finding, Severity, Status
from seawall.model.report import Baseline, Report

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub reads a number from 0 to 10 where others read the level.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}


def report(result: Report) -> bytes:
    """The whole report as one SARIF run."""
    indexes = {rule.id: index for index, rule in enumerate(result.rules)}
    titles = {rule.id: rule.title for rule in result.rules}
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "help": {"text": rule.fix or rule.title},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            "properties": {
                "security-severity": _SCORES[rule.severity],
                "tags": ["security", *(f"{name} {place}" for name, ids in rule.frameworks.items() for place in ids)],
            },
        }
        for rule in result.rules
    ]
    results = [
        _result(finding, indexes, titles) | _compared(finding, result.baseline)
        for finding in result.findings
        if finding.status is not Status.UNKNOWN
    ]
    if result.baseline is not None:
        results += [
            _result(finding, indexes, titles) | {"baselineState": "absent"} for finding in result.baseline.resolved
        ]
    notes = [
        {"level": "warning", "message": {"text": f"{finding.rule}: {finding.why}"}, **_at(finding)}
        for finding in result.findings
        if finding.status is Status.UNKNOWN
    ]
    notes += [{"level": "warning", "message": {"text": f"{gap.reason}: {gap}"}} for gap in result.coverage.gaps]
    name, _, version = result.tool.partition(" ")
    run = {
        "tool": {"driver": {"name": name, "semanticVersion": version, "rules": rules}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "results": results,
        "columnKind": "utf16CodeUnits",
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return msgspec.json.encode(document) + b"\n"


def _compared(finding: Finding, baseline: Baseline | None) -> dict[str, str]:
    """Where it stands beside the baseline, if there is one."""
    if baseline is None:
        return {}
    if finding.id in baseline.worse:
        return {"baselineState": "updated"}
    return {"baselineState": "new" if finding.id in baseline.new else "unchanged"}


def _result(finding: Finding, indexes: dict[str, int], titles: dict[str, str]) -> dict[str, Any]:
    title = titles.get(finding.rule, finding.rule)
    text = f"{finding.owner}: {finding.message or title}"
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": indexes.get(finding.rule, -1),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "partialFingerprints": {"seawall/v1": finding.id},
        **_at(finding),
    }
    if finding.suppression is not None:
        kept = finding.suppression
        found["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{kept.reason} ({kept.owner}, until {kept.until})",
            }
        ]
    return found


def _at(finding: Finding) -> dict[str, Any]:
    logical = {"fullyQualifiedName": f"{finding.object}{f' {finding.path}' if finding.path else ''}", "kind": "object"}
    if not finding.file:
        return {"locations": [{"logicalLocations": [logical]}]}
    physical: dict[str, Any] = {"artifactLocation": {"uri": finding.file}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    return {"locations": [{"physicalLocation": physical, "logicalLocations": [logical]}]}
