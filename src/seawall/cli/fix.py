"""`seawall fix`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from seawall.cli.options import Progress, accepted, colour, inputs_of, severity_threshold, source_input
from seawall.cli.printing import print_json, print_plan, print_table
from seawall.model.finding import Severity

if TYPE_CHECKING:
    from seawall.app.fix import Fixed, FixRow, Mending

FORMATS = ("diff", "table", "markdown", "json", "plan")


@click.command("fix")
@source_input
@click.option("--write", is_flag=True, help="Change the files; without it, only show how.")
@click.option(
    "--only-safe/--unsafe",
    "only_safe",
    default=True,
    show_default=True,
    help="Only what leaves a working workload working, or also what may break it.",
)
@click.option("--rule", "only", multiple=True, metavar="ID", help="Fix only these rules (globs: 'workload/*').")
@click.option("--skip-rule", "skip", multiple=True, metavar="ID", help="Leave these rules out.")
@accepted("A file of accepted findings, which are left as they are.")
@severity_threshold("Exit 1 if a finding from this severity on is left.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(FORMATS),
    default=None,
    help="How to print it. [default: diff; of standard input the text with its fixes]",
)
def command(
    write: bool,
    only_safe: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    exceptions_file: str | None,
    fail_on: str,
    form: str | None,
    **shared: Any,
) -> None:
    """Mend what `scan` finds in your own YAML and JSON. Comments, order, quotes and indentation stay.

    \b
    Examples:
      seawall fix ./manifests                          the changes as a diff; nothing is written
      seawall fix ./manifests --write
      seawall fix ./manifests --unsafe --rule workload/writable-root-filesystem
      seawall fix ./manifests | git apply              what is said beside the diff goes to standard error
      kubectl get deploy web -o yaml | seawall fix -   the text with its fixes

    What is changed is scanned again. An object that would get a new finding as bad as what is mended, or that could not be read any more, is left
    alone, and said. Exits with 1 if a finding at or above --fail-on is left after the fixes, else 3 if something could not be told, else 0.
    """
    gc.disable()  # what is read lives until the program ends
    from seawall.app.fix import Mending
    from seawall.app.scan import Selection, exceptions_from

    progress, inputs = Progress(), inputs_of(shared)
    mending = Mending(
        inputs,
        selection=Selection(only, skip),
        unsafe=not only_safe,
        exceptions=exceptions_from(exceptions_file, datetime.now(UTC).date()),
        progress=progress,
    )
    progress.clear()
    if write:
        mending.write()
    fixed = mending.answer(written=write)
    stream = form is None and "-" in inputs.paths
    _print(fixed, mending, "stream" if stream else form or "diff")
    sys.exit(fixed.exit_code(None if fail_on == "none" else Severity(fail_on)))


def _print(fixed: Fixed, mending: Mending, form: str) -> None:
    match form:
        case "json":
            print_json(fixed)
        case "plan":
            print_plan(mending.plan())
        case "markdown":
            from seawall.render import fixes

            click.echo(fixes.markdown(fixed), nl=False)
        case "table":
            _tell(fixed, click.echo)
            if fixed.fixed:
                click.echo()
                rows = [(row.severity, row.rule, _object(row), row.place) for row in fixed.fixed]
                print_table(("severity", "rule", "object", "place"), rows)
        case "stream":
            sys.stdout.buffer.write(mending.content())
            sys.stdout.flush()
            _tell(fixed, _to_stderr)
        case _:
            for file in fixed.files:
                text = _painted(file.diff) if colour() else file.diff
                sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
            sys.stdout.flush()
            _tell(fixed, _to_stderr)


def _to_stderr(text: str = "") -> None:
    click.echo(text, err=True)


def _tell(fixed: Fixed, say: Callable[..., None]) -> None:
    """What was done, what was not and why, and what to do next."""
    from seawall.render.fixes import headline, sections

    say(headline(fixed))
    for title, rows in sections(fixed):
        say(f"\n{title}")
        for row in rows:
            say(f"  {row}")
    for sentence in fixed.unknown[:8]:
        say(f"\nNot known: {sentence}")
    if fixed.files and not any(file.written for file in fixed.files) and fixed.files[0].file != "stdin":
        say("\nNext: the same with --write")


def _object(row: FixRow) -> str:
    return f"{row.namespace}/{row.name} ({row.kind})" if row.namespace else f"{row.name} ({row.kind})"


def _painted(diff: str) -> str:
    colours = {"-": "red", "+": "green", "@": "cyan"}
    lines: Sequence[str] = diff.splitlines(keepends=True)
    return "".join(click.style(line, fg=colours.get(line[0])) if line[0] in colours else line for line in lines)
