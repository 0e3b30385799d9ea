"""Requests to the API server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any

import aiohttp
import msgspec

from seawall import __version__
from seawall.kit.errors import UserError
from seawall.kube.credentials import Credentials, Stamps
from seawall.kube.errors import Unreachable, refusal

_PAGE = 500
_TRIES = 3
_HEADERS = (("Accept", "application/json"), ("User-Agent", f"seawall/{__version__}"))
"""The name under which an audit log shows what Seawall asked."""


class ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct, frozen=True):
    """A page of a list: its items as raw JSON, and where the list stands."""

    items: tuple[msgspec.Raw, ...] = ()
    metadata: ListMeta = ListMeta()


class WatchEvent(msgspec.Struct, frozen=True):
    """`type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR; `object` is raw JSON."""

    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""
    code: int = 0


_PAGES = msgspec.json.Decoder(Page)
_EVENTS = msgspec.json.Decoder(WatchEvent)
_STATUS = msgspec.json.Decoder(_Status)


class KubeClient:
    """One API server. Use as an async context manager. Unreachable and Refused (and its kinds) are what calls raise."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._session: aiohttp.ClientSession | None = None
        self._shown: Stamps = ()
        self._refreshing = asyncio.Lock()

    async def __aenter__(self) -> KubeClient:
        self._session = self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def server(self) -> str:
        return str(self.credentials.configuration.host).rstrip("/")

    # -------------------------------------------------------------------------------------------- asking

    async def get(self, path: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """The body of a GET, tried again a few times where the server does not answer."""
        return await self._retrying("GET", path, parameters)

    async def pages(self, path: str, parameters: Mapping[str, str] | None = None) -> AsyncIterator[Page]:
        """A list, a page at a time. Gone where the list took longer than the server keeps its token: begin again."""
        wanted = {**(parameters or {}), "limit": str(_PAGE)}
        while True:
            page = _PAGES.decode(await self._retrying("GET", path, wanted))
            yield page
            if not page.metadata.continue_:
                return
            wanted["continue"] = page.metadata.continue_

    async def watch(
        self, path: str, resource_version: str, parameters: Mapping[str, str] | None = None, seconds: int = 300
    ) -> AsyncIterator[WatchEvent]:
        """Changes since `resource_version`, bookmarks included, until the server ends the stream after `seconds`. Gone where the version is too old."""
        wanted = {
            **(parameters or {}),
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(seconds),
        }
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=seconds + 30)
        response = await self._request("GET", path, wanted, timeout=timeout)
        try:
            async for line in _lines(response):
                event = _EVENTS.decode(line)
                if event.type == "ERROR":
                    status = _STATUS.decode(event.object)
                    raise refusal(status.code, status.reason, status.message)
                yield event
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"the watch of {path} broke: {error or type(error).__name__}") from None
        finally:
            response.close()

    # -------------------------------------------------------------------------------------------- acting

    async def post(self, path: str, body: Any, parameters: Mapping[str, str] | None = None) -> bytes:
        """Creates, or asks a review. Not tried again: it may have happened."""
        return await self._read(
            await self._request("POST", path, parameters, body=msgspec.json.encode(body), content="application/json")
        )

    async def merge(self, path: str, body: Any, parameters: Mapping[str, str]) -> bytes:
        """A JSON merge patch. Conflict where `body` names a resourceVersion that is not the object's any more."""
        return await self._read(
            await self._request(
                "PATCH", path, parameters, body=msgspec.json.encode(body), content="application/merge-patch+json"
            )
        )

    async def delete(self, path: str, options: Any) -> bytes:
        """Deletes; `options` are DeleteOptions. Conflict where its preconditions do not hold."""
        return await self._read(
            await self._request("DELETE", path, None, body=msgspec.json.encode(options), content="application/json")
        )

    async def apply(self, path: str, body: Any, manager: str, *, force: bool = False, dry_run: bool = False) -> bytes:
        """Server-side apply as `manager`. Conflict where another manager owns a field and `force` is off."""
        parameters = {"fieldManager": manager, "force": str(force).lower(), **({"dryRun": "All"} if dry_run else {})}
        return await self._read(
            await self._request(
                "PATCH", path, parameters, body=msgspec.json.encode(body), content="application/apply-patch+yaml"
            )
        )

    # -------------------------------------------------------------------------------------------- transport

    def _open(self) -> aiohttp.ClientSession:
        configuration = self.credentials.configuration
        certificates = self.credentials.certificates
        if not str(configuration.host).startswith("https://"):
            return aiohttp.ClientSession(trust_env=True)
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        # Python 3.13 verifies more than Go does; certificates of many clusters lack the authority key id.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
        if not configuration.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._shown = certificates  # not before they were read: files that are just being written are read again
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context), trust_env=True, read_bufsize=1 << 21
        )

    async def _retrying(self, method: str, path: str, parameters: Mapping[str, str] | None) -> bytes:
        for attempt in range(_TRIES):
            try:
                return await self._read(await self._request(method, path, parameters))
            except Unreachable:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.2 * 4**attempt)
        raise AssertionError("unreachable")

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            return await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"{self.server} broke off: {error or type(error).__name__}") from None
        finally:
            response.close()

    async def _request(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        *,
        body: bytes | None = None,
        content: str | None = None,
        timeout: aiohttp.ClientTimeout | None = None,
    ) -> aiohttp.ClientResponse:
        """One answered request, with credentials refreshed before they end and once after a 401."""
        if self.credentials.stale:
            await self._refresh()
        response = await self._send(method, path, parameters, body, content, timeout)
        if response.status == 401:
            response.close()
            await self._refresh()
            response = await self._send(method, path, parameters, body, content, timeout)
        if response.status >= 400:
            raise await _error(response)
        return response

    async def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        body: bytes | None,
        content: str | None,
        timeout: aiohttp.ClientTimeout | None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the client is used as a context manager")
        headers = [*_HEADERS, *await self.credentials.headers(), *([("Content-Type", content)] if content else ())]
        configuration = self.credentials.configuration
        extra: dict[str, Any] = (
            {"server_hostname": configuration.tls_server_name} if configuration.tls_server_name else {}
        )
        if configuration.proxy:
            extra["proxy"] = configuration.proxy
        try:
            return await self._session.request(
                method,
                self.server + path,
                params=parameters,
                headers=headers,
                data=body,
                timeout=timeout or aiohttp.ClientTimeout(total=120, sock_connect=10),
                allow_redirects=False,
                **extra,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{self.server} does not answer: {error or type(error).__name__}") from None

    async def _refresh(self) -> None:
        """Raises Unreachable where that fails: a plugin may work again a moment later, a file may just be being written."""
        async with self._refreshing:
            try:
                await self.credentials.refresh()
                if self.credentials.certificates != self._shown and self._session is not None:
                    old, self._session = self._session, self._open()
                    await old.close()
            except (UserError, OSError) as error:
                raise Unreachable(str(error)) from None


async def _error(response: aiohttp.ClientResponse) -> Exception:
    try:
        body = await response.read()
        status = _STATUS.decode(body)
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
        status = _Status()
    finally:
        response.close()
    return refusal(response.status, status.reason, status.message)


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Lines of any length: a watch event may be larger than any buffer limit."""
    rest = b""
    async for chunk in response.content.iter_any():
        rest += chunk
        if b"\n" in chunk:
            *lines, rest = rest.split(b"\n")
            for line in lines:
                if line:
                    yield line
    if rest.strip():
        yield rest
