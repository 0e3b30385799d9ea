"""`seawall ingest`."""

from __future__ import annotations

import click

from seawall.cli.options import Progress
from seawall.cli.printing import finish, print_json, tell_unread
from seawall.cli.store import store_input


@click.command("ingest")
@click.argument("format")
@click.argument("file")
@click.option("--cluster", required=True, help="The cluster that the events are of: its id, or a name of your choice.")
@click.option("--source", default="", help="The name to give this source; FORMAT-file otherwise.")
@click.option(
    "--objects",
    default=None,
    metavar="PATH",
    help="Manifests or a snapshot of the cluster: who owned which address, and the policies that flows are judged by.",
)
@click.option("--simulated", is_flag=True, help="Mark the events as simulated, wherever they are shown.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_input
def command(
    format: str,  # noqa: A002
    file: str,
    cluster: str,
    source: str,
    objects: str | None,
    simulated: bool,
    output: str,
    store_url: str,
    store_directory: str,
) -> None:
    """Store the events of FILE (- for standard input), which is in FORMAT: `audit`, `hubble`, …

    \b
    Examples:
      seawall ingest audit /var/log/kubernetes/audit.log --cluster prod
      hubble observe -o json | seawall ingest hubble - --cluster prod --objects prod.seawall

    Reading the same file again stores nothing twice. What could not be read is counted by reason.
    """
    from seawall.app.ingest import identities_from, ingest_file
    from seawall.app.inputs import Inputs, read_cluster
    from seawall.app.storing import StoreInput, bring_up_to_date, opened
    from seawall.app.verdicts import judges_from

    progress = Progress()
    snapshot = tell_unread(read_cluster(Inputs((objects,)))) if objects is not None else None
    with opened(StoreInput(store_url, store_directory)) as store:
        bring_up_to_date(store)
        done = ingest_file(
            store,
            format,
            file,
            cluster=cluster,
            source=source,
            simulated=simulated,
            identities=identities_from(snapshot, cluster),
            judges=judges_from(snapshot, cluster),
            progress=progress,
        )
    progress.clear()
    if output == "json":
        print_json(done)
    else:
        rows = ", ".join(f"{count:,} {kind}" for kind, count in done.rows_out.items() if count) or "nothing"
        click.echo(
            f"{done.records_in:,} records: {done.accepted:,} accepted, {done.duplicate:,} stored before, {done.malformed:,} malformed; rows: {rows}"
        )
        for reason, count in (*done.malformed_why.items(), *done.dropped.items()):
            click.echo(f"  {count:,} {reason}")
        if done.future:
            click.echo(f"  {done.future:,} lie more than five minutes ahead of this clock")
        click.echo("\nNext: seawall up")
    finish(unknown=bool(done.malformed or done.dropped))
