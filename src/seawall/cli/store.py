"""`seawall store`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from seawall.cli.printing import finish, print_json, print_table

F = TypeVar("F", bound=Callable[..., Any])


def store_input(function: F) -> F:
    """`--store-url` or `--store DIR`; the installation's own embedded store otherwise."""
    for decorate in (
        click.option(
            "--store-url",
            default="",
            envvar="SEAWALL_STORE_URL",
            metavar="URL",
            help="A ClickHouse server: http(s)://user:password@host:port/database.",
        ),
        click.option(
            "--store", "store_directory", default="", metavar="DIR", help="The directory of an embedded store."
        ),
    ):
        function = decorate(function)
    return function


@click.group("store")
def command() -> None:
    """Look after the store: migrate, doctor, back up, restore.

    \b
    Examples:
      seawall store doctor
      seawall store backup before-upgrade
      seawall store migrate --store-url http://clickhouse:8123/seawall
    """


@command.command("migrate")
@store_input
def migrate(store_url: str, store_directory: str) -> None:
    """Bring the tables up to date. Safe to repeat.

    \b
    Example: seawall store migrate
    """
    from seawall.app.storing import StoreInput, bring_up_to_date, opened

    with opened(StoreInput(store_url, store_directory)) as store:
        done = bring_up_to_date(store)
    click.echo("up to date" if not done else "applied " + ", ".join(f"{one.number:04} {one.name}" for one in done))


@command.command("doctor")
@store_input
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def doctor(store_url: str, store_directory: str, output: str) -> None:
    """Look at everything: reachable, schema, room, parts, ledger against rows, roll-ups against both. Exits with 1 where something is ill.

    \b
    Example: seawall store doctor
    """
    from seawall.app.storing import StoreInput, opened
    from seawall.app.storing import doctor as look

    with opened(StoreInput(store_url, store_directory)) as store:
        found = look(store)
    ill = [one for one in found if one.health.value == "ill"]
    unknown = [one for one in found if one.health.value == "unknown"]
    if output == "json":
        print_json(found)
    else:
        worst = "well" if not ill and not unknown else f"{len(ill)} ill, {len(unknown)} unknown"
        click.echo(f"The store is {worst}.\n")
        print_table(("STATE", "WHAT", "FOUND", "DO"), [(one.health.value, one.name, one.says, one.do) for one in found])
    finish(failed=bool(ill), unknown=bool(unknown))


@command.command("backup")
@click.argument("name", required=False)
@click.option(
    "--to",
    "place",
    default="",
    metavar="PLACE",
    help="disk:NAME, file:/PATH or s3:COLLECTION; the store's own folder otherwise.",
)
@click.option("--since", "base", default="", metavar="NAME", help="Only what changed since that backup.")
@store_input
def backup(name: str | None, place: str, base: str, store_url: str, store_directory: str) -> None:
    """Write a backup, the ledgers first.

    \b
    Example: seawall store backup before-upgrade
    """
    from seawall.app.storing import StoreInput, back_up, opened

    chosen = name or datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with opened(StoreInput(store_url, store_directory)) as store:
        back_up(store, chosen, place, base)
    click.echo(f"backup {chosen} is written\n\nNext: seawall store restore {chosen} --store NEW-DIRECTORY")


@command.command("restore")
@click.argument("name")
@click.option(
    "--from",
    "place",
    default="",
    metavar="PLACE",
    help="disk:NAME, file:/PATH or s3:COLLECTION; the store's own folder otherwise.",
)
@store_input
def restore(name: str, place: str, store_url: str, store_directory: str) -> None:
    """Bring a backup into a new store.

    \b
    Example: seawall store restore before-upgrade --store ./restored
    """
    from seawall.app.storing import StoreInput, bring_back, opened

    with opened(StoreInput(store_url, store_directory)) as store:
        found = bring_back(store, name, place)
    cut = sum(found.unsettled_rows.values())
    click.echo(f"restored {name}; {cut:,} rows that no ledger row promised were cut off")
