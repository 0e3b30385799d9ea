"""`seawall plan …`: look at a Plan, apply it, undo it, end what has ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seawall.cli.options import output
from seawall.cli.printing import finish, print_json, print_table, print_unknown, spell_object
from seawall.kit.errors import UserError

if TYPE_CHECKING:
    from seawall.app.plans import PlanAnswer
    from seawall.model.plan import Plan

F = TypeVar("F", bound=Callable[..., Any])


def at_cluster(function: F) -> F:
    """`--context` and `--kubeconfig`: the cluster that is changed."""
    for decorate in (
        click.option("--context", "context", default="", help="The kubeconfig context; the current one otherwise."),
        click.option(
            "--kubeconfig", default=None, help="The kubeconfig file; KUBECONFIG and ~/.kube/config otherwise."
        ),
    ):
        function = decorate(function)
    return function


@click.group("plan")
def command() -> None:
    """Look at a change before it is made, make it, and put it back.

    \b
    Examples:
      seawall plan show plan.yaml
      seawall plan apply plan.yaml --context prod
      seawall plan undo plan.yaml --context prod
    """


def _read(file: str) -> Plan:
    from seawall.app.plans import plan_in

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", where=file) from None
    return plan_in(text, file)


@command.command("show")
@click.argument("file", metavar="FILE")
def show(file: str) -> None:
    """Say what a Plan changes, why, and what must still be true. Asks no cluster.

    \b
    Example: seawall plan show plan.yaml
    """
    plan = _read(file)
    click.echo(f"{plan.title}: {len(plan.steps):,} steps ({plan.id})\n")
    for reason in plan.reasons:
        click.echo(f"why: {reason.says}")
    if plan.expires:
        click.echo(f"ends: {plan.expires}, and is undone then")
    for number, step in enumerate(plan.steps, 1):
        click.echo(f"\n{number}. {step.operation} {step.target}")
        for line in step.preview:
            click.echo(f"   {line}")
    click.echo(f"\nNext: seawall plan check {file} --context CONTEXT")


@command.command("check")
@click.argument("file", metavar="FILE")
@at_cluster
@output("table", "json")
def check(file: str, context: str, kubeconfig: str | None, form: str) -> None:
    """Say whether a Plan still fits a cluster, step by step. Changes nothing.

    \b
    Example: seawall plan check plan.yaml --context prod

    Exits with 1 if a step is blocked.
    """
    from seawall.app.plans import At, look

    found = asyncio.run(look(_read(file), At(context, kubeconfig), datetime.now(UTC)))
    _print(found, form, "of {steps} steps {ready} may be taken, {done} were taken, {blocked} are blocked")
    finish(failed=any(one.state == "blocked" for one in found.steps))


@command.command("apply")
@click.argument("file", metavar="FILE")
@at_cluster
@click.option("--dry-run", is_flag=True, help="Let the API server do everything but keep it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output("table", "json")
def apply(file: str, context: str, kubeconfig: str | None, dry_run: bool, yes: bool, form: str) -> None:
    """Make the change. Every step is tried in a dry run first; none is taken where one is blocked.

    \b
    Example: seawall plan apply plan.yaml --context prod

    What was killed in the middle is finished by the same command. Each changed object says by which Plan, until when, and how it is undone.
    """
    from seawall.app.plans import At
    from seawall.app.plans import apply as apply_plan

    plan = _read(file)
    _ask(plan, context, yes or dry_run, "Apply")
    found = asyncio.run(apply_plan(plan, At(context, kubeconfig), datetime.now(UTC), dry_run=dry_run))
    words = (
        "dry run: {ready} of {steps} steps would be taken"
        if dry_run
        else "{ready} of {steps} steps taken, {done} were taken before"
    )
    _print(found, form, words)
    if form == "table" and not dry_run:
        click.echo(f"\nNext: seawall plan undo {file} --context {context or 'CONTEXT'}")


@command.command("undo")
@click.argument("file", metavar="FILE")
@at_cluster
@click.option("--dry-run", is_flag=True, help="Let the API server do everything but keep it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output("table", "json")
def undo(file: str, context: str, kubeconfig: str | None, dry_run: bool, yes: bool, form: str) -> None:
    """Put back what a Plan did, last step first. An object that was changed since stays, and so does everything else.

    \b
    Example: seawall plan undo plan.yaml --context prod
    """
    from seawall.app.plans import At
    from seawall.app.plans import undo as undo_plan

    plan = _read(file)
    _ask(plan, context, yes or dry_run, "Undo")
    found = asyncio.run(undo_plan(plan, At(context, kubeconfig), datetime.now(UTC), dry_run=dry_run))
    _print(found, form, "{ready} of {steps} steps " + ("would be undone" if dry_run else "undone"))


@command.command("list")
@at_cluster
@click.option("--end", is_flag=True, help="Undo what belongs to Plans that have ended.")
@output("table", "json")
def list_(context: str, kubeconfig: str | None, end: bool, form: str) -> None:
    """List every object that a Plan changed, with who undoes it when.

    \b
    Examples:
      seawall plan list --context prod
      seawall plan list --context prod --end        from a CronJob: undo what has ended

    Exits with 1 if something that has ended could not be undone, else 3 if something could not be listed.
    """
    from seawall.app.plans import At, under_plans

    found = asyncio.run(under_plans(At(context, kubeconfig), datetime.now(UTC), end=end))
    if form == "json":
        print_json(found)
    else:
        undone = sum(one.undone for one in found.objects)
        click.echo(f"{len(found.objects):,} objects under plans{f', {undone:,} of them undone' if end else ''}\n")
        if found.objects:
            print_table(
                ("OBJECT", "PLAN", "WHAT", "APPLIED", "ENDS", "NOW"),
                [
                    (
                        spell_object(one.object),
                        one.plan,
                        one.title,
                        one.applied,
                        one.expires or "never",
                        one.why or ("undone" if one.undone else "in force"),
                    )
                    for one in found.objects
                ],
            )
        print_unknown(found.unknown)
    finish(failed=any(one.why for one in found.objects), unknown=bool(found.unknown))


def _ask(plan: Plan, context: str, sure: bool, what: str) -> None:
    """The last look before something changes. Without a terminal nobody can be asked, so `--yes` must say it."""
    if sure:
        return
    if not sys.stdin.isatty():
        raise UserError("nobody is there to be asked", do="look at it with seawall plan show, then give --yes")
    for step in plan.steps:
        click.echo(f"{step.operation} {step.target}")
        for line in step.preview:
            click.echo(f"   {line}")
    click.confirm(f"{what} these {len(plan.steps):,} steps at {context or 'the current context'}?", abort=True)


def _print(found: PlanAnswer, form: str, words: str) -> None:
    if form == "json":
        print_json(found)
        return
    counts = {state: sum(one.state == state for one in found.steps) for state in ("ready", "done", "blocked")}
    click.echo(words.format(steps=len(found.steps), **counts) + f" at {found.server}\n")
    print_table(
        ("STEP", "OBJECT", "STATE", "WHY"),
        [(one.operation, spell_object(one.object), one.state, one.why) for one in found.steps],
    )
