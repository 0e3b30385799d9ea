"""`seawall access …`: who may do what."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
import msgspec

from seawall.app.inputs import Inputs, read_cluster
from seawall.cli.options import Progress, inputs_of, output, own_source_input, plan_expiry
from seawall.cli.printing import (
    finish,
    print_json,
    print_plan,
    print_table,
    print_unknown,
    spell_object,
    tell_unread,
    word,
)
from seawall.kit.errors import UserError

if TYPE_CHECKING:
    from seawall.app.access import AccessIndex, EscalationAnswer, HolderAnswer, ProblemAnswer, RuleAnswer, Subject
    from seawall.model.cluster.snapshot import Cluster

F = TypeVar("F", bound=Callable[..., Any])


@click.group("access")
def command() -> None:
    """Ask who may do what: RBAC, Node and ABAC decided as the API server decides them, from files or a live cluster.

    \b
    Examples:
      seawall access can get secrets ./manifests --as shop/web -n shop
      seawall access who-can get secrets -n shop ./manifests
      seawall access what-can shop/web ./manifests
      seawall access escalation --context prod
    """
    # What is read lives until the program ends; looking for garbage among it only costs time.
    gc.disable()


# ------------------------------------------------------------------------------------------------ shared


def _modes(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    from seawall.app.access import MODE_NAMES

    modes = tuple(part for part in value.split(",") if part)
    for mode in modes:
        if mode not in MODE_NAMES:
            raise click.BadParameter(f'"{mode}" is none of {", ".join(MODE_NAMES)}')
    return modes


def authorizers(function: F) -> F:
    """How requests are decided."""
    for decorate in (
        click.option(
            "--authorization-mode",
            "modes",
            default="Node,RBAC",
            show_default=True,
            callback=_modes,
            help="The API server's authorizers, in order.",
        ),
        click.option(
            "--authorization-policy-file",
            "policy_file",
            default=None,
            metavar="FILE",
            help="The policy file of ABAC; implies that mode.",
        ),
        click.option(
            "--open",
            "open_world",
            is_flag=True,
            help="There may be more than what was given: nothing is denied for sure.",
        ),
    ):
        function = decorate(function)
    return function


class Asked:
    """The cluster that the input options name and its index, read when they are first needed: `paths` may come from other arguments."""

    def __init__(
        self,
        inputs: Callable[[tuple[str, ...]], Inputs],
        modes: tuple[str, ...],
        policy_file: str | None,
        open_world: bool,
    ) -> None:
        self._inputs, self._modes, self._policy_file, self._open_world = inputs, modes, policy_file, open_world

    def read(self, paths: tuple[str, ...] = ()) -> tuple[Cluster, AccessIndex]:
        from seawall.app.access import access_index

        progress = Progress()
        cluster = read_cluster(self._inputs(paths), progress)
        progress.clear()
        tell_unread(cluster)
        return cluster, access_index(cluster, self._modes, self._policy_file, open_world=self._open_world)


def asking(function: Callable[..., None]) -> Callable[..., None]:
    """Hands the function an `Asked` and the words of the command line, among which paths may be."""

    @own_source_input
    @authorizers
    @functools.wraps(function)
    def run(modes: tuple[str, ...], policy_file: str | None, open_world: bool, **options: Any) -> None:
        words, options["paths"] = options["paths"], ()
        given = inputs_of(options)

        def inputs(named: tuple[str, ...]) -> Inputs:
            return msgspec.structs.replace(given, paths=(*named, *given.paths))

        function(Asked(inputs, modes, policy_file, open_world), words, **options)

    return run


def _words(words: tuple[str, ...], *names: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The first words of the line, and the paths behind them."""
    if len(words) < len(names):
        raise click.UsageError(f"Missing argument '{names[len(words)]}'.")
    return words[: len(names)], words[len(names) :]


def _tell(problems: Sequence[ProblemAnswer]) -> None:
    if not problems:
        return
    click.echo("\nWorth knowing:")
    for one in problems[:8]:
        where = f"{one.place}: " if one.place else ""
        click.echo(f"  {where}{spell_object(one.object)} {one.what}")
    if len(problems) > 8:
        click.echo(f"  … and {len(problems) - 8:,} more")


def _where(namespace: str) -> str:
    return namespace or "everywhere"


# ------------------------------------------------------------------------------------------------ can


@command.command("can")
@asking
@click.option(
    "--as",
    "user",
    default=None,
    metavar="SUBJECT",
    help="Who asks: a user name, or NAMESPACE/NAME of a service account.",
)
@click.option(
    "--as-group", "groups", multiple=True, metavar="GROUP", help="A group of theirs besides those that everybody is in."
)
@click.option(
    "-n", "--namespace", default="", help="The namespace of the request; without one it is for the whole cluster."
)
@click.option("--name", default="", help="The object; without one the request names none (list, create).")
@click.option(
    "--tuples",
    default=None,
    metavar="FILE",
    help="Decide every request of a file of JSON lines (- for standard input) instead.",
)
@output("text", "json")
def can(
    asked: Asked,
    words: tuple[str, ...],
    user: str | None,
    groups: tuple[str, ...],
    namespace: str,
    name: str,
    tuples: str | None,
    form: str,
) -> None:
    """Say whether somebody may do something: VERB RESOURCE [PATH]..., or every request of a file.

    \b
    Examples:
      seawall access can get secrets ./manifests --as shop/web -n shop
      seawall access can create pods/exec --as alice --as-group dev --context prod -n shop
      seawall access can get /metrics ./manifests --as prometheus
      seawall access can ./manifests --tuples requests.jsonl -o json

    RESOURCE is as roles spell it: secrets, deployments.apps, pods/exec, or a URL that begins with /.
    Exits with 0 for yes, 1 for no and 3 where it cannot be told; with --tuples with 3 if one cannot be told, else 0.
    """
    from seawall.app.access import decide, principal_named, problems, request_of, target_of

    if tuples is not None:
        _decide_all(asked, words, tuples, form)
    (verb, resource), paths = _words(words, "VERB", "RESOURCE")
    if user is None:
        raise click.UsageError("Missing option '--as'.")
    cluster, index = asked.read(paths)
    request = request_of(principal_named(user), groups, verb, target_of(resource), name, namespace)
    (decision,) = decide(index, [request]).decisions
    if form == "json":
        print_json({"decisions": [decision]})
    else:
        click.echo({True: "yes", False: "no", None: "cannot tell"}[decision.allowed])
        click.echo(f"{user}: {request}")
        click.echo(decision.reason)
        if decision.allowed is not True:
            _tell(problems(index, cluster))
    finish(failed=decision.allowed is False, unknown=decision.allowed is None)


def _decide_all(asked: Asked, paths: tuple[str, ...], tuples: str, form: str) -> NoReturn:
    from seawall.app.access import decide, problems, requests_in

    cluster, index = asked.read(paths)
    try:
        with click.open_file(tuples, "rb") as lines:
            requests = list(requests_in(lines, "standard input" if tuples == "-" else tuples))
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=tuples) from None
    found = decide(index, requests)
    if form == "json":
        print_json(found)
    else:
        allowed = [one.allowed for one in found.decisions]
        click.echo(
            f"{allowed.count(True):,} allowed, {allowed.count(False):,} denied, {allowed.count(None):,} cannot be told\n"
        )
        rows = [
            (request.user, str(request), word(decision.allowed), decision.reason)
            for request, decision in zip(requests, found.decisions, strict=True)
        ]
        print_table(("WHO", "REQUEST", "VERDICT", "WHY"), rows)
        _tell(problems(index, cluster))
    finish(unknown=any(one.allowed is None for one in found.decisions))
    sys.exit(0)


# ------------------------------------------------------------------------------------------------ who-can


@command.command("who-can")
@asking
@click.option("-n", "--namespace", default=None, help="Only in this namespace; without one, anywhere.")
@click.option("--cluster-wide", is_flag=True, help="Only who may in the whole cluster at once.")
@click.option("--name", default="", help="To this one object.")
@output("table", "json")
def who_can(
    asked: Asked, words: tuple[str, ...], namespace: str | None, cluster_wide: bool, name: str, form: str
) -> None:
    """Say who may do something, and by which binding: VERB RESOURCE [PATH]...

    \b
    Examples:
      seawall access who-can get secrets -n shop ./manifests
      seawall access who-can create pods/exec --context prod
      seawall access who-can get /metrics ./manifests

    Exits with 3 if something that decides could not be read, else 0.
    """
    from seawall.app import access

    (verb, resource), paths = _words(words, "VERB", "RESOURCE")
    cluster, index = asked.read(paths)
    found = access.who_can(index, verb, access.target_of(resource), name, "" if cluster_wide else namespace)
    if form == "json":
        print_json(found)
    else:
        where = " in the whole cluster" if cluster_wide else f" in namespace {namespace}" if namespace else ""
        limited = f", {len(found.limited):,} more for certain names only" if found.limited else ""
        click.echo(f"{len(found.holders):,} may {verb} {resource}{f' {name}' if name else ''}{where}{limited}")
        if found.holders or found.limited:
            print_table(("WHO", "WHERE", "NAMES", "BY"), [*_ways(found.holders), *_ways(found.limited)])
        for note in found.notes:
            click.echo(f"Besides: {note}")
        _tell(access.problems(index, cluster))
        print_unknown(found.unknown)
        if found.holders:
            first = found.holders[0].subject
            click.echo(f"\nNext: seawall access what-can {_argument(first)} says what else they may")
    finish(unknown=bool(found.unknown))


def _ways(holders: Sequence[HolderAnswer]) -> list[tuple[str, ...]]:
    return [
        (
            spell_object(holder.subject),
            _where(way.namespace),
            ", ".join(way.names),
            f"{spell_object(way.binding)} → {spell_object(way.role)}",
        )
        for holder in holders
        for way in holder.ways
    ]


def _argument(subject: Subject) -> str:
    """A subject as `what-can` takes it."""
    if subject.kind == "ServiceAccount":
        return f"{subject.namespace}/{subject.name}"
    return subject.name if subject.kind == "User" else f"group:{subject.name}"


# ------------------------------------------------------------------------------------------------ what-can


@command.command("what-can")
@asking
@click.option(
    "--as-group", "groups", multiple=True, metavar="GROUP", help="A group of theirs besides those that everybody is in."
)
@output("table", "json")
def what_can(asked: Asked, words: tuple[str, ...], groups: tuple[str, ...], form: str) -> None:
    """Say all that somebody may, and by which binding: SUBJECT [PATH]...

    \b
    Examples:
      seawall access what-can shop/web ./manifests
      seawall access what-can group:dev --context prod

    SUBJECT is a user name, NAMESPACE/NAME of a service account, or group:NAME. Exits with 3 if something could not be read, else 0.
    """
    from seawall.app import access

    (subject,), paths = _words(words, "SUBJECT")
    cluster, index = asked.read(paths)
    found = access.what_can(index, access.principal_named(subject), groups)
    if form == "json":
        print_json(found)
    else:
        click.echo(
            f"{spell_object(found.subject)} has {_plural(len(found.permissions), 'rule')}; groups: {', '.join(found.groups) or 'none'}"
        )
        if found.permissions:
            print_table(
                ("MAY", "WHERE", "BY", "AS"),
                [
                    (
                        one.rule.text,
                        _where(one.namespace),
                        f"{spell_object(one.binding)} → {spell_object(one.role)}",
                        spell_object(one.by) if one.by != found.subject else "",
                    )
                    for one in found.permissions
                ],
            )
        for one in found.escalations:
            click.echo(f"{one.reach}: {one.title}, {_where(one.namespace)}{_only(one.names)}")
        _tell(access.problems(index, cluster))
        print_unknown(found.unknown)
        if found.escalations:
            click.echo("\nNext: seawall access escalation explains each as steps")
    finish(unknown=bool(found.unknown))


def _only(names: Sequence[str]) -> str:
    return f" (only {', '.join(names)})" if names else ""


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


# ------------------------------------------------------------------------------------------------ diff


@command.command("diff")
@asking
@output("table", "json")
def diff(asked: Asked, words: tuple[str, ...], form: str) -> None:
    """Say who gained and who lost what between two states: BEFORE AFTER, each a path or a snapshot.

    \b
    Example: seawall access diff monday.seawall tuesday.seawall

    Compares what is allowed, not how it is written. Exits with 3 if something could not be read, else 0.
    """
    from seawall.app.access import changes

    if len(words) != 2:
        raise click.UsageError("Name two states: BEFORE AFTER.")
    (_, before), (_, after) = (asked.read((word,)) for word in words)
    found = changes(before, after)
    if form == "json":
        print_json(found)
    else:
        gained = sum(bool(one.gained) for one in found.changes)
        lost = sum(bool(one.lost) for one in found.changes)
        click.echo(f"{_plural(gained, 'subject')} gained, {lost:,} lost permissions")
        rows = [
            (f"{sign} {rule.text}", spell_object(one.subject), _where(one.namespace))
            for one in found.changes
            for sign, rules in (("+", one.gained), ("-", one.lost))
            for rule in rules
        ]
        if rows:
            print_table(("MAY", "WHO", "WHERE"), rows)
        print_unknown(found.unknown)
    finish(unknown=bool(found.unknown))


# ------------------------------------------------------------------------------------------------ escalation


@command.command("escalation")
@asking
@click.option(
    "--subject",
    default=None,
    metavar="SUBJECT",
    help="Only of one: a user name, NAMESPACE/NAME, or group:NAME, with all its groups.",
)
@click.option("--system", is_flag=True, help="Also of Kubernetes' own users, groups and accounts.")
@output("table", "steps", "json")
def escalation(asked: Asked, words: tuple[str, ...], subject: str | None, system: bool, form: str) -> None:
    """Say who could come to more than they were given, how, and by which binding: [PATH]...

    \b
    Examples:
      seawall access escalation ./manifests
      seawall access escalation --context prod --subject shop/web -o steps

    Exits with 3 if something could not be read, else 0.
    """
    from seawall.app import access

    cluster, index = asked.read(words)
    if subject is not None:
        one = access.what_can(index, access.principal_named(subject))
        found = access.EscalationsAnswer(escalations=one.escalations, hidden=0, unknown=one.unknown)
    else:
        found = access.escalations(index, system=system)
    if form == "json":
        print_json(found)
    else:
        subjects = len({(one.subject.kind, one.subject.namespace, one.subject.name) for one in found.escalations})
        hidden = f"; {found.hidden:,} of the system's own left out (--system)" if found.hidden else ""
        click.echo(
            f"{_plural(len(found.escalations), 'way')} of {_plural(subjects, 'subject')} to more than was given{hidden}"
        )
        if form == "steps":
            _print_steps(found.escalations)
        elif found.escalations:
            print_table(
                ("WINS", "WHO", "HOW", "WHERE", "BY"),
                [
                    (
                        one.reach,
                        spell_object(one.subject),
                        f"{one.title}{_only(one.names)}",
                        _where(one.namespace),
                        ", ".join(spell_object(grant.binding) for grant in one.grants),
                    )
                    for one in found.escalations
                ],
            )
        _tell(access.problems(index, cluster))
        print_unknown(found.unknown)
        if found.escalations and form == "table":
            click.echo("\nNext: the same with -o steps explains each")
    finish(unknown=bool(found.unknown))


def _print_steps(escalations: Sequence[EscalationAnswer]) -> None:
    for one in escalations:
        click.echo(f"\n{spell_object(one.subject)} {one.title} ({one.reach}, {_where(one.namespace)}; {one.power})")
        for grant in one.grants:
            click.echo(f"  by {spell_object(grant.binding)} → {spell_object(grant.role)} as {spell_object(grant.by)}")
        for number, step in enumerate(one.steps, start=1):
            click.echo(f"  {number}. {step}")


# ------------------------------------------------------------------------------------------------ least-privilege


@command.command("least-privilege")
@asking
@click.option(
    "--audit", "audit", multiple=True, required=True, metavar="FILE", help="An audit log of the API server, JSON lines."
)
@click.option(
    "--names",
    "names_up_to",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Limit a rule to the names used, if they are no more than this.",
)
@plan_expiry
@output("table", "yaml", "json", "plan")
def least_privilege(
    asked: Asked, words: tuple[str, ...], audit: tuple[str, ...], names_up_to: int, expires: str, form: str
) -> None:
    """Propose the smaller role that somebody could do with, from what they did: SUBJECT [PATH]...

    \b
    Examples:
      seawall access least-privilege shop/web ./manifests --audit audit.log
      seawall access least-privilege shop/web --context prod --audit audit.log -o yaml > smaller.yaml
      seawall access least-privilege shop/web --context prod --audit audit.log -o plan > smaller.plan.yaml

    Changes nothing. The Plan also takes away what the smaller role replaces. Replaces what bindings give the subject by its own name; what its groups have stays. What was not used in the time that the
    log covers is left out: look at the coverage first. Exits with 3 if something could not be read, else 0.
    """
    from seawall.app.access import principal_named
    from seawall.app.least_privilege import read_audit, smaller_role, smaller_role_plan

    (subject,), paths = _words(words, "SUBJECT")
    principal = principal_named(subject)
    cluster, index = asked.read(paths)
    found = smaller_role(index, principal, read_audit(principal.user, audit), names_up_to)
    if form == "json":
        print_json(found)
    elif form == "yaml":
        import yaml

        click.echo(yaml.safe_dump_all(found.manifests, sort_keys=False), nl=False)
    elif form == "plan":
        print_plan(smaller_role_plan(cluster, found, expires))
    else:
        evidence = found.evidence
        click.echo(f"{spell_object(found.subject)} used {found.kept:,} of {found.granted:,} permissions")
        rules: list[tuple[str, tuple[RuleAnswer, ...]]] = [("", found.everywhere), *found.by_namespace.items()]
        rows = [(rule.text, _where(namespace)) for namespace, of in rules for rule in of]
        if rows:
            print_table(("NEEDS", "WHERE"), rows)
        span = f" between {evidence.first} and {evidence.last}" if evidence.first else ""
        click.echo(f"Evidence: {evidence.by_subject:,} requests among {evidence.events:,} events{span}")
        click.echo(f"Besides: {found.elsewhere:,} of them are allowed by what its groups have")
        for one in found.unexplained:
            click.echo(f"Not explained by any binding: {one.request} ({one.times:,} times)")
        for unused in found.unused:
            click.echo(f"Never used: {unused.rule.text} ({_where(unused.namespace)}) by {spell_object(unused.binding)}")
        lost = (f"{evidence.malformed:,} lines of the log that name it cannot be read",) if evidence.malformed else ()
        print_unknown((*found.unknown, *lost))
        if rows:
            click.echo("\nNext: the same with -o yaml prints the roles and bindings to put in their place")
    finish(unknown=bool(found.unknown or found.evidence.malformed))
