"""The command line: one file a verb; each parses, calls `app` and renders. Verbs load when they are used, so that `--help` is instant."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from seawall.kit.errors import UserError

# verb -> (module that holds it, one line for the list). The list is kept here so that help imports no verb.
VERBS: dict[str, tuple[str, str]] = {
    "scan": ("scan", "Find what is misconfigured or exposed in manifests, a chart, a snapshot or a cluster."),
    "report": ("report", "Say how a cluster, its teams and its namespaces stand by a framework."),
    "fix": ("fix", "Mend findings in the files that you wrote, and show the difference."),
    "explain": ("explain", "Say what a rule finds, why it matters and how to mend it."),
    "policy": ("policy_traffic", "Ask what network policies allow: evaluate, explain, compare, recommend, preview."),
    "pss": ("pss", "Judge pods by the Pod Security Standards of any version."),
    "access": ("access", "Ask who may do what."),
    "team": ("team", "Hold teams to what they agreed: whose a policy is to change."),
    "plan": ("plan", "Look at a change before it is made, make it, put it back."),
    "snapshot": ("snapshot", "Save, show and compare the state of a cluster."),
    "up": ("up", "Start the console on this machine."),
    "ingest": ("ingest", "Store events from a file."),
    "query": ("query", "Ask the store a question in SQL."),
    "health": ("health", "Say what was received, stored and lost."),
    "rules": ("rules", "List, test and try detection rules."),
    "store": ("store", "Look after the store: migrate, doctor, back up."),
    "exceptions": ("exceptions", "Say which findings are accepted, and why."),
    "record": ("record", "Record a live cluster into one portable file."),
    "token": ("token", "Make and revoke tokens for machines."),
    "version": ("version", "Print the version."),
    "completion": ("completion", "Print the completion script of a shell."),
}

_FIRST_STEPS = """\
Seawall secures and observes workloads on Kubernetes.

  seawall scan ./manifests                 what is misconfigured, worst first, with file:line
  seawall scan --context prod              the same for a live cluster
  seawall policy explain ./manifests --from shop/web --to shop/db --port 5432
  seawall access who-can get secrets -n shop ./manifests
  seawall snapshot save prod.seawall --context prod
  seawall up --demo                        the console, on a recorded day

Every verb explains itself: seawall scan --help
"""


class Verbs(click.Group):
    """Finds a verb's command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command = import_module(f"seawall.cli.{VERBS[name][0]}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, summary) for name, (_, summary) in VERBS.items()])


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Print the traceback of an error.")
@click.pass_context
def seawall(ctx: click.Context, debug: bool) -> None:
    """Seawall secures and observes workloads on Kubernetes.

    \b
    Example: seawall scan ./manifests
    """
    ctx.obj = {"debug": debug}
    if ctx.invoked_subcommand is None:
        click.echo(_FIRST_STEPS, nl=False)


# What the extras of the package bring, by the module that is missed without them.
_EXTRAS = {
    **dict.fromkeys(("aiohttp", "kubernetes_asyncio"), "kube"),
    **dict.fromkeys(
        ("chdb", "clickhouse_connect", "cryptography", "jwt", "litestar", "lz4", "numpy", "pyarrow", "uvicorn"), "all"
    ),
}

UNREAD = "seawall.cli.unread"
"""In the context's `meta`: something in the input could not be read, so that no answer is the whole one."""


@seawall.result_callback()
@click.pass_context
def finished(ctx: click.Context, result: object, debug: bool) -> None:
    """An answer without all that was named is one that could not be told."""
    if ctx.meta.get(UNREAD):
        sys.exit(3)


def main() -> None:
    """Runs the program. An error that the person can mend is one line and exit code 2; `--debug` adds the traceback."""
    try:
        seawall(prog_name="seawall", standalone_mode=True)
    except UserError as error:
        _give_up(error)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        _give_up(UserError(f"this needs {error.name}, which is not installed", do=f"pip install 'seawall[{extra}]'"))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


def _give_up(error: UserError) -> None:
    if "--debug" in sys.argv:
        raise error
    click.echo(f"seawall: {error}", err=True)
    sys.exit(2)
