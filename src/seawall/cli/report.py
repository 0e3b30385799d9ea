"""`seawall report`."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seawall.app.inputs import read_cluster
from seawall.cli.options import Progress, accepted, cluster_input, inputs_of, output
from seawall.cli.printing import finish, print_table, print_unknown
from seawall.model.compliance import State

if TYPE_CHECKING:
    from seawall.model.compliance import Compliance, Unit


def _choose(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from seawall.app.compliance import framework_named

    return tuple(framework_named(value).id for value in values)


@click.command("report")
@cluster_input
@click.option(
    "--framework",
    "chosen",
    multiple=True,
    required=True,
    metavar="NAME",
    callback=_choose,
    help="pss-baseline, pss-restricted, nsa, owasp-2025, attack, threat-matrix, or cis-1.8 to cis-1.12; may be repeated.",
)
@click.option(
    "--by",
    type=click.Choice(["control", "namespace", "team"]),
    default="control",
    show_default=True,
    help="What a row of the table is; the other formats hold all three.",
)
@accepted()
@click.option("--kubernetes-version", "kubernetes", default="", metavar="VERSION", help="As of `seawall scan`.")
@output("table", "json", "csv", "html")
@click.option(
    "--output-file",
    type=click.Path(dir_okay=False),
    default=None,
    help="Write the report there instead of printing it.",
)
def command(
    chosen: tuple[str, ...], by: str, exceptions_file: str | None, kubernetes: str,
    form: str, output_file: str | None, **shared: Any,
) -> None:  # fmt: skip
    """Say how a cluster, its teams and its namespaces stand by a framework, control by control.

    \b
    Examples:
      seawall report ./manifests --framework cis-1.11
      seawall report --context prod --framework nsa --by team
      seawall report prod.seawall --framework cis-1.12 --framework owasp-2025 -o html --output-file report.html

    A control that no check looks at is listed as not covered. Exits with 1 if a control fails, else 3 if one could not be told, else 0.
    """
    gc.disable()
    from seawall.app.compliance import framework_named, of_report
    from seawall.app.scan import exceptions_from, scan_cluster
    from seawall.render import compliance as render

    progress, today = Progress(), datetime.now(UTC).date()
    cluster = read_cluster(inputs_of(shared), progress)
    scanned = scan_cluster(
        cluster,
        at=today,
        kubernetes=kubernetes,
        exceptions=exceptions_from(exceptions_file, today),
        progress=lambda done, total: progress("checks", done, total),
    )
    progress.clear()
    found = tuple(of_report(framework_named(name), scanned, cluster, today.isoformat()) for name in chosen)
    if form == "table":
        for one in found:
            _print(one, by, render.headline(one))
    else:
        text = (
            render.as_json(found)
            if form == "json"
            else (render.as_csv(found) if form == "csv" else render.as_html(found)).encode("utf-8", "surrogatepass")
        )
        if output_file is None:
            sys.stdout.buffer.write(text)
            sys.stdout.flush()
    if output_file is not None:
        if form == "table":
            raise click.UsageError("--output-file needs -o json, csv or html")
        Path(output_file).write_bytes(text)
        for one in found:
            click.echo(render.headline(one))
        click.echo(f"report: {output_file}")
    finish(failed=any(one.states["fail"] for one in found), unknown=any(one.states["unknown"] for one in found))


def _print(found: Compliance, by: str, headline: str) -> None:
    click.echo(f"{headline}\n")
    if by == "control":
        from seawall.render.compliance import judged

        rows = [
            (
                one.id,
                one.state.value,
                one.title,
                f"{one.objects:,}" if one.objects else "",
                ", ".join(one.failing or one.why),
            )
            for one in judged(found)
        ]
        print_table(("CONTROL", "STATE", "ABOUT", "OBJECTS", "FOUND BY, OR WHY NOT"), rows)
        left = [one.id for one in found.controls if one.state is State.NOT_COVERED]
        if left:
            click.echo(f"\nNot covered by any check ({len(left)}): {' '.join(left)}")
    else:
        print_table(
            (by.upper(), "FAIL", "UNKNOWN", "ACCEPTED", "PASS", "FINDINGS", "FAILING CONTROLS"),
            [_row(one) for one in (found.namespaces if by == "namespace" else found.teams)],
        )
    print_unknown(found.partial)


def _row(one: Unit) -> tuple[str, ...]:
    states = (f"{one.states[state]:,}" for state in ("fail", "unknown", "accepted", "pass"))
    return (one.name or "(none)", *states, f"{one.fail:,}", " ".join(one.failing))
