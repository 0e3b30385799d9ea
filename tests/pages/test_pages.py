"""Every case of every rule page."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.pages.pages import Case, Page, cases, pages

from seawall.app.scan import Selection, scan_cluster
from seawall.model.finding import Status
from seawall.model.report import Report
from seawall.scan.exceptions import Exceptions
from seawall.sources.state import read
from seawall.spi.source import StateOptions


def scan_text(case: Case, folder: Path) -> Report:
    path = folder / "page.yaml"
    path.write_text(case.yaml)
    cluster = read((str(path),), StateOptions())
    return scan_cluster(
        cluster,
        selection=Selection(only=(case.rule,)),
        at=case.day,
        exceptions=Exceptions(today=case.day),
        kubernetes=case.kubernetes,
    )


@pytest.mark.parametrize("case", cases(), ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    report = scan_text(case, tmp_path)
    if case.kind != "Unknown":
        assert not report.coverage.gaps, report.coverage.gaps
    found = Counter[tuple[int, str]]()
    for finding in report.findings:
        found[finding.line, "unknown" if finding.status is Status.UNKNOWN else "fires"] += finding.count
    if case.kind == "Unknown":
        # An object that could not be read leaves no finding: the answer that is missing is a gap, with its line.
        found.update((int(gap.where.rpartition(":")[2]), "unknown") for gap in report.coverage.gaps)
    expected = Counter({(line, what): times for line, (what, times) in case.expected.items()})
    if case.kind in ("Fires", "Unknown"):
        assert expected, "the section marks no line"
    else:
        assert not expected, "a quiet section marks a line"
    assert found == expected, [
        (finding.line, finding.path, finding.message or finding.why) for finding in report.findings
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.rule)
def test_page_has_a_fault_and_a_quiet_twin(page: Page) -> None:
    kinds = [case.kind for case in page.cases]
    assert "Fires" in kinds
    assert "Quiet twin" in kinds
    for before, twin in zip(page.cases, page.cases[1:], strict=False):
        if twin.kind == "Quiet twin":
            assert before.kind == "Fires", f"{twin}: a quiet twin follows the case that it mirrors"
            changed = differences(before.settings, twin.settings) + list(
                differences(list(yaml.safe_load_all(before.yaml)), list(yaml.safe_load_all(twin.yaml)))
            )
            assert len(changed) == 1, f"{twin}: differs in {changed}, and must in one field alone"


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Paths at which two decoded documents differ; a missing or added field counts as one, however large, and so does one field in place of another."""
    if isinstance(one, dict) and isinstance(other, dict):
        found: list[str] = []
        gone, come = one.keys() - other.keys(), other.keys() - one.keys()
        if len(gone) == len(come) == 1:
            shared = one.keys() & other.keys()
            return [
                f"{path}.{gone.pop()}",
                *differences({k: one[k] for k in shared}, {k: other[k] for k in shared}, path),
            ]
        for key in {**one, **other}:
            if key not in one or key not in other:
                found.append(f"{path}.{key}")
            else:
                found += differences(one[key], other[key], f"{path}.{key}")
        return found
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return [f"{path}[]"]
        return [
            place
            for index, (a, b) in enumerate(zip(one, other, strict=True))
            for place in differences(a, b, f"{path}[{index}]")
        ]
    return [] if one == other and type(one) is type(other) else [path]
