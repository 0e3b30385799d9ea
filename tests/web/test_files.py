"""The console's files: for good by hashed name, compressed as they were built, and the page for every place of it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.web.conftest import BASE

from seawall.app.services import Services
from seawall.web import WebSettings, application


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><script src=/assets/app-1a2b.js></script>")
    (folder / "index.html.gz").write_bytes(b"gzipped page")
    (folder / "boot.js").write_text("boot")
    (folder / "assets" / "app-1a2b.js").write_text("application")
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"brotli")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(b"gzipped")
    (tmp_path / "secret.txt").write_text("outside")
    return folder


def browser(services: Services, static: Path) -> httpx.AsyncClient:
    app = application(services, WebSettings(static=static))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE, headers={"accept-encoding": ""})


async def test_files_and_places(services: Services, built: Path) -> None:
    async with browser(services, built) as one:
        for place in ("/", "/graph", "/incidents/case-1", "/explore/flow", "/policy", "/index.html"):
            page = await one.get(place)
            assert (
                page.status_code == 200 and "app-1a2b.js" in page.text and page.headers["cache-control"] == "no-cache"
            )
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert page.headers["content-security-policy"].startswith(
                "default-src 'none'; script-src 'self'; style-src 'self';"
            )
        script = await one.get("/assets/app-1a2b.js")
        assert script.text == "application" and script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert (await one.get("/boot.js")).headers["cache-control"] == "no-cache"
        for missing in (
            "/assets/none.js",
            "/assets/",
            "/none.js",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/assets/../../secret.txt",
        ):
            answer = await one.get(missing)
            assert answer.status_code == 404 or "app-1a2b.js" in answer.text, missing
            assert "outside" not in answer.text


async def test_compressed_as_built(services: Services, built: Path) -> None:
    async with browser(services, built) as one:
        for accepts, coding, body in (
            ("gzip, deflate, br", "br", b"brotli"),
            ("gzip;q=0.5", "gzip", b"gzipped"),
            ("identity", "", b"application"),
        ):
            async with one.stream("GET", "/assets/app-1a2b.js", headers={"accept-encoding": accepts}) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
            assert raw == body and answer.headers.get("content-encoding", "") == coding
            assert answer.headers["vary"] == "accept-encoding"
        first = await one.get("/")
        again = await one.get("/", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304 and again.content == b""


async def test_a_console_that_is_not_built_says_so(services: Services, tmp_path: Path) -> None:
    async with browser(services, tmp_path / "none") as one:
        page = await one.get("/graph")
        assert page.status_code == 200 and "make ui" in page.text and "<script" not in page.text
        assert (await one.get("/api/v1/me")).status_code == 401
