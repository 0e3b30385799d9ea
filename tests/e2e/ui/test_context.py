"""The context is the URL: it survives every click between pages, and a link shows a colleague the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.e2e.ui.fixture.server import Fixture

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONTEXT = (
    "cluster=b3a1c9d2-5b0e-4c0f-9b1e-2f6f0a7c11d4&namespace=payments&namespace=checkout&from=now-6h&q=-dst_port:53"
)
NAMES = ["Graph", "Policy", "Posture", "Incidents", "Explore", "Health", "Overview"]


def context_of(page: Page) -> dict[str, list[str]]:
    query = parse_qs(urlsplit(page.url).query)
    return {name: query[name] for name in ("cluster", "namespace", "from", "to", "q", "live") if name in query}


def test_context_survives_every_link(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/?{CONTEXT}")
    expected = parse_qs(CONTEXT)
    for name in NAMES:
        page.get_by_role("navigation", name="Places").get_by_role("link", name=name).click()
        page.wait_for_load_state("networkidle")
        assert context_of(page) == expected, name
    for name in ("DNS", "Activity", "Processes", "SQL", "Flows"):
        page.goto(f"{console.url}/explore/flow?{CONTEXT.replace('-dst_port:53', 'checkout')}")
        page.get_by_role("navigation", name="What to explore").get_by_role("link", name=name).click()
        assert context_of(page) == parse_qs(CONTEXT.replace("-dst_port:53", "checkout")), name


def test_context_survives_the_keyboard_and_going_back(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/?{CONTEXT}")
    page.get_by_role("heading", name="Findings by team").wait_for()
    for key, path in (
        ("g", "/graph"),
        ("p", "/policy"),
        ("s", "/posture"),
        ("i", "/incidents"),
        ("e", "/explore/flow"),
        ("h", "/health"),
        ("o", "/"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(lambda url, path=path: urlsplit(url).path == path)
        assert context_of(page) == parse_qs(CONTEXT), path
    page.go_back()
    page.wait_for_url(lambda url: urlsplit(url).path == "/health")
    assert context_of(page) == parse_qs(CONTEXT)


def test_a_page_leaves_its_own_parameters_behind(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/graph?lens=health&expand=none&{CONTEXT}")
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Posture").click()
    page.get_by_text("No seccomp profile").wait_for()
    assert "lens" not in page.url
    assert "expand" not in page.url


@pytest.mark.parametrize(
    "path",
    [
        "/explore/flow?q=verdict:denied&namespace=ci&from=now-1h&sel=event:flow/fixture-flow-199.1&tab=raw",
        "/graph?namespace=payments&lens=exposure&sel=entity:workload/payments/payments-api&tab=connections",
        "/incidents/inc-2041?sel=signal:inc-2041/sig-1",
        "/policy?view=explain&explain=ml/notebook+payments/ledger-db+tcp+5432",
    ],
)
def test_a_shared_link_shows_the_same(console: Fixture, open_page: Callable[..., Page], path: str) -> None:
    seen = []
    for _ in range(2):
        page = open_page()
        page.goto(console.url + path)
        page.wait_for_load_state("networkidle")
        drawer = page.locator("aside[aria-labelledby=drawer-title]")
        heading = drawer.get_by_role("heading", level=2).inner_text() if "sel=" in path else ""
        tab = drawer.get_by_role("tab", selected=True).inner_text() if "sel=" in path else ""
        seen.append((page.url, heading, tab, page.locator("main h1").first.inner_text()))
    assert seen[0] == seen[1]
    assert urlsplit(seen[0][0]).path == urlsplit(path).path
    assert "…" not in seen[0][1]


def test_brushing_the_histogram_chooses_the_time(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/explore/flow?from=now-1h")
    chart = page.get_by_role("img", name="flows over time")
    chart.wait_for()
    box = chart.bounding_box()
    assert box is not None
    before = page.get_by_role("status").filter(has_text="events").inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30, steps=5)
    page.mouse.up()
    page.wait_for_url(lambda url: "to=20" in url)
    assert context_of(page)["from"][0].startswith("20")
    while page.get_by_role("status").filter(has_text="events").inner_text() == before:
        page.wait_for_timeout(50)


def test_an_entity_narrows_the_context(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/posture?namespace=ci&sel=entity:workload/payments/payments-api")
    page.get_by_role("complementary", name="payments/payments-api").get_by_role("link", name="Graph").click()
    page.wait_for_url(lambda url: "/graph" in url)
    assert parse_qs(urlsplit(page.url).query)["workload"] == ["payments/payments-api"]
    assert "namespace=" not in page.url
    page.get_by_role("button", name="Remove workload payments/payments-api").click()
    page.wait_for_url(lambda url: "workload=" not in url)


def test_columns_are_kept(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/explore/flow")
    page.get_by_role("columnheader", name="HTTP").wait_for()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="HTTP method, path and status").uncheck()
    page.get_by_placeholder("Find a column").fill("drop_reason")
    page.get_by_role("checkbox", name="drop_reason").check()
    page.reload()
    page.get_by_role("columnheader", name="drop_reason").wait_for()
    assert page.get_by_role("columnheader", name="HTTP").count() == 0
