"""OpenID Connect against a real issuer: the whole flow, and every way in which a token must not be taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.web import world
from tests.web.conftest import BASE
from tests.web.issuer import CLIENT, SECRET, Issuer, running

from seawall.app.principals import Grant, Role
from seawall.app.services import Services
from seawall.app.sessions import Sessions
from seawall.kit.errors import UserError
from seawall.web import WebSettings, application
from seawall.web.signin import oidc as module
from seawall.web.signin.oidc import Oidc, OidcSettings, SignInRefused

SECOND = 10**9


@pytest.fixture(scope="module")
def shared() -> Iterator[Issuer]:
    with running() as found:
        yield found


@pytest.fixture
def issuer(shared: Issuer) -> Issuer:
    shared.published, shared.description, shared.key_reads = set(shared.keys), {}, 0
    now = world.NOW // SECOND
    shared.claims = {
        "iss": shared.url, "aud": CLIENT, "sub": "42", "exp": now + 300, "iat": now, "nonce": "n-1",
        "email": "alice@example.com", "email_verified": True, "groups": ["readers"],
    }  # fmt: skip
    return shared


@pytest.fixture
def oidc(issuer: Issuer, tmp_path: Path) -> Oidc:
    sessions = Sessions(b"k" * 32, tmp_path / "signed-out", 12 * world.HOUR)
    return Oidc(OidcSettings(issuer.url, CLIENT), sessions, SECRET)


async def test_a_person_signs_in_by_way_of_the_provider(services: Services, issuer: Issuer) -> None:
    oidc = Oidc(OidcSettings(issuer.url, CLIENT, title="Example ID"), services.sessions, SECRET)
    app = application(services, WebSettings(), oidc=oidc)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as person:
        assert "Sign in with Example ID" in (await person.get("/login")).text
        begun = await person.get("/login/oidc")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert begun.headers["location"].startswith(f"{issuer.url}/authorize?")
        assert asked["redirect_uri"] == [f"{BASE}/login/oidc/callback"] and asked["code_challenge_method"] == ["S256"]
        assert "SameSite=lax" in begun.headers["set-cookie"] and "HttpOnly" in begun.headers["set-cookie"]
        issuer.claims["nonce"] = asked["nonce"][0]
        issuer.grants["code-1"] = asked["code_challenge"][0]
        back = f"/login/oidc/callback?code=code-1&state={asked['state'][0]}"
        done = await person.get(back)
        assert done.status_code == 303, done.text
        me = (await person.get("/api/v1/me")).json()
        assert (
            me["name"] == "alice@example.com"
            and me["provider"] == "oidc"
            and me["scope"]["namespaces"] == ["c1/a", "prod/a"]
        )
        again = await person.get(back)
        assert again.status_code == 401, "the progress is used up"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as thief:
        issuer.grants["code-2"] = asked["code_challenge"][0]
        stolen = await thief.get(f"/login/oidc/callback?code=code-2&state={asked['state'][0]}")
        assert stolen.status_code == 401 and "no sign-in is in progress" in stolen.text
        assert (await thief.get("/login/oidc/callback?error=access_denied")).status_code == 401


async def test_somebody_whom_no_grant_names_is_not_let_in(services: Services, issuer: Issuer) -> None:
    services = msgspec.structs.replace(services, grants=(Grant(Role.VIEW, ("user:bob@example.com",)),))
    oidc = Oidc(OidcSettings(issuer.url, CLIENT), services.sessions, SECRET)
    app = application(services, WebSettings(), oidc=oidc)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as person:
        asked = parse_qs(urlsplit((await person.get("/login/oidc")).headers["location"]).query)
        issuer.claims["nonce"] = asked["nonce"][0]
        issuer.grants["code-1"] = asked["code_challenge"][0]
        done = await person.get(f"/login/oidc/callback?code=code-1&state={asked['state'][0]}")
        assert done.status_code == 403 and "No grant names alice@example.com" in done.text
        assert "seawall_session" not in person.cookies


async def test_signatures_of_both_kinds_of_key(oidc: Oidc, issuer: Issuer) -> None:
    for key in ("rsa-1", "ec-1"):
        found = await oidc.identity(issuer.token(key), nonce="n-1", now=world.NOW)
        assert (found.name, found.groups) == ("alice@example.com", ("readers",))
    assert issuer.key_reads == 1


def change(**claims: Any) -> Callable[[Issuer], str]:
    def make(issuer: Issuer) -> str:
        issuer.claims.update(claims)
        issuer.claims = {name: value for name, value in issuer.claims.items() if value is not None}
        return issuer.token()

    return make


def forged(issuer: Issuer) -> str:
    return issuer.token(key=rsa.generate_private_key(65537, 2048))


def unsigned(issuer: Issuer) -> str:
    import jwt

    return jwt.encode(issuer.claims, None, "none", {"kid": "rsa-1"})  # type: ignore[arg-type]


def confused(issuer: Issuer) -> str:
    """Signed with the public key as if it were a shared secret."""
    import base64
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = issuer.keys["rsa-1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [
        base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "rsa-1"}, issuer.claims)
    ]
    signed = b".".join(parts)
    return (signed + b"." + base64.urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")).decode()


NOW = world.NOW // SECOND


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (forged, "not valid"),
        (unsigned, "not valid"),
        (confused, "not valid"),
        (lambda issuer: issuer.token("rsa-1", kid="nobody"), "a key that the provider does not publish"),
        (lambda issuer: issuer.token()[:-4], "not valid"),
        (lambda _: "no.token.at-all", "not valid"),
        (lambda _: "", "not valid"),
        (change(aud="another"), "not valid"),
        (change(iss="https://evil.example"), "not valid"),
        (change(exp=NOW - 61), "is over"),
        (change(iat=NOW + 61), "of the future"),
        (change(nbf=NOW + 61), "of the future"),
        (change(exp="soon"), "no numbers"),
        (change(exp=None), "not valid"),
        (change(sub=None), "not valid"),
        (change(nonce="n-2"), "another sign-in"),
        (change(nonce=None), "another sign-in"),
        (change(aud=[CLIENT, "another"]), "another client"),
        (change(azp="another"), "another client"),
        (change(email=None), "no claim `email`"),
        (change(email=7), "no claim `email`"),
        (change(email_verified=False), "has not verified"),
    ],
)
async def test_a_token_that_must_not_be_taken(
    oidc: Oidc, issuer: Issuer, make: Callable[[Issuer], str], says: str
) -> None:
    with pytest.raises(SignInRefused, match=says):
        await oidc.identity(make(issuer), nonce="n-1", now=world.NOW)


async def test_groups_may_be_one_text_and_nothing_else_is_a_group(oidc: Oidc, issuer: Issuer) -> None:
    for claim, groups in (("sre", ("sre",)), (["a", 1, None, "b"], ("a", "b")), (None, ()), ({"a": 1}, ())):
        issuer.claims["groups"] = claim
        assert (await oidc.identity(issuer.token(), nonce="n-1", now=world.NOW)).groups == groups


async def test_new_keys_are_read_when_they_are_met_and_not_too_often(
    oidc: Oidc, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.published = {"rsa-1"}
    await oidc.identity(issuer.token("rsa-1"), nonce="n-1", now=world.NOW)
    issuer.published = {"ec-1"}
    for _ in range(3):
        with pytest.raises(SignInRefused, match="does not publish"):
            await oidc.identity(issuer.token("ec-1"), nonce="n-1", now=world.NOW)
    assert issuer.key_reads == 1
    later = time.monotonic() + module.KEYS_ASKED_AGAIN
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    assert (await oidc.identity(issuer.token("ec-1"), nonce="n-1", now=world.NOW)).name == "alice@example.com"
    with pytest.raises(SignInRefused):
        await oidc.identity(issuer.token("rsa-1"), nonce="n-1", now=world.NOW)
    assert issuer.key_reads == 2


async def test_a_provider_that_is_another_or_away_is_refused(oidc: Oidc, issuer: Issuer, tmp_path: Path) -> None:
    issuer.description = {"issuer": "https://evil.example"}
    with pytest.raises(SignInRefused, match="another issuer"):
        await oidc.begin(f"{BASE}/login/oidc/callback", world.NOW)
    sessions = Sessions(b"k" * 32, tmp_path / "x", 1)
    with pytest.raises(SignInRefused, match="does not answer"):
        await Oidc(OidcSettings("http://127.0.0.1:9", CLIENT), sessions, "").begin("x", 0)
    with pytest.raises(UserError, match="not an https URL"):
        Oidc(OidcSettings("http://id.example.com", CLIENT), sessions, "")
    issuer.description = {"token_endpoint": "http://evil.example/token"}
    with pytest.raises(UserError, match="not an https URL"):
        await oidc.begin(f"{BASE}/login/oidc/callback", world.NOW)


async def test_a_sign_in_in_progress_ends(oidc: Oidc) -> None:
    where, cookie = await oidc.begin(f"{BASE}/login/oidc/callback", world.NOW)
    state = parse_qs(urlsplit(where).query)["state"][0]
    with pytest.raises(SignInRefused, match="another sign-in"):
        await oidc.finish(cookie, "code", "wrong", "x", world.NOW)
    with pytest.raises(SignInRefused, match="took too long"):
        await oidc.finish(cookie, "code", state, "x", world.NOW + module.IN_PROGRESS)
    with pytest.raises(SignInRefused, match="no sign-in is in progress"):
        await oidc.finish(cookie[:-2], "code", state, "x", world.NOW)
    with pytest.raises(SignInRefused, match="answered 400"):
        await oidc.finish(cookie, "code", state, "x", world.NOW)
