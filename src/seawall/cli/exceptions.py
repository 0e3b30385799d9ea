"""`seawall exceptions`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from seawall.app.inputs import read_cluster
from seawall.cli.options import accepted, cluster_input, inputs_of
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
@accepted()
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def listed(
    exceptions_file: str | None, output: str, **shared: Any,
) -> None:  # fmt: skip
    """List every exception with what it covers; those that have ended, cover nothing or cannot be read are named as such.

    \b
    Example: seawall exceptions list ./manifests --exceptions accepted.yaml
    """
    from seawall.app.exceptions import review

    cluster = tell_unread(read_cluster(inputs_of(shared)))
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
@accepted()
def explain(
    finding: str, exceptions_file: str | None, **shared: Any,
) -> None:  # fmt: skip
    """Say why FINDING (its id, from -o json) is or is not covered, exception by exception.

    \b
    Example: seawall exceptions explain 3f1c… ./manifests --exceptions accepted.yaml
    """
    from seawall.app.exceptions import why

    cluster = tell_unread(read_cluster(inputs_of(shared)))
    for line in why(cluster, finding, exceptions_file, datetime.now(UTC).date()):
        click.echo(line)
