"""Sign-in, forgery, hosts, headers, limits and the log of who looked."""

from __future__ import annotations

import asyncio
import logging
import re

import httpx
import msgspec
import pytest
from tests.web import world
from tests.web.conftest import BASE, ROOMY, WINDOW, Client, signed_in

from seawall.app.principals import EVERYTHING, Grant, Identity, Role
from seawall.app.services import Services
from seawall.app.trail import TrailRow
from seawall.kit.errors import Retry
from seawall.web import Limits, WebSettings, application
from seawall.web.security import pace
from seawall.web.security.headers import SecurityHeaders


def browser(app: SecurityHeaders, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE, headers=headers)


def noted(services: Services) -> list[TrailRow]:
    rows: list[TrailRow] = []
    services.trail.flush(rows.extend, world.NOW, everything=True)
    return rows


# ------------------------------------------------------------------------------------------------ sign-in


async def test_a_link_opens_a_session_once(app: SecurityHeaders, services: Services) -> None:
    async with signed_in(app, services) as person:
        cookies = {cookie.name: cookie for cookie in person.cookies.jar}
        assert set(cookies) == {"seawall_session", "seawall_csrf"}
        me = (await person.get("/api/v1/me")).json()
        assert me["name"] == "local" and me["role"] == "admin" and me["csrf"] == cookies["seawall_csrf"].value
    secret = services.links.create(EVERYTHING, expires=world.NOW + 1)
    async with browser(app) as one:
        first = await one.get(f"/login?token={secret}")
        set_cookies = first.headers.get_list("set-cookie")
        session = next(text for text in set_cookies if text.startswith("seawall_session="))
        assert (
            "HttpOnly" in session
            and "SameSite=strict" in session
            and "Max-Age=43200" in session
            and "Path=/" in session
        )
        assert first.headers["location"] == "/" and first.headers["referrer-policy"] == "no-referrer"
        again = await one.get(f"/login?token={secret}")
        assert again.status_code == 401 and "seawall token link" in again.text and secret not in again.text


async def test_a_session_behind_tls_has_secure_cookies(services: Services) -> None:
    app = application(services, WebSettings(secure=True))
    secret = services.links.create(EVERYTHING, expires=world.NOW + 1)
    async with browser(app) as one:
        answer = await one.get(f"/login?token={secret}")
    assert all("Secure" in text for text in answer.headers.get_list("set-cookie"))
    assert answer.headers["strict-transport-security"]


async def test_signing_out_ends_the_session_everywhere(app: SecurityHeaders, services: Services) -> None:
    async with signed_in(app, services) as person:
        cookies = dict(person.cookies)
        csrf = cookies["seawall_csrf"]
        assert (await person.post("/api/v1/logout", headers={"x-seawall-csrf": csrf})).status_code == 204
    async with browser(app) as thief:
        thief.cookies.update(cookies)
        assert (await thief.get("/api/v1/me")).status_code == 401


async def test_taking_a_grant_away_works_at_once(services: Services) -> None:
    _, cookie = services.sessions.open(Identity("oidc", "alice", ("readers",)), world.NOW)
    for grants, status in ((services.grants, 200), ((), 403)):
        app = application(msgspec.structs.replace(services, grants=grants), WebSettings())
        async with browser(app) as person:
            person.cookies.set("seawall_session", cookie)
            answer = await person.get("/api/v1/me")
            assert answer.status_code == status
            if status == 403:
                assert "no grant names alice" in answer.json()["detail"]


async def test_sign_in_without_a_link_says_how(app: SecurityHeaders) -> None:
    async with browser(app) as nobody:
        page = await nobody.get("/login")
        assert page.status_code == 200 and "seawall token link" in page.text
        assert (await nobody.get("/login/oidc")).status_code == 404
        assert (await nobody.head("/login?token=x")).status_code == 405, "a preview does not use a link up"


# ------------------------------------------------------------------------------------------------ wrong credentials


async def test_wrong_credentials_are_refused_logged_and_held_back(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    app = application(services, WebSettings(limits=Limits(sign_in_failures_per_minute=3)))
    _, right = services.tokens.create("right", EVERYTHING, now=0, expires=None)
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    with caplog.at_level(logging.INFO):
        async with browser(app) as one:
            statuses = [
                (await one.get("/api/v1/me", headers={"authorization": f"Bearer {wrong}"})).status_code
                for _ in range(5)
            ]
            assert statuses == [401, 401, 401, 429, 429]
            held = await one.get("/api/v1/me", headers={"authorization": f"Bearer {wrong}"})
            assert int(held.headers["retry-after"]) >= 1 and held.headers["content-type"] == "application/problem+json"
            assert (await one.get("/login?token=" + "x" * 43)).status_code == 429
            # who holds a right token is not locked out by somebody behind the same address
            assert (await one.get("/api/v1/me", headers={"authorization": f"Bearer {right}"})).status_code == 200
    assert "credentials refused from 127.0.0.1 for /api/v1/me" in caplog.text
    assert wrong not in caplog.text and right not in caplog.text
    denied = [row for row in noted(services) if row.outcome == "denied"]
    assert denied[0].action == "authenticate" and denied[0].client_address == "127.0.0.1"
    assert all(wrong not in msgspec.json.encode(row).decode() for row in denied)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer swt_x", "swt_abc", "Bearer eyJhbGciOiJub25lIn0.e30."]
)
async def test_odd_credentials_are_nobody(app: SecurityHeaders, header: str) -> None:
    async with browser(app) as one:
        assert (await one.get("/api/v1/me", headers={"authorization": header})).status_code == 401


async def test_kubernetes_may_vouch_for_a_token(services: Services) -> None:
    asked: list[str] = []

    async def review(token: str) -> Identity | None:
        asked.append(token)
        return Identity("kubernetes", "system:serviceaccount:ops:reader", ("readers",)) if token == "good" else None

    app = application(msgspec.structs.replace(services, review=review), WebSettings())
    async with browser(app) as one:
        for _ in range(3):
            me = await one.get("/api/v1/me", headers={"authorization": "Bearer good"})
            assert me.json()["name"] == "system:serviceaccount:ops:reader"
            assert me.json()["scope"]["namespaces"] == ["c1/a", "prod/a"]
        assert (await one.get("/api/v1/me", headers={"authorization": "Bearer bad"})).status_code == 401
    assert asked == ["good", "bad"], "an answer holds for a minute"


# ------------------------------------------------------------------------------------------------ forgery


async def test_changes_need_the_token_of_the_session(app: SecurityHeaders, services: Services) -> None:
    body = {"query": "SELECT 1"}
    async with signed_in(app, services) as person, signed_in(app, services) as other:
        csrf = person.cookies["seawall_csrf"]
        for headers, status in (
            ({}, 403),
            ({"x-seawall-csrf": "wrong"}, 403),
            ({"x-seawall-csrf": other.cookies["seawall_csrf"]}, 403),
            ({"x-seawall-csrf": csrf}, 200),
            ({"x-seawall-csrf": csrf, "origin": BASE}, 200),
            ({"x-seawall-csrf": csrf, "origin": "http://evil.example"}, 403),
            ({"x-seawall-csrf": csrf, "origin": "null"}, 403),
            ({"x-seawall-csrf": csrf, "origin": "http://127.0.0.1:9999"}, 403),
            ({"x-seawall-csrf": csrf, "sec-fetch-site": "cross-site"}, 403),
            ({"x-seawall-csrf": csrf, "sec-fetch-site": "same-site"}, 403),
            ({"x-seawall-csrf": csrf, "sec-fetch-site": "same-origin"}, 200),
        ):
            answer = await person.post("/api/v1/sql", json=body, headers=headers)
            assert answer.status_code == status, headers
            assert status == 200 or answer.headers["content-type"] == "application/problem+json"
        other_method = await person.request("DELETE", "/api/v1/me")
        assert other_method.status_code == 403, "also for routes that do not exist"


async def test_a_bearer_token_needs_no_csrf_token(client: Client) -> None:
    answer = await client("viewer").post("/api/v1/sql", json={"query": "SELECT 1"})
    assert answer.status_code == 200


# ------------------------------------------------------------------------------------------------ hosts and headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8620", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8620", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8620", 421),
        ("localhost@evil.example", 421),
        ("", 421),
        ("127.0.0.1:8620:1", 421),
    ],
)
async def test_only_our_names_are_answered(app: SecurityHeaders, host: str, status: int) -> None:
    async with browser(app) as one:
        assert (await one.get("/login", headers={"host": host})).status_code == status
        assert (await one.get("/healthz", headers={"host": host})).status_code == 200


async def test_every_answer_says_what_browsers_must_not_do(app: SecurityHeaders, client: Client) -> None:
    viewer = client("viewer")
    answers = [
        await viewer.get(path)
        for path in (
            "/",
            "/graph",
            "/login",
            "/healthz",
            "/metrics",
            "/api/v1/me",
            "/api/v1/nothing",
            "/api/v1/events/flow?q=a:",
            "/assets/none.js",
        )
    ]
    answers.append(await viewer.get("/login", headers={"host": "evil.example"}))
    answers.append(await viewer.post("/api/v1/me"))
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer" and headers["cross-origin-opener-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "*" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "access-control-allow-origin" not in headers and "server" not in headers
        assert headers["cache-control"] in ("no-store", "no-cache")


async def test_a_page_of_ours_runs_no_script_and_its_nonce_is_fresh(app: SecurityHeaders) -> None:
    async with browser(app) as one:
        pages = [await one.get("/login") for _ in range(2)]
    nonces = []
    for page in pages:
        nonce = re.search(r"style-src 'nonce-([^']+)'", page.headers["content-security-policy"])
        assert nonce and f'<style nonce="{nonce[1]}">' in page.text and "<script" not in page.text
        nonces.append(nonce[1])
    assert nonces[0] != nonces[1]


# ------------------------------------------------------------------------------------------------ limits


async def test_who_asks_too_often_waits(services: Services) -> None:
    app = application(services, WebSettings(limits=Limits(requests_per_minute=3, sql_per_minute=1)))
    _, text = services.tokens.create("busy", EVERYTHING, now=0, expires=None)
    async with browser(app, authorization=f"Bearer {text}") as one:
        assert [(await one.get("/api/v1/me")).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert [(await one.post("/api/v1/sql", json={"query": "SELECT 1"})).status_code for _ in range(2)] == [200, 429]
    assert any(row.action == "hold back" and row.outcome == "refused" for row in noted(services))


async def test_a_body_that_is_too_large_is_refused(app: SecurityHeaders, client: Client) -> None:
    answer = await client("viewer").post("/api/v1/sql", content=b'{"query": "' + b"x" * 2_000_000 + b'"}')
    assert answer.status_code == 413 and answer.headers["content-type"] == "application/problem+json"


async def test_what_is_too_much_at_once_is_shed_but_never_a_batch(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST_READS", 1)
    monkeypatch.setattr(pace, "MOST_SQL", 0)
    app = application(services, WebSettings(limits=ROOMY))
    _, text = services.tokens.create("busy", EVERYTHING, now=0, expires=None)
    async with browser(app, authorization=f"Bearer {text}") as one:
        both = await asyncio.gather(*(one.get(f"/api/v1/events/flow?{WINDOW}") for _ in range(2)))
        assert sorted(answer.status_code for answer in both) == [200, 503]
        assert (await one.post("/api/v1/sql", json={"query": "SELECT 1"})).status_code == 503
        sent = await one.post("/api/v1/ingest/flow?cluster=c1&source=s", content=b"{}")
        assert sent.status_code == 200
        assert (await one.get("/api/v1/me")).status_code == 200, "room is given back"


async def test_what_fails_before_a_route_is_answered_too(services: Services) -> None:
    async def away(_: str) -> Identity | None:
        raise Retry("connection refused to 10.0.0.1")

    async def broken(_: str) -> Identity | None:
        raise ZeroDivisionError("inner secret")

    for review, status in ((away, 503), (broken, 500)):
        app = application(msgspec.structs.replace(services, review=review), WebSettings())
        async with browser(app) as one:
            answer = await one.get("/api/v1/me", headers={"authorization": "Bearer foreign"})
        assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
        assert "10.0.0.1" not in answer.text and "inner secret" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


# ------------------------------------------------------------------------------------------------ who looked


async def test_who_looked_and_who_acted_is_noted(app: SecurityHeaders, services: Services, client: Client) -> None:
    async with signed_in(app, services, Grant(Role.OPERATE)) as person:
        for _ in range(3):
            await person.get(f"/api/v1/events/audit?{WINDOW}&q=user:alpha-user&cluster=c1")
        await person.get("/api/v1/events/audit/audit-alpha.1")
        csrf = {"x-seawall-csrf": person.cookies["seawall_csrf"]}
        await person.post(
            "/api/v1/incidents/nothing/entries", json={"action": "note", "text": "my words"}, headers=csrf
        )
        await person.get(f"/api/v1/trail?{WINDOW}")
    rows = {row.action: row for row in noted(services)}
    assert rows["signIn"].outcome == "ok" and rows["signIn"].actor == "local"
    look = rows["events"]
    assert (look.cluster, look.target, look.role) == ("c1", "audit", "operate")
    assert msgspec.json.decode(look.data)["q"] == "user:alpha-user" and msgspec.json.decode(look.data)["times"] == 3
    assert rows["event"].target == "audit/audit-alpha.1"
    assert rows["actOnIncident"].outcome == "refused" and "my words" not in rows["actOnIncident"].data
    assert rows["trail"].outcome == "denied"


async def test_a_canary_in_a_link_a_token_or_a_body_is_in_no_answer_and_no_log(
    app: SecurityHeaders, services: Services, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.web.asking import questions

    secret = services.links.create(EVERYTHING, expires=world.NOW + 1)
    _, token = services.tokens.create("canary", EVERYTHING, now=0, expires=None)
    with caplog.at_level(logging.DEBUG, "seawall"):
        async with browser(app) as one:
            await one.get(f"/login?token={secret}")
            found = [await one.get(f"/login?token={secret}")]
            found.append(await one.get("/api/v1/me", headers={"authorization": f"Bearer {token}x"}))
            found.append(await one.get("/nowhere", headers={"authorization": f"Bearer {token}"}))
        admin = client("admin")
        urls = [url for url in questions("alpha") if "entities" in url or "findings" in url or "incidents" in url][::31]
        found += [await admin.get(url) for url in urls]
    everything = "".join(answer.text for answer in found) + caplog.text
    everything += "".join(msgspec.json.encode(row).decode() for row in noted(services))
    for canary in (secret, token, token.split("_", 2)[2], world.CANARY):
        assert canary not in everything
