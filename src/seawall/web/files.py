"""The built console: files with hashed names for good, everything else fresh, and the page itself for every place of it."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from seawall.web.pages import not_built
from seawall.web.problem import Refusal
from seawall.web.security.headers import PAGE

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "no-cache"
CODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".html": "text/html",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".map": "application/json",
    ".txt": "text/plain",
}


class File(msgspec.Struct, frozen=True):
    """A file as it is answered: its bytes by coding ("" for none), what it is, and how long it holds."""

    bodies: dict[str, bytes]
    media_type: str
    cache_control: str
    etag: str


class Console:
    """The files of the console, read once: they are few, small and compressed when they are built."""

    def __init__(self, folder: Path) -> None:
        self.files = _read(folder) if (folder / "index.html").is_file() else {}

    @property
    def built(self) -> bool:
        return bool(self.files)

    def file(self, path: str) -> File | None:
        """The file at a path; the page itself for a place of the console, which is none of a file's name."""
        found = self.files.get(path)
        if found is None and not path.startswith(("assets/", "api/")) and "." not in path.rpartition("/")[2]:
            found = self.files.get("index.html")
        return found


def _read(folder: Path) -> dict[str, File]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in (".br", ".gz"):
            continue
        name, body = path.relative_to(folder).as_posix(), path.read_bytes()
        bodies = {"": body}
        for coding, suffix in CODINGS:
            coded = path.with_name(path.name + suffix)
            if coded.is_file():
                bodies[coding] = coded.read_bytes()
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        cache = IMMUTABLE if name.startswith("assets/") else FRESH
        files[name] = File(bodies, kind, cache, f'"{hashlib.sha256(body).hexdigest()[:24]}"')
    return files


@get("/", include_in_schema=False, sync_to_thread=False)
def show_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The console."""
    return _answer(request, "index.html")


@get("/{path:path}", include_in_schema=False, sync_to_thread=False)
def show_file(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A file of the console, or the console itself for a place of it."""
    name = path.strip("/")
    if name.startswith("api/"):
        raise Refusal(404, "there is no such route")
    return _answer(request, name or "index.html")


def _answer(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    console: Console = request.app.state.console
    if not console.built:
        return not_built()
    file = console.file(name)
    if file is None:
        raise Refusal(404, "there is no such file")
    headers = {"cache-control": file.cache_control, "etag": file.etag, "vary": "accept-encoding"}
    if file.media_type.startswith("text/html"):
        # Said here, since a 304 carries no type to tell it by, and browsers take the policy of the 304.
        headers["content-security-policy"] = PAGE.decode()
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    coding = next((coding for coding, _ in CODINGS if coding in accepted and coding in file.bodies), "")
    if coding:
        headers["content-encoding"] = coding
    return Response(file.bodies[coding], headers=headers, media_type=file.media_type)
