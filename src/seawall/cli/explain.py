"""`seawall explain`."""

from __future__ import annotations

import textwrap

import click

from seawall.cli.options import colour, width


@click.command("explain")
@click.argument("rule", required=False)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(rule: str | None, output: str) -> None:
    """Say what a rule finds, why it matters and how to mend it; without a rule, list them all.

    \b
    Example: seawall explain workload/privileged-container
    """
    import msgspec

    from seawall.app.scan import explain, rules

    if rule is None:
        found = rules()
        if output == "json":
            click.echo(msgspec.json.encode(found))
            return
        longest = max((len(one.id) for one in found), default=0)
        for one in found:
            click.echo(
                f"{one.severity:<9} {one.id:<{longest}}  {one.documentation.title}{' (preview)' if one.preview else ''}"
            )
        click.echo("\nNext: seawall explain RULE")
        return
    one = explain(rule)
    if output == "json":
        click.echo(msgspec.json.encode(one))
        return
    heading = f"{one.documentation.title} ({one.id})"
    click.secho(heading, bold=colour())
    text = one.documentation
    for name, body in (
        ("What", text.what),
        ("Why", text.why),
        ("Severity", f"{one.severity}. {text.severity}"),
        ("Fix", text.fix),
        ("Automatic", text.automatic or "no: how to mend it is for a person to decide."),
        ("Limits", text.limits),
    ):
        if body:
            click.echo(textwrap.fill(f"{name}: {body}", width=min(width(), 100), subsequent_indent="  "))
    if one.frameworks:
        click.echo(f"Maps: {', '.join(one.frameworks)}")
    click.echo(f"Since: {one.since}; looks at: {one.on}")
    fix = f"   seawall fix PATH --rule {one.id}" if text.automatic else ""
    click.echo(f"\nNext: seawall scan PATH --rule {one.id}{fix}   or accept it: docs/tasks/accept-findings.md")
