"""The pytest fixture ``oracle``."""

from __future__ import annotations

import pytest
from tests.oracle import driver


@pytest.fixture(scope="session")
def oracle() -> driver.Oracle:
    """The oracle that the test run shares; tests that use it are skipped where Go is missing."""
    return driver.oracle()
