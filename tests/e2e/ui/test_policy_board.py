"""The policy board: rules on demand, what nothing hit told apart, and from a number to the flows behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.e2e.ui.fixture.server import Fixture
from tests.e2e.ui.places import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.slow
def test_a_hit_leads_to_the_flows_that_the_rule_decided(console: Fixture, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(console.url + PAGES["policy board"])
    row = page.locator("main").get_by_role("button", name="2 allow").filter(has_text="idle").first
    row.click()
    rules = page.get_by_role("list", name="Rules of allow-checkout").first
    assert "no hit in the shown window" in rules.get_by_role("listitem").nth(1).inner_text()
    rules.get_by_role("link").first.click()
    page.wait_for_url("**/explore/flow**")
    asked = parse_qs(urlsplit(page.url).query)["q"][0]
    assert asked.strip('"') and 'ingress_policy:"NetworkPolicy payments/allow-checkout"' in asked.replace('\\"', '"')
