"""Batches: who may send, what is read, what is told, and that nothing is acknowledged before it is settled."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import BASE, Client, Taken

from seawall.app.principals import Grant, Role
from seawall.app.services import Receipt, Services, StoreAway
from seawall.web import Limits, WebSettings, application
from seawall.web.problem import Refusal
from seawall.web.receive.body import decompressed

BODY = b'{"a": 1}\n{"a": 2}\n'
FLOWS = "/api/v1/ingest/flow?cluster=c1&source=hubble"


def taken(services: Services) -> Taken:
    assert isinstance(services.ingest, Taken)
    return services.ingest


async def test_a_batch_is_settled_and_told(client: Client, services: Services) -> None:
    answer = await client("sender").post(FLOWS, content=BODY, headers={"x-seawall-batch": "batch-1"})
    assert answer.status_code == 200
    assert answer.json() == {
        "batch": "batch-1", "outcome": "stored", "recordsIn": 1, "rowsOut": 1, "accepted": 1, "duplicate": 0, "malformed": 0, "dropped": {},
    }  # fmt: skip
    assert taken(services).batches == [("flow", "hubble", "c1", BODY, "batch-1", "sender")]


async def test_the_same_bytes_without_an_id_are_the_same_batch(client: Client, services: Services) -> None:
    sender, admin = client("sender"), client("admin")
    for asking, url in (
        (sender, FLOWS),
        (sender, FLOWS),
        (sender, FLOWS.replace("hubble", "other")),
        (admin, FLOWS.replace("c1", "c2")),
    ):
        await asking.post(url, content=BODY)
    ids = [batch[4] for batch in taken(services).batches]
    assert ids[0] == ids[1] and len(set(ids)) == 3


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
async def test_compressed_batches(client: Client, services: Services, encoding: str) -> None:
    body = {"gzip": gzip.compress, "zstd": zstandard.compress, "identity": bytes}[encoding](BODY)
    answer = await client("sender").post(FLOWS, content=body, headers={"content-encoding": encoding})
    assert answer.status_code == 200 and taken(services).batches[0][3] == BODY


async def test_the_audit_webhook(client: Client, services: Services) -> None:
    listed = msgspec.json.encode({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": []})
    answer = await client("admin").post(
        "/api/v1/receive/audit/c1", content=listed, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    assert taken(services).batches[0][:4] == ("audit", "audit-webhook", "c1", listed)


@pytest.mark.parametrize(
    ("role", "url", "headers", "body", "status"),
    [
        ("", FLOWS, {}, BODY, 401),
        ("viewer", FLOWS, {}, BODY, 403),
        ("operator", FLOWS, {}, BODY, 403),
        ("sender", FLOWS.replace("c1", "c2"), {}, BODY, 403),
        ("sender", FLOWS.replace("flow", "audit"), {}, BODY, 403),
        ("sender", "/api/v1/receive/audit/c1", {}, BODY, 403),
        ("sender", FLOWS.replace("flow", "nosuch"), {}, BODY, 400),
        ("sender", "/api/v1/ingest/flow?cluster=c1", {}, BODY, 400),
        ("sender", FLOWS.replace("hubble", "a b"), {}, BODY, 400),
        ("sender", FLOWS, {"x-seawall-batch": "a b"}, BODY, 400),
        ("sender", FLOWS, {"content-encoding": "br"}, BODY, 415),
        ("sender", FLOWS, {"content-encoding": "gzip"}, BODY, 400),
        ("sender", FLOWS, {"content-encoding": "gzip"}, gzip.compress(BODY)[:-4], 400),
        ("sender", FLOWS, {"content-encoding": "zstd"}, zstandard.compress(BODY)[:-3], 400),
        ("sender", FLOWS, {}, b"", 400),
    ],
)
async def test_what_is_not_taken(
    client: Client, services: Services, role: str, url: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await client(role).post(url, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail"]
    assert taken(services).batches == []


def sending(services: Services, limits: Limits, ingest: Any = None) -> httpx.AsyncClient:
    chosen = msgspec.structs.replace(services, ingest=ingest or services.ingest)
    _, text = services.tokens.create("sender", Grant(Role.INGEST), now=0, expires=None)
    app = application(chosen, WebSettings(limits=limits))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url=BASE, headers={"authorization": f"Bearer {text}"}
    )


async def test_sizes_are_bounded_before_and_after_decompression(services: Services) -> None:
    limits = Limits(ingest_body_bytes=1000, ingest_decompressed_bytes=10_000, ingest_bytes_at_once=5000)
    async with sending(services, limits) as sender:
        assert (await sender.post(FLOWS, content=b"x" * 1001)).status_code == 413
        assert (await sender.post(FLOWS, content=_unsized(b"x" * 5000))).status_code == 413
        assert (await sender.post(FLOWS, content=b"x" * 1000)).status_code == 200
        bomb = gzip.compress(b"x" * 50_000)
        assert len(bomb) < 1000
        assert (await sender.post(FLOWS, content=bomb, headers={"content-encoding": "gzip"})).status_code == 413
        wide = gzip.compress(b"x" * 6000)
        busy = await sender.post(FLOWS, content=wide, headers={"content-encoding": "gzip"})
        assert busy.status_code == 503 and busy.headers["retry-after"] == "1"
    assert len(taken(services).batches) == 1


async def _unsized(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 100):
        yield body[at : at + 100]


async def test_more_than_memory_allows_at_once_is_told_to_come_back(services: Services) -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(kind: Any, source: str, cluster: str, body: bytes, batch: str, sender: str) -> Receipt:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return Receipt(batch, "stored", 1, 1, 1, 0, 0, {})

    async with sending(services, Limits(ingest_body_bytes=600, ingest_bytes_at_once=1000), slow) as sender:
        first = asyncio.create_task(sender.post(FLOWS, content=b"x" * 600))
        await asyncio.sleep(0.05)
        second = await sender.post(FLOWS, content=b"y" * 600)
        assert second.status_code == 503 and not first.done()
        go_on.set()
        assert (await first).status_code == 200
        assert (await sender.post(FLOWS, content=b"y" * 600)).status_code == 200


async def test_a_store_that_is_away_acknowledges_nothing(services: Services) -> None:
    def away(*_: Any) -> Receipt:
        raise StoreAway("connection refused")

    async with sending(services, Limits(), away) as sender:
        answer = await sender.post(FLOWS, content=BODY)
    assert answer.status_code == 503 and answer.headers["retry-after"] and "connection refused" not in answer.text


async def test_a_half_open_sender_is_not_waited_for(services: Services) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"x" * 10
        await asyncio.sleep(10)
        yield b"x"

    async with sending(services, Limits(body_seconds=0.05)) as sender:
        answer = await sender.post(FLOWS, content=stalled())
    assert answer.status_code == 408 and taken(services).batches == []


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "zstd"]), st.integers(1, 3))
def test_decompression_gives_back_what_was_compressed(body: bytes, encoding: str, frames: int) -> None:
    compress = gzip.compress if encoding == "gzip" else zstandard.compress
    assert decompressed(compress(body) * frames, encoding, 20_000) == body * frames


@given(st.binary(max_size=300), st.sampled_from(["gzip", "zstd"]))
def test_decompression_of_anything_is_an_answer_or_a_refusal(body: bytes, encoding: str) -> None:
    try:
        assert len(decompressed(body, encoding, 1000)) <= 1000
    except Refusal as refusal:
        assert refusal.problem.status in (400, 413)
