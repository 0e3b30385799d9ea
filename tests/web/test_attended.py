"""A closed tab ends its query: a real client of a real server goes, and the store stops computing for it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from tests.web.conftest import GRANTS

from seawall.app.services import Services
from seawall.store.client import Store
from seawall.store.query import Bound, Query, bind
from seawall.web.security.headers import SecurityHeaders

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = {}"


@contextmanager
def serving(app: SecurityHeaders) -> Iterator[int]:
    """The application on a port of loopback."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(16)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


def running(store: Store, mark: str) -> int:
    """Queries under way with that in their text, but for this one."""
    asked = (
        "SELECT countIf(position(query, {mark:String}) > 0 AND position(query, 'processes') = 0) FROM system.processes"
    )
    return int(store.execute(asked, mark=mark))


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def asked(port: int, token: str, head: str, body: bytes = b"") -> socket.socket:
    """A connection on which a request was sent and nothing read."""
    client = socket.create_connection(("127.0.0.1", port))
    lines = [head, "Host: 127.0.0.1", f"Authorization: Bearer {token}", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json"] if body else []
    client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return client


@pytest.fixture
def token(services: Services) -> str:
    return services.tokens.create("reader", GRANTS["admin"], now=0, expires=None)[1]


def test_a_client_that_goes_ends_its_query(app: SecurityHeaders, token: str, store: Store) -> None:
    with serving(app) as port:
        going, staying = (
            asked(port, token, "POST /api/v1/sql HTTP/1.1", msgspec.json.encode({"query": ENDLESS.format(mark)}))
            for mark in (71, 72)
        )
        wait_for(lambda: running(store, "= 71") == running(store, "= 72") == 1)
        going.close()
        wait_for(lambda: running(store, "= 71") == 0)
        assert running(store, "= 72") == 1, "nobody else's is ended"
        staying.close()
        wait_for(lambda: running(store, "= 72") == 0)


def test_a_page_that_is_left_ends_its_query(
    app: SecurityHeaders, token: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's own question, made endless."""

    def endless(query: Query, *asked: Any, **named: Any) -> Bound:
        bound = bind(query, *asked, **named)
        return Bound(ENDLESS.format(73), {}) if query.name == "events_page" else bound

    monkeypatch.setattr("seawall.store.client.bind", endless)
    with serving(app) as port:
        client = asked(port, token, "GET /api/v1/events/flow HTTP/1.1")
        wait_for(lambda: running(store, "= 73") == 1)
        client.close()
        wait_for(lambda: running(store, "= 73") == 0)


def test_who_waits_is_answered_and_the_connection_serves_on(app: SecurityHeaders, token: str) -> None:
    with serving(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        client.headers["authorization"] = f"Bearer {token}"
        for number in range(3):
            answer = client.post("/api/v1/sql", json={"query": f"SELECT {number} AS n"})
            assert answer.json()["rows"] == [[number]], answer.text
            assert client.get("/api/v1/me").status_code == 200
            assert client.request("GET", "/api/v1/me", content=b"a body that nobody reads").status_code == 200
