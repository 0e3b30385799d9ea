"""OpenID Connect, authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700).

What a sign-in in progress must remember (state, nonce, code verifier) is a sealed cookie of ten minutes, so any server of the installation can
finish what another began. The ID token is verified here: signature by the issuer's keys, issuer, audience, time, nonce.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import time
from base64 import b64encode
from secrets import token_urlsafe
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

import msgspec

from seawall.app.moment import SECOND
from seawall.app.principals import Identity
from seawall.app.sessions import Sessions
from seawall.kit import base64url
from seawall.kit.errors import UserError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair only: a shared secret or `none` proves nothing."""
IN_PROGRESS = 600 * SECOND
KEYS_HOLD = 3600.0
KEYS_ASKED_AGAIN = 60.0
"""An unknown key id makes us ask for keys again, but not more often than this."""
LEEWAY = 60.0
LARGEST_ANSWER = 2**20


class OidcSettings(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An OpenID Connect provider. `name` and `groups` are the claims that say who somebody is; choose one that people cannot set themselves."""

    issuer: str
    client_id: str
    client_secret_file: str = ""
    """A file with the client's secret; empty for a public client."""
    title: str = "OpenID Connect"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    name: str = "email"
    groups: str = "groups"
    ca_file: str = ""
    """Certificates to trust beside the system's."""


class SignInRefused(Exception):
    """The provider, or what came back from it, does not sign anybody in; the text may be shown."""


class _InProgress(msgspec.Struct, frozen=True):
    state: str
    nonce: str
    verifier: str
    expires: int


class _Provider(msgspec.Struct, frozen=True):
    """The part of the discovery document (OpenID Connect Discovery 1.0 §3) that the flow needs."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class Oidc:
    """One provider. `secret` is the client's ("" for a public client); `allow_plain` lets tests use an issuer on loopback without TLS."""

    def __init__(self, settings: OidcSettings, sessions: Sessions, secret: str) -> None:
        self.settings, self._sessions, self._secret = settings, sessions, secret
        _check_url(settings.issuer)
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context), _NoRedirects())
        self._provider: _Provider | None = None
        self._keys: dict[str, Any] = {}
        self._keys_read = -KEYS_HOLD
        self._lock = asyncio.Lock()

    async def begin(self, redirect: str, now: int) -> tuple[str, str]:
        """Where to send the browser, and the cookie that it must bring back. Raises SignInRefused where the provider does not answer."""
        provider = await self._discover()
        progress = _InProgress(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), now + IN_PROGRESS)
        challenge = base64url.encode(hashlib.sha256(progress.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(self.settings.scopes),
            "state": progress.state,
            "nonce": progress.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(provider.authorization_endpoint).query else "?"
        cookie = self._sessions.seal(msgspec.json.encode(progress))
        return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}", cookie

    async def finish(self, cookie: str, code: str, state: str, redirect: str, now: int) -> Identity:
        """Who signed in, after the browser came back. Raises SignInRefused."""
        body = self._sessions.unseal(cookie) if cookie else None
        try:
            progress = msgspec.json.decode(body or b"", type=_InProgress)
        except msgspec.DecodeError:
            raise SignInRefused("no sign-in is in progress in this browser") from None
        if now >= progress.expires:
            raise SignInRefused("the sign-in took too long")
        if not hmac.compare_digest(progress.state.encode(), state.encode()):
            raise SignInRefused("the answer belongs to another sign-in")
        token = await self._exchange(code, redirect, progress.verifier)
        return await self.identity(token, nonce=progress.nonce, now=now)

    async def identity(self, token: str, *, nonce: str, now: int) -> Identity:
        """Who an ID token stands for, after every check of OpenID Connect Core §3.1.3.7. Raises SignInRefused."""
        import jwt

        try:
            key = await self._key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                leeway=LEEWAY,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise SignInRefused(f"the ID token is not valid: {error}") from None
        self._check(claims, nonce, now / SECOND)
        name = claims.get(self.settings.name)
        if not isinstance(name, str) or not name:
            raise SignInRefused(f"the ID token has no claim `{self.settings.name}`")
        if self.settings.name == "email" and claims.get("email_verified") is False:
            raise SignInRefused("the provider has not verified the address")
        groups = claims.get(self.settings.groups, [])
        listed = groups if isinstance(groups, list) else [groups]
        return Identity("oidc", name, tuple(group for group in listed if isinstance(group, str)))

    def _check(self, claims: dict[str, Any], nonce: str, now: float) -> None:
        """Times by our own clock argument, nonce, and the authorized party where there are several audiences."""
        if not all(isinstance(claims.get(name, 0), int | float) for name in ("exp", "iat", "nbf")):
            raise SignInRefused("the ID token's times are no numbers")
        if now >= claims["exp"] + LEEWAY:
            raise SignInRefused("the ID token is over")
        if claims["iat"] > now + LEEWAY or claims.get("nbf", 0) > now + LEEWAY:
            raise SignInRefused("the ID token is of the future; are the clocks right?")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise SignInRefused("the ID token belongs to another sign-in")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise SignInRefused("the ID token was made for another client")

    async def _key(self, head: dict[str, Any]) -> Any:
        key_id = str(head.get("kid", ""))
        async with self._lock:
            age = time.monotonic() - self._keys_read
            if age >= KEYS_HOLD or (self._named(key_id) is None and age >= KEYS_ASKED_AGAIN):
                self._keys, self._keys_read = await self._read_keys(), time.monotonic()
        found = self._named(key_id)
        if found is None:
            raise SignInRefused("the ID token is signed with a key that the provider does not publish")
        return found

    def _named(self, key_id: str) -> Any:
        """The key of an id; without an id, the only key there is."""
        return self._keys.get(key_id) if key_id else next(iter(self._keys.values())) if len(self._keys) == 1 else None

    async def _read_keys(self) -> dict[str, Any]:
        import jwt

        provider = await self._discover()
        document = await self._fetch(provider.jwks_uri)
        try:
            published = jwt.PyJWKSet.from_json(document.decode())
        except (jwt.PyJWTError, UnicodeDecodeError, ValueError) as error:
            raise SignInRefused(f"the provider's keys cannot be read: {error}") from None
        return {str(key.key_id or number): key for number, key in enumerate(published.keys) if key.key_type != "oct"}

    async def _discover(self) -> _Provider:
        if self._provider is None:
            url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                provider = msgspec.json.decode(await self._fetch(url), type=_Provider)
            except msgspec.DecodeError as error:
                raise SignInRefused(f"the provider's description cannot be read: {error}") from None
            if provider.issuer != self.settings.issuer:
                raise SignInRefused("the provider describes itself as another issuer")
            for endpoint in (provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri):
                _check_url(endpoint)
            self._provider = provider
        return self._provider

    async def _exchange(self, code: str, redirect: str, verifier: str) -> str:
        provider = await self._discover()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if self._secret and "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self.settings.client_id
            if self._secret:
                form["client_secret"] = self._secret
        answer = await self._fetch(provider.token_endpoint, urlencode(form).encode(), headers)
        try:
            return msgspec.json.decode(answer, type=_Tokens).id_token
        except msgspec.DecodeError:
            raise SignInRefused("the provider gave no ID token") from None

    async def _fetch(self, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        request = Request(url, body, {"accept": "application/json", **(headers or {})})  # noqa: S310  checked by _check_url
        try:
            return await asyncio.to_thread(self._read, request)
        except HTTPError as error:
            raise SignInRefused(f"the provider answered {error.code}") from None
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise SignInRefused(f"the provider does not answer: {reason}") from None

    def _read(self, request: Request) -> bytes:
        with self._opener.open(request, timeout=10) as answer:
            body: bytes = answer.read(LARGEST_ANSWER + 1)
        if len(body) > LARGEST_ANSWER:
            raise ValueError("its answer is too long")
        return body


class _NoRedirects(HTTPRedirectHandler):
    """A provider's own endpoints do not move; a redirect would carry the secret elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise UserError("not an https URL", where=url, do="an issuer is called by TLS, but on this machine itself")
