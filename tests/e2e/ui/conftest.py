"""The console in a real browser, against the fixture server (and, with --console-url, against a real one)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
    if not AXE.is_file():
        pytest.skip("no axe-core: cd ui && npm ci")
    server = Fixture(0, policy=True).start()
    yield server
    server.shutdown()


@pytest.fixture(autouse=True)
def rested(console: Fixture) -> Iterator[None]:
    """Every test finds the server's knobs where they belong."""
    yield
    console.delay, console.broken, console.tail_rate = 0.0, {}, 4.0
    console.world.state, console.world.policy = "open", True
    console.world.entries.clear()
