"""A report as JSON, schema `seawall.report/v1` (docs/reference/report.md)."""

from __future__ import annotations

import msgspec

from seawall.model.report import Report


def report(result: Report) -> bytes:
    """Compact UTF-8 JSON with a final newline."""
    return msgspec.json.encode(result) + b"\n"
