"""`seawall policy …`: what network policies allow, and why."""

from __future__ import annotations

import csv
import functools
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from seawall.app.inputs import Inputs, read_cluster
from seawall.cli.options import cluster_input, inputs_of, output, plan_expiry
from seawall.cli.printing import finish, print_json, print_plan, print_table, spell_object, tell_unread, word
from seawall.kit.errors import UserError

if TYPE_CHECKING:
    from seawall.app.policy import NoticeAnswer, PolicyModel, Verdict

F = TypeVar("F", bound=Callable[..., Any])
PROFILES = ("upstream", "calico", "cilium", "strict")
FORMS = ("kubernetes", "cluster", "calico", "cilium")


@click.group("policy")
def command() -> None:
    """Ask what network policies allow, and why. Reads every dialect: NetworkPolicy, ClusterNetworkPolicy, Admin and Baseline, Calico, Cilium.

    \b
    Examples:
      seawall policy explain ./manifests --from shop/web --to shop/db --port 5432
      seawall policy reach ./manifests --focus shop/db
      seawall policy eval ./manifests --tuples flows.jsonl -o json
    """
    # What is read lives until the program ends; looking for garbage among it only costs time.
    gc.disable()


# ------------------------------------------------------------------------------------------------ shared


def judged(function: F) -> F:
    """The options of every question: the input, the profile, how refused policies count."""
    for decorate in (
        cluster_input,
        click.option(
            "--profile",
            type=click.Choice(PROFILES),
            default="upstream",
            show_default=True,
            help="Which dataplane to answer as; strict: only what all agree on.",
        ),
        click.option(
            "--assume-rejected",
            is_flag=True,
            help="Take policies that the API server refuses as absent, instead of as unknown.",
        ),
    ):
        function = decorate(function)
    return function


def model_of(options: dict[str, Any]) -> PolicyModel:
    """The model that the shared options name; they are taken out of `options`."""
    from seawall.app.policy import policy_model

    cluster = tell_unread(read_cluster(inputs_of(options)))
    return policy_model(cluster, options.pop("profile"), options.pop("assume_rejected"))


def with_model(function: Callable[..., None]) -> Callable[..., None]:
    """Hands the function a model in place of the shared options."""

    @functools.wraps(function)
    def run(**options: Any) -> None:
        function(model_of(options), **options)

    return run


def print_csv(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)


def print_notices(notices: list[NoticeAnswer]) -> None:
    if not notices:
        return
    click.echo("\nNot known:")
    for notice in notices[:12]:
        name = spell_object(notice.policy) if notice.policy else "input"
        where = f"{notice.place}: " if notice.place else ""
        path = f" {notice.path}" if notice.path else ""
        click.echo(f"  {where}{name}{path}: {notice.what} ({notice.kind})")
    if len(notices) > 12:
        click.echo(f"  … and {len(notices) - 12:,} more (-o json lists them)")


def _rule(one: Any) -> str:
    if one.policy is None:
        return str(one.name)
    text = f"{spell_object(one.policy)} {one.path}"
    return f"{one.place}: {text}" if one.place else text


def _asks(function: F) -> F:
    for decorate in (
        click.option(
            "--from",
            "source",
            metavar="END",
            required=True,
            help="ns/name, service:ns/name, deployment:ns/name, node:name, an address.",
        ),
        click.option("--to", "destination", metavar="END", required=True, help="As --from, or domain:name."),
        click.option("--protocol", default="TCP", show_default=True),
        click.option("--port", type=int, default=None, help="The destination's port; for a service, the service's."),
        click.option("--icmp-type", type=int, default=None),
        click.option("--icmp-code", type=int, default=None),
    ):
        function = decorate(function)
    return function


# ------------------------------------------------------------------------------------------------ eval and explain


@command.command("eval")
@judged
@click.option(
    "--tuples",
    required=True,
    metavar="FILE",
    help='JSON lines: {"from": X, "to": Y, "protocol": "TCP", "port": 80}; X and Y: {"pod": "ns/name"}, {"workload": …, "kind": …}, {"service": …}, {"ip": …}.',
)
@output("table", "json")
@with_model
def eval_(model: PolicyModel, tuples: str, form: str) -> None:
    """Judge connections, in order, each with the rules that decided it.

    \b
    Example: seawall policy eval ./manifests --tuples flows.jsonl -o json

    Exits with 3 if a verdict cannot be told, else 0.
    """
    from seawall.app.policy import connections_from, evaluate

    text = sys.stdin.buffer.read() if tuples == "-" else _read(tuples)
    asked = connections_from(text, tuples)
    found = evaluate(model, asked)
    if form == "json":
        print_json(found)
    else:
        counts = {
            name: sum(word(one.allowed) == name for one in found.verdicts) for name in ("allowed", "denied", "unknown")
        }
        click.echo(
            f"{counts['allowed']:,} allowed, {counts['denied']:,} denied, {counts['unknown']:,} not known or split\n"
        )
        rows = [
            (str(one.source), str(one.destination), _traffic(one), word(verdict.allowed), verdict.reason)
            for one, verdict in zip(asked, found.verdicts, strict=True)
        ]
        print_table(("FROM", "TO", "TRAFFIC", "VERDICT", "WHY"), rows)
        print_notices(found.notices)
    finish(unknown=any(not one.told for one in found.verdicts))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read it: {error.strerror}", where=path) from None


def _traffic(one: Any) -> str:
    if one.type is not None:
        return f"{one.protocol} type {one.type}" + (f" code {one.code}" if one.code is not None else "")
    return f"{one.protocol} {one.port}" if one.port is not None else f"{one.protocol}"


@command.command("explain")
@judged
@_asks
@output("table", "json")
@with_model
def explain(
    model: PolicyModel,
    source: str,
    destination: str,
    protocol: str,
    port: int | None,
    icmp_type: int | None,
    icmp_code: int | None,
    form: str,
) -> None:
    """Say why a connection is allowed or denied; for a denial, the smallest change that allows it.

    \b
    Example: seawall policy explain ./manifests --from shop/web --to shop/db --port 5432

    Exits with 3 if it cannot be told, else 0.
    """
    from seawall.app.policy import connection_from
    from seawall.app.policy import explain as ask

    asked = connection_from(model, source, destination, protocol, port, icmp_type, icmp_code)
    found = ask(model, asked)
    if form == "json":
        print_json(found)
    else:
        click.echo(f"{word(found.verdict.allowed).upper()}: {asked.source} to {asked.destination}, {_traffic(asked)}")
        click.echo(f"  {found.verdict.reason}\n")
        _print_trace("leaving the source", found.verdict.egress)
        _print_trace("reaching the destination", found.verdict.ingress)
        _print_split(found.verdict)
        if found.near:
            click.echo("\nNearest:")
            for near in found.near[:6]:
                click.echo(f"  {_rule(near.rule)}: {near.needs}")
        if found.edits:
            click.echo(
                "\nSmallest change that allows it (tried, and judged again):"
                if all(one.verified for one in found.edits)
                else "\nA change (it does not suffice):"
            )
            for edit in found.edits:
                where = f"{edit.place}: " if edit.place else ""
                click.echo(f"  {where}{spell_object(edit.policy)}: {edit.words}")
                click.echo(f"    {edit.command}")
        print_notices(found.notices)
    finish(unknown=not found.verdict.told)


def _print_trace(title: str, trace: Any) -> None:
    click.echo(f"{title}: {word(trace.allowed)}")
    for step in trace.steps:
        mark = step.action if step.certain else f"maybe {step.action}"
        extra = f" ({step.why})" if step.why else ""
        above = f" [{'; '.join(step.layer7)}]" if step.layer7 else ""
        click.echo(f"  {step.tier}: {mark} by {_rule(step.rule)}{above}{extra}")
    if not trace.steps and trace.reason:
        click.echo(f"  {trace.reason}")


def _print_split(verdict: Verdict) -> None:
    if verdict.split is not None:
        split = verdict.split
        click.echo(f"\npairs: {split.allowed:,} allowed, {split.denied:,} denied, {split.unknown:,} unknown")
        for name, example in split.examples.items():
            click.echo(f"  {name}: {example}")
    if verdict.staged is not None:
        click.echo(f"\nwith staged policies in force: {word(verdict.staged.allowed)}: {verdict.staged.reason}")


# ------------------------------------------------------------------------------------------------ reach


def _limits(function: F) -> F:
    for decorate in (
        click.option("--protocol", default=None, help="Only this protocol."),
        click.option("--port", type=int, default=None, help="Only this port (of TCP where no protocol is given)."),
    ):
        function = decorate(function)
    return function


@command.command("reach")
@judged
@_limits
@click.option("--focus", metavar="WORKLOAD", default=None, help="Only what reaches this workload and what it reaches.")
@click.option("--no-outside", is_flag=True, help="Leave addresses outside the cluster out.")
@output("table", "matrix", "json", "csv", "dot")
@with_model
def reach(
    model: PolicyModel, protocol: str | None, port: int | None, focus: str | None, no_outside: bool, form: str
) -> None:
    """Show who reaches whom: all pairs of workloads, and the outside.

    \b
    Example: seawall policy reach ./manifests --focus shop/db
    """
    from seawall.app.policy import namespace_matrix, reachability, traffic_from

    traffic = traffic_from(protocol, port)
    if form == "matrix":
        _print_matrix(namespace_matrix(model, traffic))
        return
    found = reachability(model, focus=focus, traffic=traffic, outside=not no_outside)
    _print_reach(found, form, focus)


@command.command("who-can-reach")
@judged
@_limits
@click.option("--to", "target", required=True, metavar="WORKLOAD")
@output("table", "json", "csv")
@with_model
def who_can_reach(model: PolicyModel, protocol: str | None, port: int | None, target: str, form: str) -> None:
    """Show what may reach one workload, from inside and outside.

    \b
    Example: seawall policy who-can-reach ./manifests --to shop/db --port 5432
    """
    from seawall.app.policy import reachability, traffic_from

    found = reachability(model, into=target, traffic=traffic_from(protocol, port))
    _print_reach(found, form, target)


_EDGE = ("FROM", "TO", "ALLOWED", "ON SOME PODS", "NOT KNOWN")


def _print_reach(found: Any, form: str, focus: str | None) -> None:
    rows = [
        (edge.source, edge.destination, ", ".join(edge.allowed), ", ".join(edge.partial), ", ".join(edge.unknown))
        for edge in found.edges
    ]
    for edge in found.outside:
        ends = (edge.addresses, edge.workload) if edge.direction == "ingress" else (edge.workload, edge.addresses)
        rows.append((*ends, ", ".join(edge.allowed), "", ", ".join(edge.unknown)))
    if form == "json":
        print_json(found)
    elif form == "csv":
        print_csv(tuple(heading.lower().replace(" ", "_") for heading in _EDGE), rows)
    elif form == "dot":
        _print_dot(rows)
    else:
        scope = f" of {focus}" if focus else ""
        click.echo(f"{len(rows):,} connections{scope} among {len(found.workloads):,} workloads and the outside\n")
        if rows:
            keep = [at for at in range(5) if at < 3 or any(row[at] for row in rows)]
            print_table(tuple(_EDGE[at] for at in keep), [tuple(_short(row[at]) for at in keep) for row in rows])
        print_notices(found.notices)
        if focus is None and found.workloads:
            one = found.workloads[0]
            click.echo(f"\nNext: seawall policy reach … --focus {one.namespace}/{one.name}")


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}…"


def _print_dot(rows: Sequence[tuple[str, ...]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    click.echo("digraph reach {\n  rankdir=LR;\n  node [shape=box];")
    for source, destination, allowed, partial, unknown in rows:
        style = "" if allowed else ", style=dashed"
        click.echo(
            f"  {quoted(source)} -> {quoted(destination)} [label={quoted(allowed or partial or f'? {unknown}')}{style}];"
        )
    click.echo("}")


def _print_matrix(found: Any) -> None:
    click.echo(
        "Pairs of workloads that may talk, from the row's namespace to the column's, of all pairs (? not known)\n"
    )
    rows = []
    for at, name in enumerate(found.namespaces):
        cells = []
        for column in range(len(found.namespaces)):
            doubt = f" ?{found.unknown[at][column]}" if found.unknown[at][column] else ""
            cells.append(f"{found.allowed[at][column]}/{found.pairs[at][column]}{doubt}")
        rows.append((name, *cells))
    print_table(("FROM \\ TO", *found.namespaces), rows)


@command.command("exposure")
@judged
@click.option("--focus", metavar="WORKLOAD", default=None)
@output("table", "json", "csv")
@with_model
def exposure(model: PolicyModel, focus: str | None, form: str) -> None:
    """Show what is open to the outside, to the whole cluster, and to pods that do not exist yet.

    \b
    Example: seawall policy exposure ./manifests
    """
    from seawall.app.policy import exposures

    found = exposures(model, focus)
    words = {
        "outside": "outside",
        "cluster": "any pod of the cluster",
        "namespace": "any pod of its namespace",
        "matching": "pods to come",
    }
    rows = [
        (one.workload, one.direction, words[one.whom], _short(one.selector or one.addresses), ", ".join(one.traffic))
        for one in found.exposures
    ]
    if form == "json":
        print_json(found)
    elif form == "csv":
        print_csv(("workload", "direction", "whom", "which", "traffic"), rows)
    else:
        inward = {one.workload for one in found.exposures if one.direction == "ingress" and one.whom == "outside"}
        everyone = {one.workload for one in found.exposures if one.direction == "ingress" and one.whom == "cluster"}
        click.echo(
            f"of {found.workloads:,} workloads {len(inward):,} are open to addresses outside, {len(everyone):,} to any pod of the cluster\n"
        )
        print_table(("WORKLOAD", "DIRECTION", "OPEN TO", "WHICH", "TRAFFIC"), rows)
        print_notices(found.notices)


# ------------------------------------------------------------------------------------------------ two worlds


def _two(function: F) -> F:
    # The decorator that is applied last stands first.
    for decorate in (
        click.argument("after"),
        click.argument("before"),
        click.option("--profile", type=click.Choice(PROFILES), default="upstream", show_default=True),
        click.option("--assume-rejected", is_flag=True, help="Take policies that the API server refuses as absent."),
    ):
        function = decorate(function)
    return function


def _models(before: str, after: str, profile: str, assume_rejected: bool) -> tuple[PolicyModel, PolicyModel]:
    from seawall.app.policy import policy_model

    found = [
        policy_model(tell_unread(read_cluster(Inputs((path,)))), profile, assume_rejected) for path in (before, after)
    ]
    return found[0], found[1]


@command.command("diff")
@_two
@click.option(
    "--fail-on",
    type=click.Choice(("allowed", "denied", "any", "none")),
    default="none",
    show_default=True,
    help="Exit 1 if something is newly allowed, newly denied, or changes at all.",
)
@output("table", "json", "csv")
def diff(before: str, after: str, profile: str, assume_rejected: bool, fail_on: str, form: str) -> None:
    """Show what AFTER allows and denies otherwise than BEFORE: two folders, files or snapshots.

    \b
    Example: seawall policy diff main/ branch/ --fail-on allowed
    """
    from seawall.app.policy import compare_worlds

    found = compare_worlds(*_models(before, after, profile, assume_rejected))
    rows = [
        (
            one.source,
            one.destination,
            ", ".join(one.newly_allowed),
            ", ".join(one.newly_denied),
            ", ".join(one.newly_unknown),
        )
        for one in found.changes
    ]
    if form == "json":
        print_json(found)
    elif form == "csv":
        print_csv(("from", "to", "newly_allowed", "newly_denied", "newly_unknown"), rows)
    else:
        opened, closed = sum(bool(row[2]) for row in rows), sum(bool(row[3]) for row in rows)
        click.echo(
            f"{opened:,} connections newly allowed, {closed:,} newly denied; {len(found.added):,} pods only after, {len(found.removed):,} only before\n"
        )
        if rows:
            print_table(
                ("FROM", "TO", "NEWLY ALLOWED", "NEWLY DENIED", "NEWLY UNKNOWN"),
                [tuple(map(_short, row)) for row in rows],
            )
        print_notices(found.notices)
    failed = {
        "allowed": any(row[2] for row in rows),
        "denied": any(row[3] for row in rows),
        "any": bool(rows),
        "none": False,
    }[fail_on]
    finish(failed=failed, unknown=any(row[4] for row in rows))


@command.command("equivalent")
@_two
def equivalent(before: str, after: str, profile: str, assume_rejected: bool) -> None:
    """Say whether two worlds treat all traffic alike. Exits with 1 if they do not.

    \b
    Example: seawall policy equivalent old/ new/
    """
    from seawall.app.policy import equivalent as ask

    same = ask(*_models(before, after, profile, assume_rejected))
    click.echo("equivalent" if same else f"not equivalent\n\nNext: seawall policy diff {before} {after}")
    finish(failed=not same)


# ------------------------------------------------------------------------------------------------ lint and assert


@command.command("lint")
@judged
@output("table", "json")
@with_model
def lint(model: PolicyModel, form: str) -> None:
    """Show rules without effect, policies of equal priority that disagree, and policies that are refused or not fully read.

    \b
    Example: seawall policy lint ./manifests

    Exits with 1 if there are any, else 0. The checks of `seawall scan --rule 'network/*'` look at more.
    """
    from seawall.app.policy import lint as ask

    found = ask(model)
    if form == "json":
        print_json(found)
    else:
        click.echo(
            f"{len(found.idle):,} rules without effect, {len(found.conflicts):,} conflicts, {len(found.notices):,} policies to look at, of {found.policies:,} policies\n"
        )
        words = {
            "selects-nobody": "its policy selects nobody",
            "matches-nobody": "its peer is nobody of the input",
            "shadowed": "earlier rules decide all of it",
            "covered": "another rule does the same and more",
        }
        rows = [
            (_rule(one.rule), one.direction, words[one.kind], "; ".join(_rule(rule) for rule in one.by))
            for one in found.idle
        ]
        rows += [
            (
                _rule(one.first),
                one.direction,
                f"same priority as, and unlike, the other (for {one.subject})",
                _rule(one.second),
            )
            for one in found.conflicts
        ]
        if rows:
            print_table(("RULE", "DIRECTION", "WHAT", "BECAUSE OF"), rows)
        print_notices(found.notices)
    refused = [one for one in found.notices if one.kind == "refused"]
    finish(failed=bool(found.idle or found.conflicts or refused))


@command.command("assert")
@judged
@click.option(
    "--tests", "tests", required=True, metavar="FILE", help="What must be allowed and what must not, as YAML."
)
@output("table", "json", "junit", "sarif")
@click.option("--output-file", type=click.Path(dir_okay=False), default=None, help="Write the result there.")
def assert_(tests: str, form: str, output_file: str | None, **shared: Any) -> None:
    """Test reachability: what must be allowed, what must not. For CI.

    \b
    Example: seawall policy assert ./manifests --tests reachability.yaml -o junit --output-file junit.xml

    Exits with 1 if a test fails, else 3 if one cannot be told, else 0.
    """
    from seawall.app.policy import assert_reachability, suite_from

    suite = suite_from(_yaml(tests), tests)
    if suite.profile is not None:
        shared["profile"] = suite.profile
    found = assert_reachability(model_of(shared), suite, tests)
    if form == "json":
        text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
    elif form == "junit":
        from seawall.render.assertions import junit

        text = junit([(one.name, one.outcome, one.verdict.reason) for one in found.tests])
    elif form == "sarif":
        from seawall.render.assertions import sarif

        text = sarif([(one.name, one.outcome, one.verdict.reason) for one in found.tests], tests)
    else:
        text = ""
    if output_file is not None:
        Path(output_file).write_text(text, encoding="utf-8")
    elif text:
        click.echo(text, nl=False)
    if form == "table":
        click.echo(
            f"{found.passed:,} passed, {found.failed:,} failed, {found.unknown:,} not known (profile {found.profile})\n"
        )
        print_table(
            ("TEST", "OUTCOME", "EXPECTED", "WHY"),
            [(one.name, one.outcome, word(one.expected), one.verdict.reason) for one in found.tests],
        )
        print_notices(found.notices)
    finish(failed=bool(found.failed), unknown=bool(found.unknown))


def _yaml(path: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(_read(path))
    except yaml.YAMLError as error:
        raise UserError(f"no YAML: {str(error).splitlines()[0]}", where=path) from None


# ------------------------------------------------------------------------------------------------ generate and list


@command.command("generate")
@click.argument("what", type=click.Choice(("default-deny", "default-app")))
@judged
@click.option(
    "--form", "dialect", type=click.Choice(FORMS), default="kubernetes", show_default=True, help="The dialect to write."
)
@click.option(
    "--for", "subjects", multiple=True, metavar="NAME", help="Namespaces for default-deny; a workload for default-app."
)
@click.option("--no-dns", is_flag=True, help="Do not leave DNS open.")
def generate(what: str, dialect: Any, subjects: tuple[str, ...], no_dns: bool, **shared: Any) -> None:
    """Write policies to start from, judged before they are printed: what they promise is shown as comments.

    \b
    Examples:
      seawall policy generate default-deny ./manifests --for shop --for pay
      seawall policy generate default-app ./manifests --for shop/web --form cilium
    """
    from seawall.app.policy import generate_default_app, generate_default_deny

    given = shared["paths"] or shared["filenames"] or shared["context"] is not None
    model = model_of(shared) if given else None
    if what == "default-deny":
        found = generate_default_deny(model, dialect, subjects, dns=not no_dns)
    elif model is None or len(subjects) != 1:
        raise UserError("a default policy is written for one workload of an input", do="give PATH and --for ns/name")
    else:
        found = generate_default_app(model, dialect, subjects[0])
    import yaml

    for words, holds in found.shown:
        click.echo(f"# judged: {words}: {'yes' if holds else 'NO'}")
    if not found.shown:
        click.echo("# not judged: no input was given")
    click.echo(yaml.safe_dump_all(found.documents, sort_keys=False, default_flow_style=False), nl=False)
    finish(failed=any(not holds for _, holds in found.shown))


@command.command("promote")
@judged
@click.option(
    "--draft", "drafts", multiple=True, metavar="NAME", help="Only this draft: NAMESPACE/NAME, or NAME of a cluster's."
)
@plan_expiry
@with_model
def promote(model: PolicyModel, drafts: tuple[str, ...], expires: str) -> None:
    """Write the Plan that puts drafts in force: PolicyDrafts and Calico's staged policies.

    \b
    Example: seawall policy promote --context prod --draft shop/narrow-db > plan.yaml
             seawall plan apply plan.yaml --context prod
    """
    from seawall.app.promote import promote as promoted

    print_plan(promoted(model, drafts, expires))


@command.command("list")
@judged
@output("table", "json")
@with_model
def list_(model: PolicyModel, form: str) -> None:
    """List the tiers in the order of evaluation, and their policies with how many pods each selects.

    \b
    Example: seawall policy list ./manifests
    """
    from seawall.app.policy import board

    found = board(model)
    if form == "json":
        print_json(found)
        return
    count = sum(len(tier.policies) for tier in found.tiers)
    click.echo(f"{count:,} policies in {len(found.tiers):,} tiers over {found.pods:,} pods\n")
    rows = [
        (
            tier.name,
            "" if one.priority is None else f"{one.priority:g}",
            spell_object(one.policy) + (f" staged: {one.stage}" if one.stage else ""),
            f"{one.selects:,}",
            str(sum(rule.purpose == "rule" for rule in one.rules)),
            one.place,
        )
        for tier in found.tiers
        for one in tier.policies
    ]
    print_table(("TIER", "PRIORITY", "POLICY", "PODS", "RULES", "PLACE"), rows)
    print_notices(found.notices)
