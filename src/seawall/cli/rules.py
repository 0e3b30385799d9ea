"""`seawall rules`."""

from __future__ import annotations

import textwrap

import click

from seawall.cli.options import width
from seawall.cli.printing import print_json, print_table


@click.group("rules")
def command() -> None:
    """List and explain detection rules.

    \b
    Examples:
      seawall rules list
      seawall rules show audit/secret-sweep
    """


@command.command("list")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def listed(output: str) -> None:
    """List every rule: what it reads, how bad what it finds is, and over which window.

    \b
    Example: seawall rules list
    """
    from seawall.app.detection import native_rules

    found = native_rules()
    if output == "json":
        print_json(found)
        return
    rows = [
        (one.severity.value, one.id, one.reads, _window(one.window), ", ".join(one.attack), one.title) for one in found
    ]
    click.echo(f"{len(found)} detection rules\n")
    print_table(("SEVERITY", "RULE", "READS", "WINDOW", "ATT&CK", "WHAT"), rows)
    click.echo("\nNext: seawall rules show RULE")


@command.command("show")
@click.argument("rule")
def show(rule: str) -> None:
    """Say what a rule finds and why it matters, and print its query.

    \b
    Example: seawall rules show audit/secret-sweep
    """
    from seawall.app.detection import rule_called

    one = rule_called(rule)
    click.echo(f"{one.title} ({one.id}, {one.severity.value})")
    for name, body in (("What", one.what), ("Why", one.why), ("Fix", one.fix), ("Limits", one.limits)):
        click.echo(textwrap.fill(f"{name}: {body}", width=min(width(), 100), subsequent_indent="  "))
    click.echo(f"ATT&CK: {', '.join(one.attack)}\n\n{one.sql.strip()}")


def _window(nanoseconds: int | None) -> str:
    return "each event" if nanoseconds is None else f"{nanoseconds // 60_000_000_000} min"
