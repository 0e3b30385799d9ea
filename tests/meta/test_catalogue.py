"""What every plugin owes, checked over the whole catalogue."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.pages.pages import PAGES, Case, cases, page_of, pages

import seawall.checks
from seawall.model.finding import Change
from seawall.scan.engine import Run
from seawall.sources.state.reading import Reading
from seawall.spi import catalogue
from seawall.spi.check import Check
from seawall.spi.controls import Framework, frameworks
from seawall.spi.source import StateOptions

CHECKS = catalogue.checks()
SHELF = Path(seawall.checks.__file__).parent

_ID = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_REMEDIES = ("no-", "missing-no-", "disallow-", "require-", "must-", "should-", "avoid-", "use-", "set-", "forbid-")
_FORMS: dict[str, str] = {
    "PSS": r"[A-Za-z]+(_baseline|_restricted)?",
    "CIS": r"[1-9]\d*(\.\d+){1,3}",
    "NSA": r"pod-security|network|authn-authz|logging|upgrading|supply-chain",
    "OWASP": r"K(0[1-9]|10)",
    "ATTACK": r"T\d{4}(\.\d{3})?",
    "MATRIX": r"MS-TA9\d{3}",
}


def name(check: Check[Any]) -> str:
    return check.id


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_id_is_the_path(check: Check[Any]) -> None:
    assert _ID.fullmatch(check.id)
    family, slug = check.id.split("/")
    assert check.module == f"seawall.checks.{family}.{slug.replace('-', '_')}"
    assert check.run.__name__ == slug.replace("-", "_")


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_slug_names_the_fault(check: Check[Any]) -> None:
    slug = check.id.split("/")[1]
    assert not slug.startswith(_REMEDIES), f'"allow {slug}" names the remedy'


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_documentation_is_whole(check: Check[Any]) -> None:
    documentation = check.documentation
    assert not documentation.missing(), f"lacks {documentation.missing()}"
    assert documentation.severity.startswith(check.severity.value), (
        "the Severity section begins with the severity and says why"
    )
    assert len(documentation.title) <= 80


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_what_a_program_can_mend_says_whether_that_is_safe_and_why(check: Check[Any]) -> None:
    automatic = check.documentation.automatic
    assert not automatic or re.match(r"(un)?safe\b", automatic)
    changes = [change for case in pages_of(check.id) for change in changes_found(check, case.yaml, case.kubernetes)]
    assert bool(changes) == bool(automatic), "a fix needs an Automatic section, and that a fix"
    for safe in {change.safe for change in changes}:
        assert check.documentation.because(safe=safe), f"says no reason for what is {'safe' if safe else 'unsafe'}"


def pages_of(rule: str) -> list[Case]:
    return [case for case in cases() if case.rule == rule and case.kind == "Fires"]


def changes_found(check: Check[Any], text: str, kubernetes: str = "") -> list[Change]:
    reading = Reading(StateOptions())
    reading.read("case.yaml", text.encode())
    found: list[Change] = []
    run = Run(
        reading.cluster(),
        seen=lambda _, __, change: found.append(change) if change is not None else None,
        kubernetes=kubernetes,
    )
    run.check(check)
    return found


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_maps_are_well_formed(check: Check[Any]) -> None:
    assert check.maps, "stands in no framework"
    for place in check.maps:
        assert re.fullmatch(_FORMS[place.framework], place.id), place
        if place.framework == "CIS":
            assert re.fullmatch(r"1\.\d+(\.\.1\.\d+)?", place.version), place
        if place.framework == "PSS":
            assert place.version in ("baseline", "restricted"), place
    assert len(set(check.maps)) == len(check.maps)


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_has_a_page(check: Check[Any]) -> None:
    assert page_of(check.id).exists(), f"write {page_of(check.id).relative_to(PAGES.parent)}"


def test_every_page_has_a_check() -> None:
    known = {check.id for check in CHECKS}
    for page in pages():
        assert page.rule in known, page.path
        assert page.path == page_of(page.rule)


def test_every_file_of_the_shelf_declares_a_check() -> None:
    declared = {check.module for check in CHECKS}
    for file in SHELF.rglob("*.py"):
        if file.name != "__init__.py" and not file.name.startswith("_"):
            module = "seawall.checks." + ".".join(file.relative_to(SHELF).with_suffix("").parts)
            assert module in declared, (
                f"{file} declares no check; name it with a leading underscore if it serves others"
            )


def test_one_title_names_one_check() -> None:
    titles = [check.title for check in CHECKS]
    assert len(set(titles)) == len(titles), sorted({title for title in titles if titles.count(title) > 1})


@pytest.mark.parametrize("framework", frameworks(), ids=lambda one: one.id)
def test_every_map_names_a_control_that_the_framework_has(framework: Framework) -> None:
    controls = [control.id for control in framework.controls]
    assert len(set(controls)) == len(controls)
    for check in CHECKS:
        for place in check.maps:
            named = framework.concerns(place)
            assert not named or named in controls, f"{check.id}: {framework.id} has no {named}"


def test_every_map_belongs_to_a_framework_that_can_be_reported() -> None:
    for check in CHECKS:
        for place in check.maps:
            assert any(framework.concerns(place) for framework in frameworks()), f"{check.id}: {place}"


def test_controls_of_the_benchmark_are_those_of_their_version() -> None:
    numbers = {
        framework.version: {control.id: control.title for control in framework.controls}
        for framework in frameworks()
        if framework.mapped == "CIS"
    }
    assert {version: len(controls) for version, controls in numbers.items()} == {
        "1.8": 130, "1.9": 130, "1.10": 130, "1.11": 130, "1.12": 131
    }  # fmt: skip
    # What moved from one version to the next.
    assert numbers["1.10"]["5.7.2"] == numbers["1.11"]["5.6.2"]
    assert numbers["1.11"]["5.2.13"] == numbers["1.12"]["5.2.12"]
    assert numbers["1.8"]["1.2.30"] == numbers["1.9"]["1.2.29"]
    assert "5.2.13" not in numbers["1.12"]
