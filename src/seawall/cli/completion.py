"""`seawall completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Example: seawall completion bash > /etc/bash_completion.d/seawall
    """
    from seawall.cli import seawall

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(seawall, {}, "seawall", "_SEAWALL_COMPLETE").source())
