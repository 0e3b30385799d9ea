"""The few pages that the server writes itself: sign-in that went wrong, and a console that is not built. They hold no script."""

from __future__ import annotations

from html import escape
from secrets import token_urlsafe

from litestar import Response

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 38rem; margin: 15vh auto 0; padding: 0 1rem; }
h1 { font-size: 1.25rem; } code { font-size: .95em; padding: .1em .3em; border: 1px solid #8886; border-radius: 4px; }
a.button { display: inline-block; padding: .4rem .9rem; border: 1px solid currentColor; border-radius: 4px; text-decoration: none; color: inherit; }
"""


def page(title: str, body: str, status: int = 200) -> Response[bytes]:
    """A whole page; `body` is HTML of ours. Its style, and nothing else, carries the nonce of this one response."""
    nonce = token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)} · Seawall</title><style nonce="{nonce}">{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return Response(
        text.encode(),
        status_code=status,
        media_type="text/html",
        headers={"content-security-policy": policy},
    )


def not_built() -> Response[bytes]:
    return page(
        "The console is not built",
        "<p>This installation was made from source, and its pages were not built yet.</p>"
        "<p>Run <code>make ui</code> in the source folder and start <code>seawall up</code> again. "
        "The API works all the same: see <code>/api/v1/openapi.json</code>.</p>",
    )


def link_over() -> Response[bytes]:
    return page(
        "This link is used or over",
        "<p>A sign-in link works once, and for a short time.</p>"
        "<p>Get a new one on the machine where Seawall runs: <code>seawall token link</code>.</p>",
        401,
    )


def how_to_sign_in(provider: str) -> Response[bytes]:
    own = (
        f'<p><a class="button" href="/login/oidc">Sign in with {escape(provider)}</a></p><p>Or open a one-time link: '
        if provider
        else "<p>Open the one-time link that <code>seawall up</code> printed. A new one: "
    )
    return page("Sign in", own + "run <code>seawall token link</code> on the machine where Seawall runs.</p>")


def refused(why: str, status: int) -> Response[bytes]:
    return page("Not signed in", f"<p>{escape(why)}</p><p><a href='/login'>Try again</a></p>", status)
