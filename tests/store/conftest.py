"""One embedded store for all tests here, and a ClickHouse server beside it when SEAWALL_TEST_CLICKHOUSE_URL names one."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.store.client import Address, Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate

SERVER = os.environ.get("SEAWALL_TEST_CLICKHOUSE_URL", "")
NOW = 1_800_000_000_000_000_000


def need_chdb() -> None:
    """Skip without chDB. It is looked for, not imported: it belongs into the host's process, and takes signals over."""
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("the embedded store needs chDB")


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    need_chdb()
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as running:
        with_schema = running.store()
        migrate(with_schema, at=NOW)
        with_schema.close()
        yield running


@pytest.fixture(scope="session", params=["embedded", "server"])
def address(request: pytest.FixtureRequest) -> Address:
    """Where to connect: every test that takes it runs against the embedded host, and against a server if there is one."""
    if request.param == "server":
        if not SERVER:
            pytest.skip("no ClickHouse server: set SEAWALL_TEST_CLICKHOUSE_URL")
        return Address.of(SERVER)
    running: EmbeddedStore = request.getfixturevalue("embedded")
    return running.address


@pytest.fixture(scope="session")
def store(address: Address) -> Iterator[Store]:
    """A store with the schema."""
    client = Store(address)
    migrate(client, at=NOW)
    yield client
    client.close()


@pytest.fixture
def own_directory(tmp_path: Path) -> Path:
    need_chdb()
    return tmp_path / "store"
