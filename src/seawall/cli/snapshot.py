"""`seawall snapshot`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from seawall.app.inputs import Inputs, read_cluster
from seawall.cli.options import Progress, cluster_input, inputs_of
from seawall.cli.printing import finish, print_json, print_table, print_unknown


@click.group("snapshot")
def command() -> None:
    """Save, show and compare the state of a cluster.

    \b
    Examples:
      seawall snapshot save prod.seawall --context prod
      seawall snapshot show prod.seawall
      seawall snapshot diff yesterday.seawall prod.seawall

    A snapshot is one compressed file in which no secret value is left; every verb that reads manifests reads it.
    """


@command.command("save")
@click.argument("file", type=click.Path(dir_okay=False))
@cluster_input
def save(file: str, **options: Any) -> None:
    """Write the state of a cluster, or of manifests, to FILE.

    \b
    Example: seawall snapshot save prod.seawall --context prod
    """
    from seawall.app import snapshot

    progress = Progress()
    inputs = inputs_of(options)
    if inputs.context is None and not inputs.paths and not inputs.kubeconfig:
        inputs = msgspec.structs.replace(inputs, context="")
    cluster = read_cluster(inputs, progress)
    progress.clear()
    size = snapshot.save(cluster, file)
    click.echo(f"{len(cluster.objects):,} objects of {cluster.name} in {file}, {size / 1024:,.0f} KiB")
    gaps = [f"{gap.reason}: {gap}" for gap in cluster.coverage.gaps]
    print_unknown(gaps)
    click.echo(f"\nNext: seawall scan {file}")
    finish(unknown=bool(gaps))


@command.command("show")
@click.argument("file")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def show(file: str, output: str) -> None:
    """Say what FILE holds, and what could not be read when it was made.

    \b
    Example: seawall snapshot show prod.seawall
    """
    from seawall.app import snapshot

    shown = snapshot.show(read_cluster(Inputs((file,))))
    if output == "json":
        print_json(shown)
        return
    when = f", {datetime.fromtimestamp(shown.taken_at / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC" if shown.taken_at else ""
    click.echo(
        f"{sum(shown.objects.values()):,} objects of {shown.name} ({shown.scope}{', ' + shown.version if shown.version else ''}{when})\n"
    )
    print_table(("KIND", "OBJECTS"), [(kind, f"{count:,}") for kind, count in shown.objects.items()])
    print_unknown([f"{gap.reason}: {gap}" for gap in shown.coverage.gaps])
    click.echo(f"\nNext: seawall scan {file}")


@command.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--status", is_flag=True, help="Compare status too.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def compare(before: str, after: str, status: bool, output: str) -> None:
    """Say which objects, and which of their fields, differ. Exits with 1 where any does.

    \b
    Example: seawall snapshot diff yesterday.seawall today.seawall
    """
    from seawall.app import snapshot

    one, other = read_cluster(Inputs((before,))), read_cluster(Inputs((after,)))
    changes = snapshot.compare(one, other, status=status)
    gaps = [f"{gap.reason}: {gap}" for gap in (*one.coverage.gaps, *other.coverage.gaps)]
    if output == "json":
        print_json({"changes": changes, "unknown": gaps})
    else:
        counts = {what: sum(change.what == what for change in changes) for what in ("added", "removed", "changed")}
        click.echo(", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "no differences")
        if changes:
            click.echo()
            print_table(
                ("WHAT", "OBJECT", "FIELDS"),
                [(change.what, str(change.ref), ", ".join(change.fields)) for change in changes],
            )
        print_unknown(gaps)
    finish(failed=bool(changes), unknown=bool(gaps))
