"""The console on a real server with the recorded day: `seawall up --demo`, as somebody who tries it out meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.e2e.ui.browser import DESK, PHONE, to_the_filter
from tests.e2e.ui.conftest import AXE
from tests.e2e.ui.test_keyboard import drawer, tab_to
from tests.e2e.ui.test_pages import VIOLATIONS, WIDTHS, listen, settle
from tests.server.running import Running, cli, patiently, up

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow


class Demo:
    """The running server, and a link for everybody who asks."""

    def __init__(self, server: Running, state: str) -> None:
        self.url, self._state = server.url, state

    def link(self) -> str:
        made = cli("token", "link", "--state", self._state, "--url", self.url)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    with up(tmp_path_factory.mktemp("unused"), "--demo") as server:
        state = server.read_until("another link").partition("--state ")[2].split()[0]
        found = Demo(server, state)
        with httpx.Client(base_url=server.url, timeout=60) as person:
            assert person.get(found.link()).status_code == 303
            patiently(person, "/api/v1/incidents", '"id"', seconds=600)
        server.read_until("all of it is there", seconds=600)
        assert Path(state).is_dir()
        yield found


@pytest.fixture
def enter(demo: Demo, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Somebody who has followed a link."""

    def entered(**options: object) -> Page:
        page = open_page(**options)
        page.goto(demo.link())
        page.get_by_role("navigation", name="Places").wait_for()
        return page

    return entered


def test_the_journey_by_keyboard(demo: Demo, enter: Callable[..., Page]) -> None:
    breaches: list[str] = []
    page = enter()
    listen(page, breaches)
    page.get_by_role("heading", name="Findings by team").wait_for()

    # Explore: filter with completion from the day's own values, walk the table, open an event.
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.get_by_role("row").nth(3).wait_for()
    to_the_filter(page)
    page.keyboard.type("src_namespace:")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "q=src_namespace:" in url)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    tab_to(page, "grid", "flows")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "→" in drawer(page)
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "sel=" not in url)

    # Incidents: open the first, walk its timeline, open what stands there.
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(lambda url: urlsplit(url).path == "/incidents")
    page.locator("main a[href*='/incidents/']").first.wait_for()
    tab_to(page, "a", page.locator("main a[href*='/incidents/']").first.inner_text().split("\n")[0])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path.startswith("/incidents/"))

    # Posture, graph, health.
    for key, path in (("s", "/posture"), ("h", "/health"), ("g", "/graph")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(lambda url, path=path: urlsplit(url).path == path)
        assert "q" in parse_qs(urlsplit(page.url).query), "the context goes along"
    page.get_by_role("application").wait_for()
    tab_to(page, "application")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    drawer(page)
    assert breaches == []


def test_a_shared_link_shows_a_colleague_the_same(demo: Demo, enter: Callable[..., Page]) -> None:
    first = enter()
    first.goto(f"{demo.url}/explore/audit?q=verb:create")
    first.get_by_role("row").nth(2).click()
    seen = [(first.url, drawer(first), first.locator("main h1").first.inner_text())]
    assert "sel=event" in first.url
    second = enter()
    second.goto(first.url)
    seen.append((second.url, drawer(second), second.locator("main h1").first.inner_text()))
    assert seen[0] == seen[1]


def test_who_got_more_is_seen_and_why(demo: Demo, enter: Callable[..., Page]) -> None:
    """The attack ends with a binding to cluster-admin: the page of changes says for whom, and leads to what gives it."""
    page = enter()
    settle(page, f"{demo.url}/posture?view=access&ask=changes&from=now-1d")
    row = page.get_by_role("row").filter(has_text="build/deployer")
    assert "any verb on every resource" in row.inner_text()
    row.click()
    page.get_by_role("img", name="What gives what").wait_for()
    assert "ClusterRole/cluster-admin" in page.locator("main").inner_text()
    page.get_by_role("button", name="All subjects").click()
    first = page.get_by_role("grid", name="Subjects").get_by_role("row").nth(1)
    assert "the cluster" in first.inner_text()


PLACES = (
    "/",
    "/graph",
    "/graph?view=table",
    *(f"/policy?view={view}" for view in ("board", "reach", "explain", "recommend", "preview")),
    "/policy?view=explain&explain=pay/payments+data/orders-db+tcp+5432",
    *(f"/posture?group={group}" for group in ("cause", "namespace", "team")),
    "/posture?view=compliance",
    "/posture?view=compliance&group=namespace",
    *(f"/posture?view=access{part}" for part in ("", "&ask=subjects", "&ask=changes", "&subject=build/deployer")),
    "/posture?view=teams&team=platform",
    "/incidents",
    *(f"/explore/{kind}" for kind in ("flow", "dns", "audit", "sql")),
    "/health",
)
"""Every page and every tab, on real answers."""


def incident(page: Page, demo: Demo) -> str:
    """The path of the first incident."""
    page.goto(f"{demo.url}/incidents")
    link = page.locator("main a[href*='/incidents/']").first
    link.wait_for()
    return urlsplit(link.get_attribute("href") or "").path


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(
    demo: Demo, enter: Callable[..., Page], theme: str, viewport: dict[str, int]
) -> None:
    page = enter(viewport=viewport, color_scheme=theme)
    breaches: list[str] = []
    listen(page, breaches)
    faults = {}
    for path in (*PLACES, incident(page, demo)):
        settle(page, demo.url + path)
        page.evaluate(AXE.read_text())
        if found := [*page.evaluate(VIOLATIONS), *page.evaluate(WIDTHS)]:
            faults[path] = found
    assert faults == {} and breaches == []
