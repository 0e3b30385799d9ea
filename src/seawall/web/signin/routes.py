"""/login: by one-time link, or by way of an OpenID Connect provider. These routes need no store."""

from __future__ import annotations

import logging
from math import ceil
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from seawall.app.moment import SECOND
from seawall.app.principals import Identity
from seawall.app.services import Services
from seawall.app.trail import Act
from seawall.web import pages
from seawall.web.asgi import client_address, header
from seawall.web.problem import Refusal
from seawall.web.security.authentication import SESSION_COOKIE
from seawall.web.security.forgery import CSRF_COOKIE
from seawall.web.security.rate import Buckets
from seawall.web.settings import WebSettings
from seawall.web.signin.oidc import IN_PROGRESS, Oidc, SignInRefused

PROGRESS_COOKIE = "seawall_signin"
_log = logging.getLogger("seawall.web")

Asked = Request[Any, Any, Any]


@get("/login", operation_id="signIn", summary="Sign in by a one-time link", include_in_schema=False)
async def sign_in(
    request: Asked, services: NamedDependency[Services], token: Annotated[str, QueryParameter(max_length=200)] = ""
) -> Response[Any]:
    """Uses the link up and opens a session; without a link, says how to get one."""
    oidc: Oidc | None = request.app.state.oidc
    if not token:
        return pages.how_to_sign_in(oidc.settings.title if oidc else "")
    _hold_back(request)
    identity = services.links.use(token, services.wall_clock())
    if identity is None:
        _note(request, services, "denied", "", "link")
        _hold_back(request, failed=True)
        return pages.link_over()
    return _open(request, services, identity)


@get("/login/oidc", operation_id="beginOidc", include_in_schema=False)
async def begin(request: Asked, services: NamedDependency[Services]) -> Response[Any]:
    oidc = _provider(request)
    _hold_back(request, failed=True)  # each asks the provider; nobody needs many
    try:
        target, cookie = await oidc.begin(_callback(request), services.wall_clock())
    except SignInRefused as error:
        _log.warning("OIDC sign-in cannot begin: %s", error)
        return pages.refused(str(error), 502)
    answer: Response[Any] = Redirect(target, status_code=303)
    # lax: the provider's page sends the browser back here
    answer.set_cookie(_cookie(request, PROGRESS_COOKIE, cookie, IN_PROGRESS // SECOND, samesite="lax", path="/login"))
    return answer


@get("/login/oidc/callback", operation_id="finishOidc", include_in_schema=False)
async def finish(
    request: Asked,
    services: NamedDependency[Services],
    code: Annotated[str, QueryParameter(max_length=4096)] = "",
    echo: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
    error: Annotated[str, QueryParameter(max_length=200)] = "",
) -> Response[Any]:
    oidc = _provider(request)
    try:
        if error or not code:
            raise SignInRefused(f"the provider refused: {error or 'no code'}")
        cookie = request.cookies.get(PROGRESS_COOKIE, "")
        identity = await oidc.finish(cookie, code, echo, _callback(request), services.wall_clock())
    except SignInRefused as refused:
        _log.warning("OIDC sign-in refused from %s: %s", client_address(request.scope), refused)  # type: ignore[arg-type]
        _note(request, services, "denied", "", "oidc")
        _hold_back(request, failed=True)
        return pages.refused(str(refused), 401)
    answer = _open(request, services, identity)
    answer.delete_cookie(PROGRESS_COOKIE, path="/login")
    return answer


def _open(request: Asked, services: Services, identity: Identity) -> Response[Any]:
    principal = services.principal(identity)
    if principal is None:
        _note(request, services, "denied", identity.name, identity.provider)
        return pages.refused(f"No grant names {identity.name}. An administrator adds one to auth.grants.", 403)
    session, cookie = services.sessions.open(identity, services.wall_clock())
    _note(request, services, "ok", identity.name, identity.provider)
    seconds = services.sessions.lifetime // SECOND
    answer: Response[Any] = Redirect("/", status_code=303)
    answer.set_cookie(_cookie(request, SESSION_COOKIE, cookie, seconds))
    answer.set_cookie(_cookie(request, CSRF_COOKIE, services.sessions.csrf_token(session), seconds, httponly=False))
    return answer


def _cookie(
    request: Asked,
    name: str,
    value: str,
    seconds: int,
    *,
    httponly: bool = True,
    samesite: Any = "strict",
    path: str = "/",
) -> Cookie:
    settings: WebSettings = request.app.state.settings
    return Cookie(name, path, value, seconds, secure=settings.secure, httponly=httponly, samesite=samesite)


def _provider(request: Asked) -> Oidc:
    oidc: Oidc | None = request.app.state.oidc
    if oidc is None:
        raise Refusal(404, "this server has no OpenID Connect provider; see `auth.oidc`")
    return oidc


def _callback(request: Asked) -> str:
    settings: WebSettings = request.app.state.settings
    return f"{'https' if settings.secure else 'http'}://{request.headers['host']}/login/oidc/callback"


def _hold_back(request: Asked, *, failed: bool = False) -> None:
    failures: Buckets = request.app.state.failures
    address = client_address(request.scope)  # type: ignore[arg-type]
    wait = failures.take(address) if failed else failures.wait(address)
    if wait:
        raise Refusal(429, "too many tries from this address; wait", headers={"retry-after": str(ceil(wait))})


def _note(request: Asked, services: Services, outcome: Any, actor: str, provider: str) -> None:
    scope: Any = request.scope
    act = Act(
        "signIn",
        outcome,
        actor,
        client=client_address(scope),
        agent=header(scope, b"user-agent")[:200],
        data={"provider": provider},
    )
    services.trail.note(act, services.wall_clock())
