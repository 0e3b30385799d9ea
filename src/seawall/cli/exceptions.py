"""`seawall exceptions`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from seawall.app.inputs import Inputs, read_cluster
from seawall.cli.options import cluster_input
from seawall.cli.printing import print_json, print_table, tell_unread


@click.group("exceptions")
def command() -> None:
    """Say which findings are accepted, by whom and until when.

    \b
    Examples:
      seawall exceptions list ./manifests --exceptions accepted.yaml
      seawall exceptions explain FINDING ./manifests --exceptions accepted.yaml
    """


@command.command("list")
@cluster_input
@click.option(
    "--exceptions",
    "exceptions_file",
    type=click.Path(exists=True, dir_okay=False),
    default=None,
    help="A file of accepted findings.",
)
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def listed(
    paths: tuple[str, ...], filenames: tuple[str, ...], context: str | None, kubeconfig: str | None, namespaces: tuple[str, ...],
    values: tuple[str, ...], cluster_name: str | None, exceptions_file: str | None, output: str,
) -> None:  # fmt: skip
    """List every exception with what it covers; those that have ended, cover nothing or cannot be read are named as such.

    \b
    Example: seawall exceptions list ./manifests --exceptions accepted.yaml
    """
    from seawall.app.exceptions import review

    inputs = Inputs((*paths, *filenames), context, kubeconfig, namespaces, values, cluster_name)
    cluster = tell_unread(read_cluster(inputs))
    found = review(cluster, exceptions_file, datetime.now(UTC).date())
    if output == "json":
        print_json(found)
        return
    click.echo(
        f"{len(found):,} exceptions; {sum(one.state != 'in force' for one in found):,} of them ended, cover nothing or cannot be read\n"
    )
    if found:
        print_table(("STATE", "RULE", "COVERS", "UNTIL", "OWNER", "REASON", "WHERE"), [
            (one.state, one.rule, f"{one.covers:,}", one.until, one.owner, one.reason, one.where) for one in found
        ])  # fmt: skip


@command.command("explain")
@click.argument("finding")
@cluster_input
@click.option(
    "--exceptions",
    "exceptions_file",
    type=click.Path(exists=True, dir_okay=False),
    default=None,
    help="A file of accepted findings.",
)
def explain(
    finding: str, paths: tuple[str, ...], filenames: tuple[str, ...], context: str | None, kubeconfig: str | None, namespaces: tuple[str, ...],
    values: tuple[str, ...], cluster_name: str | None, exceptions_file: str | None,
) -> None:  # fmt: skip
    """Say why FINDING (its id, from -o json) is or is not covered, exception by exception.

    \b
    Example: seawall exceptions explain 3f1c… ./manifests --exceptions accepted.yaml
    """
    from seawall.app.exceptions import why

    inputs = Inputs((*paths, *filenames), context, kubeconfig, namespaces, values, cluster_name)
    cluster = tell_unread(read_cluster(inputs))
    for line in why(cluster, finding, exceptions_file, datetime.now(UTC).date()):
        click.echo(line)
