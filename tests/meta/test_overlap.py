"""No two rules say the same over the pages of all rules, where every fault has a case of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.meta.overlap import coincident, fired_in_cases, reason, reasons

from seawall.spi import catalogue


def test_rules_that_coincide_are_found_with_their_number() -> None:
    fired = {
        "a/x": frozenset({1, 2}),
        "a/y": frozenset({2, 1}),
        "a/z": frozenset({1}),
        "a/none": frozenset(),
        "a/no": frozenset(),
    }
    assert coincident(fired) == [(("a/x", "a/y"), 2)]


def test_reasons_are_about_rules_that_exist() -> None:
    known = {check.id for check in catalogue.checks()}
    for rules, why in reasons().items():
        assert len(rules) > 1 and rules <= known and why
    assert reason(("workload/cpu-limit-unset", "workload/host-port")) == ""


@pytest.mark.slow
def test_no_two_rules_fire_in_exactly_the_same_cases(tmp_path: Path) -> None:
    fired = fired_in_cases(tmp_path)
    assert len(fired) > 170
    assert [group for group in coincident(fired) if not reason(group[0])] == []
