"""`seawall store`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from seawall.cli.options import Progress, inputs_of, source_input
from seawall.cli.printing import finish, print_json, print_table, tell_unread

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
    """Look after the store: migrate, doctor, back up, restore, judge the past again.

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


@command.command("rejudge")
@source_input
@store_input
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def rejudge(store_url: str, store_directory: str, output: str, **options: Any) -> None:
    """Judge the stored flows of a cluster again, by the policies in PATH or of a live cluster: raw rows hour by hour, then their roll-ups.

    \b
    Examples:
      seawall store rejudge prod.seawall --cluster prod
      seawall store rejudge --context prod

    Done twice it is as done once; cut off, it goes on where it was. A running server does it by itself when the policies of a cluster that it
    watches change. --cluster is the name that the flows were stored under; the cluster's own id otherwise.
    """
    from seawall.app.inputs import read_cluster
    from seawall.app.rejudging import rejudge as judge_again
    from seawall.app.rejudging import stored_cluster
    from seawall.app.storing import StoreInput, bring_up_to_date, opened
    from seawall.app.verdicts import ClusterJudge

    inputs = inputs_of(options)
    snapshot = tell_unread(read_cluster(inputs))
    progress = Progress()
    with opened(StoreInput(store_url, store_directory)) as store:
        bring_up_to_date(store)
        name = stored_cluster(store, inputs.cluster or snapshot.id)
        done = judge_again(store, name, ClusterJudge(snapshot, None), progress=progress)
    progress.clear()
    if output == "json":
        print_json(done)
    else:
        click.echo(
            f"{done.rows:,} flows in {done.hours:,} hours judged by the policies {done.version}: {done.questions:,} distinct questions"
            if done.hours
            else f"every flow is judged by the policies {done.version} already"
        )
        if done.days_rolled_up:
            click.echo(f"  roll-ups of {done.days_rolled_up:,} days made again")
        if done.incomplete:
            click.echo(
                f"  {done.incomplete:,} hours have lost flows to their age: their roll-ups keep the verdicts of before"
            )
        click.echo("\nNext: seawall up")
    finish(unknown=bool(done.incomplete))


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
