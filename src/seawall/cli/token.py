"""`seawall token`."""

from __future__ import annotations

import re
import time
from pathlib import Path

import click

from seawall.app.home import home
from seawall.app.moment import NANOSECONDS, SECOND, rfc3339
from seawall.app.principals import EVERYTHING, Grant, Role, check_grant
from seawall.app.tokens import SignInLinks, TokenFile
from seawall.cli.printing import print_json, print_table
from seawall.kit.errors import UserError

_state = click.option("--state", default=None, metavar="DIR", help="The state directory of the server.")
_LIFETIME = re.compile(r"(\d{1,6})(m|h|d)")


@click.group("token")
def command() -> None:
    """Make and revoke tokens for machines, and sign-in links for people.

    \b
    Examples:
      seawall token create collector --role ingest --cluster prod --kind flow
      seawall token create grafana --role view --expires 90d
      seawall token list
      seawall token link
    """


@command.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.VIEW.value, show_default=True)
@click.option("--cluster", "clusters", multiple=True, help="Only these clusters, by id or name.")
@click.option("--namespace", "namespaces", multiple=True, metavar="CLUSTER/NAMESPACE", help="Only these namespaces.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help="Only these kinds of data: flow, dns, audit, process, findings, incidents, objects.",
)
@click.option("--expires", default="", metavar="TIME", help="When it ends: 12h, 90d; never without it.")
@_state
def create(
    name: str,
    role: str,
    clusters: tuple[str, ...],
    namespaces: tuple[str, ...],
    kinds: tuple[str, ...],
    expires: str,
    state: str | None,
) -> None:
    """Make a token. It is shown this once; only its hash is kept.

    \b
    Example: seawall token create collector --role ingest --cluster prod
    """
    grant = Grant(Role(role), (), clusters, namespaces, kinds)
    check_grant(grant, "seawall token create")
    now = time.time_ns()
    end = now + _lifetime(expires) if expires else None
    folder = _folder(state)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token, text = TokenFile(folder / "tokens.json").create(name, grant, now=now, expires=end)
    click.echo(text)
    click.echo(f"token {token.id} for {name}: role {role}, {_scope(grant)}, {_until(end)}; not shown again", err=True)


@command.command("list")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@_state
def show(output: str, state: str | None) -> None:
    """List tokens, without their secrets.

    \b
    Example: seawall token list
    """
    tokens = TokenFile(_folder(state) / "tokens.json").tokens()
    if output == "json":
        print_json(
            [
                {
                    "id": token.id,
                    "name": token.name,
                    "grant": token.grant,
                    "created": rfc3339(token.created),
                    "expires": None if token.expires is None else rfc3339(token.expires),
                }
                for token in tokens
            ]
        )
        return
    print_table(
        ("ID", "NAME", "ROLE", "SCOPE", "MADE", "ENDS"),
        [
            (
                token.id,
                token.name,
                token.grant.role.value,
                _scope(token.grant),
                rfc3339(token.created)[:10],
                _until(token.expires),
            )
            for token in tokens
        ],
    )


@command.command("revoke")
@click.argument("token_id", metavar="ID")
@_state
def revoke(token_id: str, state: str | None) -> None:
    """Revoke a token; a running server notices at once.

    \b
    Example: seawall token revoke 3fK9aQ2x
    """
    token = TokenFile(_folder(state) / "tokens.json").revoke(token_id)
    click.echo(f"revoked {token.name}")


@command.command("link")
@click.option(
    "--role",
    type=click.Choice([Role.VIEW.value, Role.OPERATE.value, Role.ADMIN.value]),
    default=Role.ADMIN.value,
    show_default=True,
)
@click.option("--minutes", type=click.IntRange(1, 1440), default=15, show_default=True)
@click.option("--url", default="http://127.0.0.1:8620", show_default=True, help="Where the console is.")
@_state
def link(role: str, minutes: int, url: str, state: str | None) -> None:
    """Print a link that signs a person in, once.

    \b
    Example: seawall token link
    """
    folder = _folder(state)
    if not folder.is_dir():
        raise UserError("no server has run here yet", where=str(folder), do="start one with: seawall up")
    grant = EVERYTHING if role == Role.ADMIN.value else Grant(Role(role))
    secret = SignInLinks(folder / "links").create(grant, expires=time.time_ns() + minutes * 60 * SECOND)
    click.echo(f"{url.rstrip('/')}/login?token={secret}")


def _folder(state: str | None) -> Path:
    return Path(state).expanduser() if state else home()


def _lifetime(text: str) -> int:
    found = _LIFETIME.fullmatch(text)
    if found is None:
        raise UserError(f"`{text}` is no length of time", where="--expires", do="write 12h or 90d")
    return int(found[1]) * NANOSECONDS[found[2]]


def _until(end: int | None) -> str:
    return "never" if end is None else rfc3339(end // SECOND * SECOND)


def _scope(grant: Grant) -> str:
    if grant.everything:
        return "everything"
    parts = [*grant.clusters, *grant.namespaces]
    return ", ".join(parts or ["all clusters"]) + (f" ({', '.join(grant.kinds)})" if grant.kinds else "")
