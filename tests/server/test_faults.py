"""What senders do wrong, tried on a real server over real sockets: each fault is answered, counted and named where people look, and costs nobody else anything."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from tests.server.running import Running, cli, patiently, up

pytestmark = pytest.mark.slow
SILENCE = 2
"""Seconds of silence after which this server gives a body up."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    pytest.importorskip("chdb", reason="the embedded store needs chDB")
    folder = tmp_path_factory.mktemp("faults")
    settings = folder / "seawall.yaml"
    settings.write_text(f"limits:\n  bodySeconds: {SILENCE}\n")
    with up(folder / "state", "--config", str(settings)) as running:
        yield running


@pytest.fixture(scope="module")
def sender(server: Running) -> Iterator[httpx.Client]:
    made = cli("token", "create", "sender", "--role", "ingest", "--state", str(server.state))
    headers = {"authorization": f"Bearer {made.stdout.strip()}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


def flow(**changed: Any) -> bytes:
    told = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "verdict": "FORWARDED", "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
        "l4": {"TCP": {"source_port": 5, "destination_port": 443}}, **changed,
    }  # fmt: skip
    return msgspec.json.encode({"flow": told}) + b"\n"


def send(sender: httpx.Client, source: str, body: bytes, **headers: str) -> httpx.Response:
    return sender.post("/api/v1/ingest/flow", params={"cluster": "c", "source": source}, content=body, headers=headers)


def seen(server: Running, source: str) -> dict[str, Any]:
    """What `seawall health` says of a source, once it says anything."""
    until = time.monotonic() + 60
    while True:
        said = cli("health", "--store", str(server.state / "store"), "-o", "json")
        for one in msgspec.json.decode(said.stdout):
            if one["source"] == source:
                return dict(one)
        assert time.monotonic() < until, said.stdout + said.stderr
        time.sleep(0.5)


def test_half_a_body_and_silence(server: Running, sender: httpx.Client) -> None:
    head = (
        "POST /api/v1/ingest/flow?cluster=c&source=half-open HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {sender.headers['authorization']}\r\nContent-Length: 1000\r\n\r\n"
    )
    address = ("127.0.0.1", httpx.URL(server.url).port or 0)
    silent = [socket.create_connection(address, timeout=30) for _ in range(20)]
    try:
        for one in silent:
            one.sendall(head.encode() + flow()[:50])
        before = time.monotonic()
        assert send(sender, "beside", flow()).status_code == 200
        assert time.monotonic() - before < SILENCE * 10, "the others wait for nobody"
        for one in silent:
            assert one.recv(4096).startswith(b"HTTP/1.1 408 ")
    finally:
        for one in silent:
            one.close()
    until = time.monotonic() + 60
    while (found := seen(server, "half-open"))["malformed"] < 20:
        assert time.monotonic() < until, found
        time.sleep(0.5)
    assert found["malformedWhy"] == {"batch was cut off before its end": 20} and found["rowsOut"] == 0


def test_a_clock_that_jumps(server: Running, sender: httpx.Client) -> None:
    def at(seconds: int) -> bytes:
        return flow(time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds)))

    answer = send(sender, "clock", at(0) + at(7200) + at(-7200) + flow(time="yesterday"))
    assert (answer.json()["accepted"], answer.json()["malformed"]) == (3, 1)
    found = seen(server, "clock")
    assert (found["late"], found["future"], found["malformedWhy"]) == (1, 1, {"no readable time": 1})


def test_a_batch_that_comes_twice(server: Running, sender: httpx.Client) -> None:
    body = flow() * 3
    outcomes = [send(sender, "twice", body, **{"x-seawall-batch": "t-1"}).json()["outcome"] for _ in range(3)]
    assert outcomes == ["stored", "repeat", "repeat"]
    found = seen(server, "twice")
    assert (found["recordsIn"], found["accepted"], found["duplicate"], found["rowsOut"]) == (9, 3, 6, 3)


def test_a_line_of_100_mb(server: Running, sender: httpx.Client) -> None:
    line = b'{"flow": {"x": "' + b"x" * (100 << 20) + b'"}}\n'
    assert send(sender, "huge", line).status_code == 413
    answer = send(sender, "huge", gzip.compress(flow() + line + flow(), 1), **{"content-encoding": "gzip"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["recordsIn"], answer.json()["accepted"], answer.json()["malformed"]) == (3, 2, 1)
    until = time.monotonic() + 60
    while (found := seen(server, "huge"))["malformed"] < 2:
        assert time.monotonic() < until, found
        time.sleep(0.5)
    assert found["malformedWhy"] == {"batch is too large": 1, "longer than 8 MB": 1}


@pytest.mark.parametrize(
    ("source", "line", "why"),
    [
        ("no-text", b'{"flow": {"time": "\xff\xfe"}}\n', "not JSON"),
        ("no-json", b"{nonsense\n", "not JSON"),
        ("deep", b"[" * 100_000 + b"\n", "wrong type: $: Expected `object`, got `array`"),
        ("types", b'{"flow": {"time": 7}}\n', "wrong type: $.flow.time: Expected `str | null`, got `int`"),
        ("list", b'[{"flow": {}}]\n', "wrong type: $: Expected `object`, got `array`"),
    ],
)
def test_records_that_are_none(server: Running, sender: httpx.Client, source: str, line: bytes, why: str) -> None:
    answer = send(sender, source, flow() + line + flow())
    assert (answer.json()["accepted"], answer.json()["malformed"], answer.json()["rowsOut"]) == (2, 1, 2), answer.text
    assert seen(server, source)["malformedWhy"] == {why: 1}


@pytest.mark.parametrize(
    ("source", "body", "encoding", "status", "why"),
    [
        ("nothing", b"", "identity", 400, "batch is empty"),
        ("odd-coding", b"x", "br", 415, "compression is not known"),
        ("torn", gzip.compress(b"x" * 1000)[:-5], "gzip", 400, "compression is broken"),
    ],
)
def test_batches_that_are_none(
    server: Running, sender: httpx.Client, source: str, body: bytes, encoding: str, status: int, why: str
) -> None:
    assert send(sender, source, body, **{"content-encoding": encoding}).status_code == status
    assert seen(server, source)["malformedWhy"] == {why: 1}


def test_the_page_shows_what_was_refused(server: Running, sender: httpx.Client) -> None:
    assert send(sender, "shown", b"").status_code == 400
    with server.signed_in() as person:
        found = patiently(person, "/api/v1/health", '"shown"').json()
    [one] = [one for one in found["sources"] if one["source"] == "shown"]
    assert (one["state"], one["refusedBatches"], one["malformedWhy"]) == ("losing", 1, {"batch is empty": 1})
    table = cli("health", "--store", str(server.state / "store"))
    assert table.returncode == 3 and "1 batch is empty" in table.stdout
