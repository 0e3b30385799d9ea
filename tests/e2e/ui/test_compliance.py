"""Compliance in the browser: a framework is picked, a control opened, its findings lead to the drawer, and the report is a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.ui.fixture.server import Fixture

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_from_a_framework_to_a_finding(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/posture?view=compliance")
    page.get_by_role("combobox", name="Framework").select_option("cis-1.11")
    page.get_by_role("button", name="5.2.2").wait_for()
    assert "framework=cis-1.11" in page.url
    page.get_by_role("button", name="fail", exact=False).first.click()
    assert page.get_by_role("button", name="pass 5.").count() == 0
    page.get_by_role("button", name="5.2.2").click()
    page.get_by_text("Looked at by").wait_for()
    page.get_by_role("tabpanel", name="Compliance").get_by_text("A container runs privileged").first.click()
    page.get_by_role("tab", name="About").wait_for()
    assert "sel=finding" in page.url


def test_what_no_check_covers_is_said(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/posture?view=compliance&framework=cis-1.12&state=not%20covered")
    page.get_by_role("button", name="1.1.1 ").first.click()
    page.get_by_text("No check looks at it: somebody else must.").wait_for()


def test_by_team_and_as_a_file(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/posture?view=compliance&framework=pss-restricted")
    page.get_by_role("combobox", name="By").select_option("team")
    page.get_by_role("row", name="platform").wait_for()
    href = page.get_by_role("link", name="CSV").get_attribute("href")
    assert href is not None and href.startswith("/api/v1/compliance/pss-restricted/file?") and "form=csv" in href


def test_posture_narrowed_to_a_framework(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/posture")
    page.get_by_text("No memory limit").wait_for()
    page.get_by_role("combobox", name="Framework").select_option("pss-baseline")
    page.get_by_text("No memory limit").wait_for(state="detached")
    page.get_by_text("A container runs privileged").wait_for()
    page.get_by_role("img", name="fewer than 14 days ago").wait_for()
