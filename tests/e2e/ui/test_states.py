"""Every state has a page: loading, empty, partial, absent, failed, signed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.e2e.ui.cost import MainThread
from tests.e2e.ui.fixture.server import Fixture

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_skeleton_stands_within_a_tenth_of_a_second(console: Fixture, page: Page) -> None:
    page.goto(console.url)
    page.get_by_role("heading", name="Findings by team").wait_for()
    # The page's code is there (a link that is looked at loads it); what is slow is the store.
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Health").hover()
    page.wait_for_load_state("networkidle")
    console.delay = 3.0
    main = MainThread(page)
    before = main.seconds()
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Health").click()
    page.locator("main").get_by_role("status", name="Loading").first.wait_for()
    cost = main.seconds() - before
    assert page.get_by_role("heading", name="Every source").count() == 0, "the answer is not there yet"
    print(f"the skeleton costs {cost * 1000:.0f} ms of CPU")
    assert cost < 0.1


def test_empty_says_why_and_what_to_do(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/explore/flow?q=dst_port:9999")
    page.get_by_role("heading", name="No flows here").wait_for()
    page.get_by_role("button", name="Clear the filter").click()
    page.get_by_role("row").nth(3).wait_for()


def test_a_filter_that_a_page_cannot_answer_is_mended_on_the_spot(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/explore/audit?q=verb:create+verdict:denied")
    page.get_by_role("alert").get_by_text("is no field of audit").wait_for()
    page.get_by_role("button", name="Remove that term").click()
    page.get_by_role("row").nth(3).wait_for()
    assert "q=verb:create" in page.url
    assert "verdict" not in page.url


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/policy", "The policy board is not on this server yet"),
        ("/policy?view=reach", "The reach matrix is not on this server yet"),
        ("/posture?view=compliance", "Reports by framework are not on this server yet"),
        ("/posture?view=access", "Who can do what is not on this server yet"),
    ],
)
def test_what_a_server_lacks_is_no_fault(console: Fixture, page: Page, path: str, words: str) -> None:
    console.world.policy = False
    page.goto(console.url + path)
    page.get_by_role("heading", name=words).wait_for()
    assert page.get_by_role("alert").count() == 0
    assert page.locator("main code").first.inner_text().startswith("seawall ")


def test_a_fault_says_what_to_do_and_the_rest_goes_on(console: Fixture, page: Page) -> None:
    console.broken = {"/findings": 500, "/incidents": 500}
    page.goto(f"{console.url}/posture")
    page.get_by_role("alert").get_by_text("could not be read").wait_for()
    page.get_by_text("seawall store doctor").wait_for()
    console.broken = {}
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("A container runs as root").wait_for()


def test_signed_out_tells_how_to_get_in(console: Fixture, page: Page) -> None:
    console.broken = {"/me": 401}
    page.goto(f"{console.url}/graph?namespace=ci")
    page.get_by_role("heading", name="You are not signed in").wait_for()
    assert "namespace=ci" in page.url


def test_simulated_data_is_marked_wherever_it_shows(console: Fixture, page: Page) -> None:
    for path in (
        "/",
        "/graph",
        "/incidents",
        "/incidents/inc-2041",
        "/explore/flow",
        "/health",
        "/posture?sel=entity:workload/ci/build-runner",
    ):
        page.goto(console.url + path)
        page.get_by_text("simulated").locator("visible=true").first.wait_for()
    page.goto(f"{console.url}/explore/audit")
    page.get_by_role("row").nth(3).wait_for()
    assert page.locator("main").get_by_text("simulated").count() == 0, "audit events of the fixture are not simulated"


def test_an_incident_is_acted_upon(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/incidents/inc-2041")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("investigating").first.wait_for()
    page.get_by_label("A note").fill("token revoked")
    page.get_by_role("button", name="Add the note").click()
    page.get_by_role("complementary", name="Signals and notes").get_by_text("token revoked by").wait_for()
    assert [entry["action"] for entry in console.world.entries] == ["acknowledge", "note"]


def test_a_question_in_sql(console: Fixture, page: Page) -> None:
    page.goto(f"{console.url}/explore/sql")
    page.get_by_label("SQL").fill("SELECT 1")
    page.keyboard.press("Control+Enter")
    page.get_by_role("status").get_by_text("rows in").wait_for()
    page.get_by_role("columnheader", name="verdict").wait_for()
    assert "sql=SELECT" in page.url


def test_the_finding_shows_its_fix(console: Fixture, page: Page, open_page: Callable[..., Page]) -> None:
    page.goto(f"{console.url}/posture")
    page.get_by_role("button", name="A container runs privileged").click()
    page.get_by_role("button", name="ci/build-runner").click()
    page.locator("aside pre").get_by_text("privileged: true").wait_for()
