"""The console in a real browser, against the fixture server (and, with --console-url, against a real one)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.ui.browser import DESK, chromium, launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.e2e.ui.fixture.server import Fixture

UI = Path(__file__).parents[3] / "ui"
AXE = UI / "node_modules/axe-core/axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def console() -> Iterator[Fixture]:
    """The fixture server with every API, the policy engine's too."""
    from tests.e2e.ui.fixture.server import STATIC, Fixture

    if not (STATIC / "index.html").is_file():
        pytest.skip("the console is not built: cd ui && npm ci && npm run build")
    server = Fixture(0, policy=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip("no Chromium: apt-get install chromium")
    pytest.importorskip("playwright", reason="no playwright: pip install playwright")
    # Playwright's own driver refuses to run below a debugger's event loop; pytest starts none here.
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")
    with launched() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own: `open_page(viewport=…, color_scheme=…)`. Errors of the page fail the test."""
    contexts = []
    errors: list[str] = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(**({"viewport": DESK} | options))
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture(autouse=True)
def rested(console: Fixture) -> Iterator[None]:
    """Every test finds the server's knobs where they belong."""
    yield
    console.delay, console.broken, console.tail_rate = 0.0, {}, 4.0
    console.world.state, console.world.policy = "open", True
    console.world.entries.clear()
