"""`seawall scan`."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from seawall.app.inputs import read_cluster
from seawall.cli.options import Progress, accepted, cluster_input, colour, inputs_of, severity_threshold, width
from seawall.kit.errors import UserError
from seawall.model.finding import Severity
from seawall.model.report import Report

FORMATS = ("table", "wide", "json", "sarif", "junit", "html", "markdown")


@click.command("scan")
@cluster_input
@click.option(
    "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print the report."
)
@click.option(
    "--output-file",
    type=click.Path(dir_okay=False),
    default=None,
    help="Write the report there instead of printing it.",
)
@severity_threshold("Exit 1 from this severity on.")
@click.option("--rule", "only", multiple=True, metavar="ID", help="Run only these rules (globs: 'workload/*').")
@click.option(
    "-l",
    "--selector",
    "labels",
    default="",
    metavar="SELECTOR",
    help="Only findings on objects with these labels, as kubectl has it (app=web,tier!=test); all else is still read and judged with.",
)
@click.option("--skip-rule", "skip", multiple=True, metavar="ID", help="Leave these rules out.")
@accepted()
@click.option(
    "--baseline",
    "baseline_file",
    type=click.Path(exists=True, dir_okay=False),
    default=None,
    metavar="FILE",
    help="Show and judge only what is new since this JSON report or snapshot; what is resolved is told too.",
)
@click.option(
    "--kubernetes-version",
    "kubernetes",
    default="",
    metavar="VERSION",
    help="The version that the objects must work with (1.36); without it the cluster's own, or the newest that Seawall knows.",
)
@click.option(
    "--coverage", "show_coverage", is_flag=True, help="Print what was read and what was not, instead of the findings."
)
def command(
    output: str,
    output_file: str | None,
    fail_on: str,
    only: tuple[str, ...],
    labels: str,
    skip: tuple[str, ...],
    exceptions_file: str | None,
    baseline_file: str | None,
    kubernetes: str,
    show_coverage: bool,
    **shared: Any,
) -> None:
    """Find what is misconfigured or exposed.

    \b
    Examples:
      seawall scan ./manifests
      seawall scan chart/ --values prod.yaml -o sarif --output-file seawall.sarif
      kubectl get all -A -o json | seawall scan -
      seawall scan --context prod -n shop

    Exits with 1 if a finding is at or above --fail-on, else 3 if something could not be told, else 0; 2 is wrong use.
    """
    # The objects of one scan live until the program ends; looking for garbage among them only costs time.
    gc.disable()
    from seawall.app.scan import Selection, exceptions_from, scan_cluster

    progress, today = Progress(), datetime.now(UTC).date()
    selection, exceptions = Selection(only, skip, labels), exceptions_from(exceptions_file, today)
    if labels and baseline_file is not None:
        raise UserError("-l and --baseline were both given, and a baseline knows no labels", do="leave one of them out")
    inputs = inputs_of(shared)
    cluster = read_cluster(inputs, progress)
    report = scan_cluster(
        cluster,
        selection=selection,
        at=today,
        kubernetes=kubernetes,
        exceptions=exceptions,
        progress=lambda done, total: progress("checks", done, total),
    )
    progress.clear()
    if baseline_file is not None:
        from seawall.app.baseline import read_baseline, since

        before = read_baseline(
            baseline_file,
            lambda former: scan_cluster(former, selection=selection, kubernetes=kubernetes, exceptions=exceptions),
        )
        report = since(before, report, baseline_file, inputs.namespaces)
    threshold = None if fail_on == "none" else Severity(fail_on)
    text = _coverage(report) if show_coverage else _rendered(report, output, threshold, to_file=output_file is not None)
    if output_file is None:
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
    else:
        Path(output_file).write_bytes(text)
        from seawall.render.grouping import headline

        click.echo(f"{headline(report)}\nreport: {output_file}")
    sys.exit(report.exit_code(threshold))


def _coverage(report: Report) -> bytes:
    from seawall.render import table

    return table.coverage(report).encode()


def _rendered(report: Report, output: str, threshold: Severity | None, *, to_file: bool) -> bytes:
    match output:
        case "json":
            from seawall.render import json

            return json.report(report)
        case "sarif":
            from seawall.render import sarif

            return sarif.report(report)
        case "junit":
            from seawall.render import junit

            return junit.report(report, threshold or Severity.CRITICAL).encode()
        case "html":
            from seawall.render import html

            return html.report(report).encode("utf-8", "surrogatepass")
        case "markdown":
            from seawall.render import markdown

            return markdown.report(report).encode()
        case "wide":
            from seawall.render import table

            return table.wide(report, colour=colour() and not to_file).encode("utf-8", "surrogateescape")
        case _:
            from seawall.render import table

            return table.grouped(report, colour=colour() and not to_file, width=width()).encode(
                "utf-8", "surrogateescape"
            )
