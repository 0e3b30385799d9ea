"""`seawall version`."""

from __future__ import annotations

import platform

import click

from seawall import __version__


@click.command("version")
def command() -> None:
    """Print the version.

    \b
    Example: seawall version
    """
    click.echo(f"seawall {__version__} (Python {platform.python_version()})")
