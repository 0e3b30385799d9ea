"""How verbs print answers: JSON as it is, tables for people, and the exit code."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from seawall.cli import UNREAD
from seawall.cli.options import colour, width

if TYPE_CHECKING:
    from seawall.model.cluster.snapshot import Cluster
    from seawall.model.plan import Plan


def print_json(answer: Any) -> None:
    """The answer as JSON, indented."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def print_plan(plan: Plan) -> None:
    """The Plan as YAML, to be reviewed."""
    from seawall.render.plan import yaml_of

    click.echo(yaml_of(plan), nl=False)


def print_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Rows under headings; long cells are folded, never cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    paint = colour()
    console = Console(
        file=out, force_terminal=paint, no_color=not paint, width=width(), highlight=False, emoji=False, markup=False
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell, style=_STYLES.get(cell, "")) for cell in row])
    console.print(table)
    click.echo(out.getvalue(), nl=False)


_STYLES = {"denied": "bold red", "fail": "bold red", "allowed": "green", "pass": "green", "unknown": "yellow"}


def print_unknown(sentences: Sequence[str], shown: int = 8) -> None:
    """What was not known, a line each, under its heading; nothing where everything was."""
    if not sentences:
        return
    click.echo("\nNot known:")
    for sentence in sentences[:shown]:
        click.echo(f"  {sentence}")
    if len(sentences) > shown:
        click.echo(f"  … and {len(sentences) - shown:,} more")


def tell_unread(cluster: Cluster) -> Cluster:
    """Says on standard error which texts of the input could not be read; the command then ends with 3 at best."""
    for gap in cluster.coverage.gaps:
        if gap.reason == "unreadable":
            click.echo(f"seawall: not read, and what it holds is not in the answer: {gap}", err=True)
            click.get_current_context().meta[UNREAD] = True
    return cluster


def spell_object(one: Any) -> str:
    """An object (anything with kind, namespace and name) as tables show it: `ns/name (Kind)`."""
    return f"{one.namespace}/{one.name} ({one.kind})" if one.namespace else f"{one.name} ({one.kind})"


def word(allowed: bool | None) -> str:
    """A three-valued answer as tables show it."""
    return "unknown" if allowed is None else "allowed" if allowed else "denied"


def finish(*, failed: bool = False, unknown: bool = False) -> None:
    """The exit code: 1 for what is wrong, else 3 for what could not be told."""
    if failed:
        sys.exit(1)
    if unknown or click.get_current_context().meta.get(UNREAD):
        sys.exit(3)
