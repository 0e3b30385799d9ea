"""What holds for every page: no sideways scrolling on a phone, no serious fault of accessibility, no breach of the security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.e2e.ui.browser import DESK, PHONE
from tests.e2e.ui.conftest import AXE
from tests.e2e.ui.fixture.server import Fixture
from tests.e2e.ui.places import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page

VIOLATIONS = """async () => {
  const result = await axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  return result.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 4).map((node) => node.target.join(' ') + ' (' + node.failureSummary.split('\\n').slice(1, 3).join(' ').trim() + ')').join(' | ')}`);
}"""

WIDTHS = """() => [document.documentElement, document.body, document.querySelector('main')]
  .filter(Boolean).map((one) => ({ what: one.tagName, scroll: one.scrollWidth, client: one.clientWidth })).filter((one) => one.scroll > one.client)"""


def settle(page: Page, url: str) -> None:
    page.goto(url)
    if "live=1" in url:
        page.wait_for_timeout(1200)
    else:
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(250)


@pytest.fixture
def breaches(console: Fixture) -> Iterator[list[str]]:
    """What the browser says of the security policy: none, at the end of every test that asks for it."""
    console.reports.clear()
    found: list[str] = []
    yield found
    assert found == []
    assert console.reports == []


def listen(page: Page, breaches: list[str]) -> None:
    page.on(
        "console", lambda message: breaches.append(message.text) if "Content Security Policy" in message.text else None
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_within_the_security_policy(
    console: Fixture, open_page: Callable[..., Page], breaches: list[str], theme: str
) -> None:
    page = open_page(color_scheme=theme)
    listen(page, breaches)
    faults = {}
    for name, path in PAGES.items():
        settle(page, console.url + path)
        page.evaluate(AXE.read_text())
        if found := page.evaluate(VIOLATIONS):
            faults[name] = found
    assert faults == {}


def test_every_page_fits_a_phone(console: Fixture, open_page: Callable[..., Page]) -> None:
    """Nothing scrolls sideways at 390 px; what is laid out otherwise there is accessible too."""
    page = open_page(viewport=PHONE, color_scheme="dark")
    wide, faults = {}, {}
    for name, path in PAGES.items():
        settle(page, console.url + path)
        if found := page.evaluate(WIDTHS):
            wide[name] = found
        if name in ("overview", "graph", "posture", "incident", "flows", "health", "entity drawer"):
            page.evaluate(AXE.read_text())
            if found := page.evaluate(VIOLATIONS):
                faults[name] = found
    assert wide == {} and faults == {}


def test_what_opens_is_within_the_security_policy(
    console: Fixture, open_page: Callable[..., Page], breaches: list[str]
) -> None:
    """Menus, popovers, dialogs, themes."""
    page = open_page(viewport=DESK)
    listen(page, breaches)
    page.goto(console.url)
    page.get_by_role("button", name="Cluster:").click()
    page.get_by_role("menuitem", name="crowd-lab").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Time:").click()
    page.get_by_role("img", name="Events of the last 24 hours").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Light").hover()
    page.wait_for_timeout(600)
    page.goto(f"{console.url}/explore/flow")
    page.get_by_role("button", name="Columns").click()
    page.get_by_placeholder("Find a column").wait_for()
    page.wait_for_timeout(300)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_kept_and_set_before_the_first_paint(
    console: Fixture, open_page: Callable[..., Page], theme: str
) -> None:
    other = "dark" if theme == "light" else "light"
    page = open_page(color_scheme=theme)
    page.goto(console.url)
    assert page.locator("html").get_attribute("data-mantine-color-scheme") == theme
    page.get_by_role("button", name=other.capitalize()).click()
    page.reload(wait_until="commit")
    page.wait_for_load_state("domcontentloaded")
    assert page.locator("html").get_attribute("data-mantine-color-scheme") == other
