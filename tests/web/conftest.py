"""The application over a real embedded store with a small world in it, and clients of it in several roles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.web import world

from seawall.app.answer import EventKind
from seawall.app.principals import EVERYTHING, Grant, Role
from seawall.app.services import Receipt, Services
from seawall.app.sessions import Sessions
from seawall.app.tokens import SignInLinks, TokenFile
from seawall.app.trail import TrailLog
from seawall.live.past import Past
from seawall.model.cluster.snapshot import Cluster
from seawall.store.client import Store
from seawall.store.embedded import EmbeddedStore
from seawall.store.migrate import migrate
from seawall.web import Limits, WebSettings, application
from seawall.web.security.headers import SecurityHeaders

BASE = "http://127.0.0.1:8620"
WINDOW = "from=2027-01-15T07:00:00Z&to=2027-01-15T08:00:00Z"
ROOMY = Limits(
    requests_per_minute=1_000_000,
    ingest_requests_per_minute=1_000_000,
    sql_per_minute=100_000,
    sign_in_failures_per_minute=100_000,
)


class Clusters:
    """The snapshots of the world."""

    def __init__(self) -> None:
        self._snapshots = {cluster: world.snapshot(cluster) for cluster in world.CLUSTERS}

    def ids(self) -> Mapping[str, str]:
        return world.CLUSTERS

    def current(self, cluster: str) -> Cluster | None:
        return self._snapshots.get(cluster)

    def past(self, cluster: str) -> Past | None:
        return None

    def live(self, cluster: str) -> bool:
        return cluster == "c1"

    def context(self, cluster: str) -> str:
        return ""


class Taken:
    """Notes what was ingested; settles everything at once."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, str, str, bytes, str, str]] = []

    def __call__(self, kind: EventKind, source: str, cluster: str, body: bytes, batch: str, sender: str) -> Receipt:
        self.batches.append((kind, source, cluster, body, batch, sender))
        return Receipt(batch, "stored", 1, 1, 1, 0, 0, {})


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as running:
        client = running.store()
        migrate(client, at=world.NOW)
        world.fill(client)
        client.close()
        yield running


@pytest.fixture(scope="session")
def store(embedded: EmbeddedStore) -> Iterator[Store]:
    client = embedded.store()
    yield client
    client.close()


@pytest.fixture(scope="session")
def clusters() -> Clusters:
    return Clusters()


@pytest.fixture
def services(store: Store, clusters: Clusters, tmp_path: Path) -> Services:
    return make_services(store, clusters, tmp_path)


def make_services(store: Store, clusters: Clusters, folder: Path) -> Services:
    return Services(
        store=store,
        clusters=clusters,
        clock=lambda: world.NOW,
        wall_clock=lambda: world.NOW,
        recorded=True,
        sessions=Sessions(b"k" * 32, folder / "signed-out", 12 * world.HOUR),
        tokens=TokenFile(folder / "tokens.json"),
        links=SignInLinks(folder / "links"),
        grants=(Grant(Role.VIEW, ("group:readers",), namespaces=("prod/a",)),),
        trail=TrailLog(folder / "trail"),
        ingest=Taken(),
        embedded=True,
    )


@pytest.fixture
def app(services: Services) -> SecurityHeaders:
    return application(services, WebSettings(limits=ROOMY))


GRANTS: dict[str, Grant] = {
    "admin": EVERYTHING,
    "operator": Grant(Role.OPERATE),
    "viewer": Grant(Role.VIEW),
    "reader of a": Grant(Role.OPERATE, namespaces=("prod/a",)),
    "reader of c1": Grant(Role.VIEW, clusters=("c1",)),
    "reader of dns": Grant(Role.VIEW, kinds=("dns",)),
    "sender": Grant(Role.INGEST, clusters=("c1",), kinds=("flow",)),
}
Client = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def client(app: SecurityHeaders, services: Services) -> AsyncIterator[Client]:
    """A client by role's name; "" for nobody."""
    opened: list[httpx.AsyncClient] = []

    def make(role: str) -> httpx.AsyncClient:
        headers = {}
        if role:
            _, text = services.tokens.create(role, GRANTS[role], now=0, expires=None)
            headers["authorization"] = f"Bearer {text}"
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        made = httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)
        opened.append(made)
        return made

    yield make
    for one in opened:
        await one.aclose()


@asynccontextmanager
async def signed_in(
    app: SecurityHeaders, services: Services, grant: Grant = EVERYTHING
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's client: signed in by a link."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as made:
        secret = services.links.create(grant, expires=world.NOW + world.HOUR)
        answer = await made.get(f"/login?token={secret}")
        assert answer.status_code == 303, answer.text
        yield made


def decoded(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content)
