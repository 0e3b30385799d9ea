"""Options that several verbs share, named as kubectl names them."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from seawall.app.inputs import Inputs
from seawall.model.finding import Severity

F = TypeVar("F", bound=Callable[..., Any])


def source_input(function: F) -> F:
    """PATHS (files, folders, charts, snapshots, `-`), or a live cluster by `--context`, asked as whom `--as` names: all of it."""
    for decorate in (
        click.option(
            "--as", "as_user", default="", metavar="USER", help="Ask a live cluster as this user, as kubectl does."
        ),
        click.option(
            "--as-group", "as_groups", multiple=True, metavar="GROUP", help="With --as: a group that the user is in."
        ),
    ):
        function = decorate(function)
    return own_source_input(function)


def own_source_input(function: F) -> F:
    """As `source_input` without `--as`, for verbs where that names whom the question is about."""
    for decorate in (
        click.argument("paths", nargs=-1, metavar="[PATH]..."),
        click.option(
            "-f",
            "--filename",
            "filenames",
            multiple=True,
            metavar="PATH",
            help="A file or folder, as kubectl has it; - is standard input.",
        ),
        click.option(
            "--context",
            "context",
            default=None,
            help="Read a live cluster by this kubeconfig context ('' for the current one).",
        ),
        click.option(
            "--kubeconfig", default=None, help="The kubeconfig file; KUBECONFIG and ~/.kube/config otherwise."
        ),
        click.option("--values", "values", multiple=True, metavar="FILE", help="Values file for a chart."),
        click.option("--cluster", "cluster_name", default=None, help="The name to give this cluster."),
    ):
        function = decorate(function)
    return function


def cluster_input(function: F) -> F:
    """As `source_input`, and `-n` to read some namespaces only; `-A` is all of them, whatever `-n` says, as kubectl has it."""
    for decorate in (
        click.option("-n", "--namespace", "namespaces", multiple=True, help="Only these namespaces."),
        click.option("-A", "--all-namespaces", is_flag=True, help="All namespaces, which is what is read without -n."),
    ):
        function = decorate(function)
    return source_input(function)


def inputs_of(options: dict[str, Any]) -> Inputs:
    """What the options of `source_input` or `cluster_input` name; they are taken out of `options`."""
    namespaces = options.pop("namespaces", ())
    return Inputs(
        (*options.pop("paths"), *options.pop("filenames")),
        options.pop("context"),
        options.pop("kubeconfig"),
        () if options.pop("all_namespaces", False) else namespaces,
        options.pop("values"),
        options.pop("cluster_name"),
        options.pop("as_user", ""),
        options.pop("as_groups", ()),
    )


def accepted(help: str = "A file of accepted findings.") -> Callable[[F], F]:  # noqa: A002  click's own word
    """`--exceptions FILE`, handed on as `exceptions_file`."""
    return click.option(
        "--exceptions",
        "exceptions_file",
        type=click.Path(exists=True, dir_okay=False),
        default=None,
        help=help,
    )


def severity_threshold(help: str) -> Callable[[F], F]:  # noqa: A002  click's own word
    """`--fail-on SEVERITY`; `none` for never."""
    return click.option(
        "--fail-on",
        type=click.Choice([*(one.value for one in Severity), "none"]),
        default="high",
        show_default=True,
        help=help,
    )


def output(*formats: str) -> Callable[[F], F]:
    """`-o`, handed on as `form`; the first format is the default."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print it.",
    )


def plan_expiry(function: F) -> F:
    """`--expires` of a Plan, handed on as RFC 3339 ("" for never)."""
    return click.option(
        "--expires",
        default="",
        metavar="TIME",
        callback=_time,
        help="With -o plan: from when on it is not wanted any more (2026-12-31, or with a time and zone).",
    )(function)


def _time(context: click.Context, option: click.Parameter, value: str) -> str:
    if not value:
        return ""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("give a date, or a time as RFC 3339 has it: 2026-12-31T12:00:00Z") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")


def colour() -> bool:
    """Whether to colour standard output: a terminal, and NO_COLOR not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def width() -> int:
    """Columns of the terminal; 160 in pipes, where nothing wraps."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 160


class Progress:
    """A line on standard error that says how far long work is; nothing in pipes."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._said = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._shown and (now := time.monotonic()) - self._said >= 0.1:
            text = f"{what} {done:,}/{total:,}" if total else f"{what} {done:,}"
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._said = now

    def clear(self) -> None:
        if self._said:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
