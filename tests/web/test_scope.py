"""Whoever may read one namespace never sees another's rows, on no route, in no context; whoever may read nothing sees nothing."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tests.web.asking import questions, reads
from tests.web.conftest import WINDOW, Client

FOREIGN = ("bravo", "charlie", "zulu")


async def answers(asking: httpx.AsyncClient, urls: list[str]) -> list[httpx.Response]:
    """All answers, a few at once."""
    slots = asyncio.Semaphore(4)

    async def one(url: str) -> httpx.Response:
        async with slots:
            return await asking.get(url)

    return await asyncio.gather(*(one(url) for url in urls))


@pytest.mark.slow
@pytest.mark.parametrize("word", ["alpha", "bravo", "charlie"])
async def test_a_reader_of_a_namespace_sees_no_other(client: Client, word: str) -> None:
    urls = list(questions(word))
    assert len(urls) > 400
    found = await answers(client("reader of a"), urls)
    answered = [answer for answer in found if answer.status_code == 200]
    for answer in found:
        assert answer.status_code in (200, 400, 403, 404), (str(answer.url), answer.text)
        # a question that names foreign things may be answered by naming them back, and only that
        asked = str(answer.url).lower()
        for foreign in FOREIGN:
            if foreign in answer.text.lower():
                assert answer.status_code in (400, 404) and foreign in asked, (str(answer.url), answer.text[:2000])
    if word == "alpha":
        seen = "".join(answer.text for answer in answered)
        assert all(
            mine in seen for mine in ("alpha-web", "alpha-user", "alpha.example.com", "finding-alpha-web", "case-alpha")
        )
        assert "border-server" in seen, "the other end of a flow of ours is seen"


async def test_in_short(client: Client) -> None:
    """The same, for the questions that matter most: fast enough to run always."""
    reader = client("reader of a")
    urls = [
        f"/api/v1/events/{kind}?{WINDOW}&limit=1000" for kind in ("flow", "dns", "audit", "process")
    ] + [
        f"/api/v1/graph?{WINDOW}",
        f"/api/v1/graph?{WINDOW}&scope=pod",
        f"/api/v1/findings?{WINDOW}",
        f"/api/v1/findings/trend?{WINDOW}",
        f"/api/v1/compliance?{WINDOW}",
        f"/api/v1/compliance/owasp-2025?{WINDOW}",
        f"/api/v1/compliance/owasp-2025/file?{WINDOW}&form=csv",
        f"/api/v1/incidents?{WINDOW}",
        f"/api/v1/overview?{WINDOW}",
        f"/api/v1/health?{WINDOW}",
        f"/api/v1/changes?{WINDOW}",
        "/api/v1/clusters",
        "/api/v1/events/flow/flows-bravo.1",
        "/api/v1/incidents/case-charlie",
        "/api/v1/findings/finding-bravo-web",
        f"/api/v1/entities/workload/a/charlie-web?{WINDOW}",
        f"/api/v1/entities/secret/b/bravo-secret?{WINDOW}",
    ]  # fmt: skip
    for answer in await answers(reader, urls):
        missing = answer.status_code == 404
        assert missing or answer.status_code == 200, answer.text
        assert missing or not any(foreign in answer.text for foreign in FOREIGN), (str(answer.url), answer.text)
    assert (await reader.post("/api/v1/incidents/case-bravo/entries", json={"action": "close"})).status_code == 404


async def test_kinds_of_data_are_held_to_too(client: Client) -> None:
    reader = client("reader of dns")
    assert (await reader.get(f"/api/v1/events/dns?{WINDOW}")).status_code == 200
    for url in ("events/flow", "events/audit", "graph", "findings", "compliance", "incidents", "changes"):
        assert (await reader.get(f"/api/v1/{url}?{WINDOW}")).status_code == 403, url
    overview = (await reader.get(f"/api/v1/overview?{WINDOW}")).json()
    assert (
        overview["traffic"]["flows"] == 0
        and overview["posture"]["bySeverity"]["high"] == 0
        and overview["incidents"]["open"] == 0
    )
    entity = await reader.get(f"/api/v1/entities/workload/a/alpha-web?{WINDOW}")
    assert entity.status_code == 404


async def test_a_reader_of_a_cluster_sees_all_of_it_and_nothing_of_another(client: Client) -> None:
    reader = client("reader of c1")
    for url in ("events/flow", "events/audit", "graph", "findings", "incidents", "overview", "health", "changes"):
        answer = await reader.get(
            f"/api/v1/{url}?{WINDOW}&limit=900" if url.startswith("events") else f"/api/v1/{url}?{WINDOW}"
        )
        assert answer.status_code == 200 and "charlie" not in answer.text, url
    assert "zulu" in (await reader.get(f"/api/v1/health?{WINDOW}")).text


async def test_a_sender_reads_nothing_and_nobody_reads_anything(client: Client) -> None:
    sender, nobody = client("sender"), client("")
    for path, operation in reads():
        url = path.replace("{kind}", "flow").replace("{", "").replace("}", "")
        assert (await sender.get(url)).status_code == 403, operation["operationId"]
        answer = await nobody.get(url)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer"), path
    for path in ("/api/v1/nothing", "/api/", "/api/v2/me", "/metrics"):
        assert (await nobody.get(path)).status_code == 401, path
