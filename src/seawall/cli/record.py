"""`seawall record`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from seawall.cli.options import Progress
from seawall.kit.errors import UserError


@click.command("record")
@click.option("--context", default=None, help="The kubeconfig context of the cluster; the current one otherwise.")
@click.option("--kubeconfig", default=None, help="The kubeconfig file; KUBECONFIG and ~/.kube/config otherwise.")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
@click.option("--for", "length", default=None, metavar="TIME", help="How long: 90s, 10m, 2h. Until Ctrl-C otherwise.")
@click.option(
    "--audit-log",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="The API server's audit log, followed from its present end.",
)
@click.option(
    "--flows",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="A file that `hubble observe -f -o json` is writing, followed from its present end.",
)
@click.option("--name", default="", help="The name to give the cluster; the context's otherwise.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    context: str | None,
    kubeconfig: str | None,
    output: Path,
    length: str | None,
    audit_log: Path | None,
    flows: Path | None,
    name: str,
    quiet: bool,
) -> None:
    """Record a live cluster into one portable file.

    Objects as they change, and with --audit-log and --flows what was asked of the API and who spoke to whom. No secret value is written. Show it
    with: seawall up --recording FILE

    \b
    Examples:
      seawall record --context prod -o prod.seawall-recording --for 10m
      seawall record -o prod.seawall-recording --audit-log /var/log/kubernetes/audit.log
    """
    from seawall.app.record import duration, record

    try:
        seconds = duration(length) / 1e9 if length is not None else None
    except ValueError as error:
        raise UserError(str(error), where="--for", do="write 90s, 10m or 2h") from None
    files = {source: file for source, file in (("audit", audit_log), ("hubble", flows)) if file is not None}
    progress = Progress()
    asked = False

    def ask() -> None:
        nonlocal asked
        asked = True

    async def run() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ask)
        made = await record(
            output,
            context=context,
            kubeconfig=kubeconfig,
            name=name,
            files=files,
            stop=lambda passed: asked or (seconds is not None and passed >= seconds),
            progress=None if quiet else progress,
        )
        progress.clear()
        if quiet:
            return
        lines = made.lines
        click.echo(f"{made.name}: {made.seconds:.0f} s, {made.bytes / 1e6:.2f} MB in {output}")
        click.echo(
            f"  {lines.get('list', 0)} lists, {lines.get('put', 0)} objects made or changed, {lines.get('gone', 0)} deleted, "
            f"{lines.get('event', 0)} events"
        )
        if lines.get("broken"):
            click.echo(f"  {lines['broken']} times something could not be read: it is in the recording")
        for stream, count in made.refused.items():
            click.echo(f"  {count} lines of {stream} were no records and were left out")

    asyncio.run(run())
