"""`seawall up`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click
import msgspec


@click.command("up")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="NAME",
    help="Watch a live cluster by this kubeconfig context; '' for the current one.",
)
@click.option("--cluster", "cluster_name", default="", help="The name to give what is in PATHs.")
@click.option("--kubeconfig", default=None, help="The kubeconfig file; KUBECONFIG and ~/.kube/config otherwise.")
@click.option("--recording", default="", metavar="FILE", help="Show a recording as if it were live; nothing is kept.")
@click.option("--demo", is_flag=True, help="Show the recorded demo day.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    metavar="N",
    help="Play the recording N times as fast as it was recorded, instead of showing all of it at once.",
)
@click.option(
    "--config",
    "config_file",
    default=None,
    envvar="SEAWALL_CONFIG",
    type=click.Path(dir_okay=False),
    help="The configuration file; seawall.yaml in the state directory otherwise, if it is there.",
)
@click.option("--host", default=None, help="The address to listen on.")
@click.option("--port", default=None, type=click.IntRange(0, 65535), help="The port to listen on; 0 for a free one.")
@click.option("--state", default=None, metavar="DIR", help="The state directory.")
@click.option(
    "--store-url",
    default=None,
    envvar="SEAWALL_STORE_URL",
    metavar="URL",
    help="A ClickHouse server instead of the embedded store.",
)
@click.option("-v", "--verbose", count=True, help="Say what is going on; twice for more.")
def command(
    paths: tuple[str, ...],
    contexts: tuple[str, ...],
    cluster_name: str,
    kubeconfig: str | None,
    recording: str,
    demo: bool,
    speed: float | None,
    config_file: str | None,
    host: str | None,
    port: int | None,
    state: str | None,
    store_url: str | None,
    verbose: int,
) -> None:
    """Start the console on this machine.

    \b
    Examples:
      seawall up --demo                       a recorded day, to look around
      seawall up --context prod               a live cluster: watched, scanned, its events stored
      seawall up ./manifests                  what is misconfigured in files, in the console
      seawall up --config seawall.yaml        as configured

    Prints a link that signs in once. Ctrl-C stops it, in order.
    """
    from seawall.server import configuration
    from seawall.server.lines import LineHandler, Lines
    from seawall.server.program import Shown, up

    found = _read(config_file, state)
    listen = msgspec.structs.replace(
        found.listen,
        host=found.listen.host if host is None else host,
        port=found.listen.port if port is None else port,
    )
    chosen = msgspec.structs.replace(
        found,
        listen=listen,
        state=found.state if state is None else state,
        store=found.store if store_url is None else msgspec.structs.replace(found.store, url=store_url),
    )
    configuration.check(chosen)
    with Lines(sys.stderr) as log, Lines(sys.stdout) as said:
        logging.basicConfig(
            level=(logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)], handlers=[LineHandler(log)]
        )
        for noisy in ("asyncio", "clickhouse_connect", "urllib3", "uvicorn"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        shown = Shown(paths, cluster_name, contexts, kubeconfig, recording, demo, speed)
        up(chosen, shown, said, dropped_lines=lambda: log.dropped)


def _read(config_file: str | None, state: str | None):  # type: ignore[no-untyped-def]  # the server is loaded late
    from seawall.server.configuration import Configuration, read

    if config_file is not None:
        return read(Path(config_file))
    usual = Configuration(state=state or "").state_directory / "seawall.yaml"
    return read(usual) if usual.is_file() else Configuration()
