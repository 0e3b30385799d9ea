"""The whole journey without a mouse: filter, go, walk, open, close; and where the focus is can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.e2e.ui.browser import to_the_filter
from tests.e2e.ui.fixture.server import Fixture

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const marked = [element, element.closest('[class*=filterBox]'), element.querySelector('[data-active=true]')].filter(Boolean);
  return {
    name: element.getAttribute('aria-label') ?? element.textContent.slice(0, 60),
    role: element.getAttribute('role') ?? element.tagName.toLowerCase(),
    visible: marked.some((one) => { const style = getComputedStyle(one); return style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }),
  };
}"""


def tab_to(page: Page, role: str, name: str = "", limit: int = 60) -> None:
    """Presses Tab until the focus is there; every stop on the way must be visible."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            continue
        assert focus["visible"], focus
        if focus["role"] == role and name in (focus["name"] or ""):
            return
    raise AssertionError(f"no {role} {name!r} within {limit} stops")


def drawer(page: Page) -> str:
    """The drawer's title, once it is known."""
    heading = page.locator("#drawer-title").filter(has_not_text="…")
    heading.wait_for()
    return heading.inner_text()


def test_the_journey(console: Fixture, page: Page) -> None:
    page.goto(console.url)
    page.get_by_role("heading", name="Findings by team").wait_for()

    # Filter with completion from real values.
    to_the_filter(page)
    page.keyboard.type("verd")
    page.get_by_role("option", name="verdict").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("option", name="denied").wait_for()
    page.keyboard.type("den")
    page.get_by_role("option", name="allowed").wait_for(state="detached")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "q=verdict:denied" in url)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    # Explore: walk the table, open, walk on with the drawer open, close.
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.get_by_role("row").nth(3).wait_for()
    tab_to(page, "grid", "flows")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "→" in drawer(page)
    first = page.url
    page.keyboard.press("ArrowDown")
    page.wait_for_url(lambda url: url != first)
    tab_to(page, "tab", "About")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: "tab=connections" in url)
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "sel=" not in url)

    # Incidents: open one, walk its timeline, open a signal.
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.get_by_text("Leaked token").wait_for()
    tab_to(page, "a", "critical")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path == "/incidents/inc-2041")
    page.get_by_role("button", name="Token of ci/deployer used").wait_for()
    tab_to(page, "button", "Token of ci/deployer")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawer(page)
    page.keyboard.press("Escape")

    # Posture: open a cause, then a finding.
    page.keyboard.press("g")
    page.keyboard.press("s")
    cause = page.get_by_role("button", name="A container runs privileged")
    cause.wait_for()
    tab_to(page, "button", "A container runs privileged")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert drawer(page) == "A container runs privileged"
    page.keyboard.press("Escape")

    # Graph: walk the boxes, open one.
    to_the_filter(page)
    page.get_by_role("combobox", name="Filter").fill("")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("g")
    graph = page.get_by_role("application")
    graph.wait_for()
    tab_to(page, "application")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawer(page)

    # Keys are listed.
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="detached")


def test_the_skip_link_comes_first(console: Fixture, page: Page) -> None:
    page.goto(console.url)
    page.get_by_role("heading", name="Findings by team").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["name"] == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_keys_do_nothing_while_somebody_types(console: Fixture, page: Page) -> None:
    page.goto(console.url)
    to_the_filter(page)
    page.keyboard.type("gi l?")
    assert page.get_by_role("combobox", name="Filter").input_value() == "gi l?"
    assert urlsplit(page.url).path == "/"
