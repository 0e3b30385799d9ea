"""The application: routes inside, and the layers that every request passes before it reaches one.

    headers > log > last resort > host > slow bodies > who > forgery > pace > still there > router > who looked > route

Everything that needs no route stands before the router, so that it holds for routes that nobody thought of too.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from seawall import __version__
from seawall.app.principals import Role
from seawall.app.services import Services
from seawall.web import files, operations
from seawall.web.api import access, compliance, console, events, findings, incidents, pages, policy, teams
from seawall.web.api.asked import DEPENDENCIES, role_guard
from seawall.web.asgi import App
from seawall.web.attended import Attended
from seawall.web.problem import HANDLERS
from seawall.web.receive import ingest
from seawall.web.receive.body import Room
from seawall.web.security.access_log import AccessLog
from seawall.web.security.authentication import SESSION_COOKIE, Authentication
from seawall.web.security.forgery import ForgeryGuard
from seawall.web.security.headers import SecurityHeaders
from seawall.web.security.hosts import HostAllowList
from seawall.web.security.last_resort import LastResort
from seawall.web.security.noting import Noting
from seawall.web.security.pace import Pace
from seawall.web.security.rate import Buckets
from seawall.web.security.slow_bodies import SlowBodies
from seawall.web.settings import WebSettings
from seawall.web.signin import routes as signin
from seawall.web.signin.oidc import Oidc
from seawall.web.tails import Tails

API = "/api/v1"
SETTLING_AT_ONCE = 4
"""Batches that are decoded and stored at once; the store takes no more any faster."""
ROUTES: tuple[HTTPRouteHandler, ...] = (
    console.me,
    console.sign_out,
    console.clusters,
    console.schema,
    console.sql,
    console.trail,
    pages.show_overview,
    pages.show_graph,
    pages.show_entity,
    pages.show_changes,
    pages.show_health,
    events.page,
    events.histogram,
    events.values,
    events.fields,
    events.tail,
    events.event,
    findings.show_findings,
    findings.show_finding,
    findings.show_trend,
    findings.show_rules,
    findings.show_rule,
    compliance.show_frameworks,
    compliance.show_framework,
    compliance.save_framework,
    incidents.show_incidents,
    incidents.show_incident,
    incidents.act_on_incident,
    policy.show_board,
    policy.show_reach,
    policy.explain,
    policy.evaluate,
    policy.recommend,
    policy.preview,
    access.who_can,
    access.can,
    access.what_can,
    access.subjects,
    access.changes,
    teams.show_teams,
    ingest.ingest,
    ingest.receive_audit,
)
PUBLIC: tuple[HTTPRouteHandler, ...] = (
    signin.sign_in,
    signin.begin,
    signin.finish,
    operations.healthz,
    operations.metrics,
    files.show_page,
    files.show_file,
)


def application(
    services: Services, settings: WebSettings | None = None, *, oidc: Oidc | None = None
) -> SecurityHeaders:
    """The ASGI application. Its `router` attribute is the Litestar application inside."""
    settings = settings or WebSettings()
    limits = settings.limits
    buckets = partial(Buckets, clock=time.monotonic)
    failures = buckets(limits.sign_in_failures_per_minute)
    router = routes(services, settings, failures, oidc)
    app: App = Attended(cast(App, router), services)
    app = Pace(
        app,
        services,
        requests=buckets(limits.requests_per_minute),
        ingest=buckets(limits.ingest_requests_per_minute),
        sql=buckets(limits.sql_per_minute),
    )
    app = ForgeryGuard(app, services)
    app = Authentication(app, services, failures)
    app = SlowBodies(app, limits.body_seconds)
    app = HostAllowList(app, settings.hosts)
    app = AccessLog(LastResort(app))
    return SecurityHeaders(app, router, secure=settings.secure)


def routes(services: Services, settings: WebSettings, failures: Buckets, oidc: Oidc | None) -> Litestar:
    """The router alone. Raises ValueError for an API route that names no role: nothing is open by having been forgotten."""
    for route in ROUTES:
        if not isinstance((route.opt or {}).get("role"), Role):
            raise ValueError(f"the route {route.operation_id} names no role")
    limits = settings.limits
    tails = Tails(limits.tails, limits.tails_of_one)

    # threads of its own, so that no crowd of readers keeps a batch waiting
    settling = ThreadPoolExecutor(SETTLING_AT_ONCE, "settling")

    @asynccontextmanager
    async def closing(_: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            tails.close()
            settling.shutdown()

    return Litestar(
        [Router(API, route_handlers=list(ROUTES)), *PUBLIC],
        dependencies=DEPENDENCIES,
        guards=[role_guard],
        middleware=[DefineMiddleware(cast(Any, Noting), services=services)],
        exception_handlers=HANDLERS,
        request_max_body_size=limits.body_bytes,
        lifespan=[closing],
        openapi_config=OpenAPIConfig(
            title="Seawall",
            version=__version__,
            path=f"{API}/openapi.json",
            description="The API of a Seawall server. Errors are RFC 9457 problem documents.",
            render_plugins=[JsonRenderPlugin(path="/")],
            components=Components(
                security_schemes={
                    "token": SecurityScheme(
                        type="http", scheme="bearer", description="An API token (`seawall token create`)."
                    ),
                    "session": SecurityScheme(type="apiKey", name=SESSION_COOKIE, security_scheme_in="cookie"),
                }
            ),
            security=[{"token": []}, {"session": []}],
        ),
        state=State(
            {
                "services": services,
                "settings": settings,
                "failures": failures,
                "oidc": oidc,
                "tails": tails,
                "settling": settling,
                "room": Room(limits.ingest_bytes_at_once),
                "console": files.Console(settings.static),
            }
        ),
        logging_config=None,
        debug=False,
    )
