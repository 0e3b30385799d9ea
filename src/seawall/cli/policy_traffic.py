"""`seawall policy recommend` and `preview`: policies against the traffic that was recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from seawall.app.inputs import Inputs, read_cluster
from seawall.cli.health import Span
from seawall.cli.options import Progress, inputs_of, output, own_source_input, plan_expiry
from seawall.cli.policy import FORMS, PROFILES, command
from seawall.cli.printing import finish, print_json, print_plan, print_table, tell_unread
from seawall.cli.store import store_input
from seawall.kit.errors import UserError

if TYPE_CHECKING:
    from seawall.app.evidence import RecordedFlow
    from seawall.app.preview import PreviewAnswer
    from seawall.app.recommend import RecommendAnswer
    from seawall.app.traffic import Traffic
    from seawall.model.cluster.snapshot import Cluster
    from seawall.model.plan import Plan

F = TypeVar("F", bound=Callable[..., Any])
_ROWS = 12


def with_traffic(function: F) -> F:
    """Where the recorded traffic is: files, the demo day, or a window of the store."""
    for decorate in (
        own_source_input,
        click.option(
            "--flows",
            "flows",
            multiple=True,
            metavar="FILE",
            help="Recorded flows: Hubble's JSON lines, or a recording, which brings its cluster too.",
        ),
        click.option("--demo", is_flag=True, help="The recorded demo day: its cluster and its flows."),
        click.option("--since", "span", type=Span(), default=None, help="Take the store's last 30m, 2h, 7d instead."),
        store_input,
    ):
        function = decorate(function)
    return function


def read_both(options: dict[str, Any], paths: tuple[str, ...], *, needed: bool) -> tuple[Cluster, Traffic | None]:
    """The cluster and the traffic that the options name. UserError where traffic is needed and none is named, or named twice."""
    from seawall.app.traffic import traffic_of_files

    flows: tuple[str, ...] = options["flows"]
    if options["demo"]:
        from seawall.app.recording import demo

        flows = (*flows, str(demo()))
    if flows and options["span"] is not None:
        raise UserError("files of flows and --since were both given", do="name one of them")
    given = paths or options["context"] is not None or options["kubeconfig"] is not None
    cluster = None
    if given:
        cluster = tell_unread(read_cluster(msgspec.structs.replace(inputs_of({**options}), paths=paths)))
    traffic = None
    if flows:
        progress = Progress()
        traffic, cluster = traffic_of_files(flows, cluster, progress)
        progress.clear()
    if cluster is None:
        raise UserError(
            "nothing says what the cluster looks like",
            do="give its manifests or a snapshot, --context for a live one, a recording as --flows, or --demo",
        )
    if options["span"] is not None:
        traffic = _of_store(options, cluster)
    if traffic is None and needed:
        raise UserError("no recorded traffic was named", do="give --flows FILE, --since 7d for the store's, or --demo")
    return cluster, traffic


def _of_store(options: dict[str, Any], cluster: Cluster, namespaces: Sequence[str] = ()) -> Traffic:
    from seawall.app.storing import StoreInput, opened
    from seawall.app.traffic import stored_cluster, traffic_of_store
    from seawall.model.event.read_scope import ReadScope

    until = time.time_ns()
    everything = ReadScope.everything()
    with opened(StoreInput(options["store_url"], options["store_directory"])) as store:
        name = stored_cluster(store, everything, options["cluster_name"] or cluster.id)
        return traffic_of_store(store, everything, name, until - options["span"], until, namespaces)


# ------------------------------------------------------------------------------------------------ recommend


@command.command("recommend")
@with_traffic
@click.option(
    "--as", "dialect", type=click.Choice(FORMS), default="kubernetes", show_default=True, help="The dialect to write."
)
@click.option(
    "--by",
    type=click.Choice(("workload", "namespace")),
    default="workload",
    show_default=True,
    help="A policy for each of these.",
)
@click.option("--for", "workloads", multiple=True, metavar="NS/NAME", help="Only for these workloads.")
@click.option("-n", "--namespace", "only", multiple=True, help="Only for these namespaces.")
@plan_expiry
@output("table", "yaml", "json", "plan")
def recommend(
    dialect: Any, by: Any, workloads: tuple[str, ...], only: tuple[str, ...], expires: str, form: str, **options: Any
) -> None:
    """Write the policies that recorded traffic needs, and prove what they do.

    \b
    Examples:
      seawall policy recommend ./manifests --flows flows.jsonl
      seawall policy recommend --context prod --since 7d -n shop -o yaml > shop.yaml
      seawall policy recommend --demo --for shop/web --as cilium -o yaml
      seawall policy recommend --context prod --since 7d -n shop -o plan > plan.yaml

    Changes nothing. Every flow that was let through stays allowed or is listed with the reason; no rule is there that no flow needs, but for DNS;
    what is allowed beyond what was seen is counted. Exits with 3 if a flow could not be kept, else 0.
    """
    from seawall.app.policy_plan import plan_of
    from seawall.app.recommend import PROFILE_OF, model_at_rest, recommend_policies

    cluster, traffic = read_both(options, (*options["paths"], *options["filenames"]), needed=True)
    assert traffic is not None
    found = recommend_policies(
        model_at_rest(cluster, PROFILE_OF[dialect]), traffic, dialect, by, namespaces=only, workloads=workloads
    )
    if form == "json":
        print_json(found)
    elif form == "yaml":
        _print_yaml(found)
    elif form == "plan":
        title = f"Recommended policies for {', '.join(sorted({unit.namespace for unit in found.units}))}"
        print_plan(plan_of(cluster, found.documents, title, [*found.first, *_proved(found)], expires))
    else:
        _print_recommended(found)
    finish(unknown=found.proof.kept < found.proof.observed)


def _print_first(first: Sequence[str]) -> None:
    if first:
        click.echo("First:")
        for sentence in first:
            click.echo(f"  ! {sentence}")
        click.echo()


def _proved(found: RecommendAnswer) -> list[str]:
    proof, coverage = found.proof, found.coverage
    idle = f"{len(proof.idle):,} are not" if proof.idle else "all are"
    kept = f"{proof.kept:,} of {proof.observed:,} observed flows stay allowed"
    if proof.left_out:
        kept += f"; {proof.left_out:,} more look like a scan and were left out"
    if proof.refused:
        kept += f"; {proof.refused:,} are denied by the policies in force by now, and stay so"
    if proof.vouched:
        kept += f" ({proof.vouched:,} count on the word of the policies in force: nothing recorded their verdict)"
    needed = f"of {proof.parts:,} rules, peers and ports {idle} needed by an observed flow"
    if proof.always:
        needed += f", but for {proof.always:,} that keep DNS open"
    seen = f"recorded in {coverage.hours:,} of {coverage.window_hours:,} hours from {coverage.since[:19]} to {coverage.until[:19]}"
    if coverage.unseen:
        seen += f"; {len(coverage.unseen):,} of {coverage.workloads:,} workloads unseen"
    lines = [kept, needed, f"{proof.surplus_pairs:,} pairs of workloads and port are allowed and were not seen", seen]
    if coverage.never_ran:
        lines.append(f"CronJobs that never ran meanwhile: {', '.join(coverage.never_ran)}")
    return lines


def _print_yaml(found: RecommendAnswer) -> None:
    for sentence in found.first:
        click.echo(f"# first: {sentence}")
    for line in _proved(found):
        click.echo(f"# proved: {line}")
    for one in found.proof.not_kept:
        click.echo(f"# not kept: {one.source} -> {one.destination} {one.traffic}: {one.why}")
    for line in (*found.losses, *found.assumed):
        click.echo(f"# note: {line}")
    for unit in found.units:
        click.echo("---")
        labels = "; ".join(f"{label.key}: {label.why}" for label in unit.labels)
        click.echo(f"# {', '.join(unit.workloads)}" + (f" (selected by {labels})" if labels else ""))
        click.echo(unit.yaml, nl=False)


def _print_recommended(found: RecommendAnswer) -> None:
    _print_first(found.first)
    kinds = {
        "kubernetes": "NetworkPolicies",
        "cluster": "ClusterNetworkPolicies",
        "calico": "Calico policies",
        "cilium": "Cilium policies",
    }
    whom = f"{len(found.units):,} {found.by}{'' if len(found.units) == 1 else 's'}"
    click.echo(f"{len(found.documents):,} {kinds[found.form]} for {whom}, proved:")
    for line in _proved(found):
        click.echo(f"  {line}")
    click.echo()
    print_table(
        ("POLICY FOR", "SELECTED BY", "RULES", "FLOWS", "NOT KEPT"),
        [
            (
                f"{unit.namespace}/{unit.name}",
                ", ".join(f"{label.key}={label.value}" for label in unit.labels) or "all pods",
                f"{unit.rules:,}",
                f"{unit.flows:,}" if unit.seen else "none seen",
                f"{unit.not_kept:,}" if unit.not_kept else "",
            )
            for unit in found.units
        ],
    )
    _print_flows("Not kept", found.proof.not_kept)
    if found.proof.surplus:
        click.echo("\nAllowed and not seen:")
        print_table(
            ("FROM", "TO", "TRAFFIC"),
            [(one.source, one.destination, ", ".join(one.traffic)) for one in found.proof.surplus[:_ROWS]],
        )
    for heading, lines in (
        ("No policy could be written for", [f"{one.workload}: {one.why}" for one in found.unnamed]),
        ("Lost in this dialect, or assumed", [*found.losses, *found.assumed]),
        ("Needed by no flow", found.proof.idle),
    ):
        if lines:
            click.echo(f"\n{heading}:")
            for line in lines:
                click.echo(f"  {line}")
    click.echo(
        "\nNext: the same with -o plan > plan.yaml, then seawall policy preview … --with plan.yaml and seawall plan apply plan.yaml"
    )


def _print_flows(heading: str, flows: Sequence[RecordedFlow]) -> None:
    if not flows:
        return
    click.echo(f"\n{heading}:")
    print_table(
        ("FROM", "TO", "TRAFFIC", "EVENTS", "LAST SEEN", "WHY"),
        [
            (one.source, one.destination, one.traffic, f"{one.events:,}", one.last_seen[:19], one.why)
            for one in flows[:_ROWS]
        ],
    )
    if len(flows) > _ROWS:
        click.echo(f"… and {len(flows) - _ROWS:,} more (-o json lists them)")


# ------------------------------------------------------------------------------------------------ preview


@command.command("preview")
@with_traffic
@click.option(
    "--with",
    "files",
    multiple=True,
    metavar="FILE",
    help="Policies to add, or to put in the place of those of the same name; or a Plan.",
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="upstream",
    show_default=True,
    help="Which dataplane to answer as.",
)
@click.option(
    "--fail-on",
    type=click.Choice(("cut", "opened", "any", "none")),
    default="none",
    show_default=True,
    help="Exit 1 if flows are cut, opened, or either: recorded ones where there are any, else possible ones.",
)
@output("table", "json", "markdown")
def preview(files: tuple[str, ...], profile: str, fail_on: str, form: str, **options: Any) -> None:
    """Show what a change of policies cuts and opens: BEFORE AFTER, or BEFORE --with FILES.

    \b
    Examples:
      seawall policy preview main/ branch/ --flows flows.jsonl --fail-on cut -o markdown
      seawall policy preview ./manifests --with policy.yaml --since 30d
      seawall policy preview --demo --with recommended.yaml
      seawall policy preview --context prod --with plan.yaml --since 7d

    Against all traffic there could be, and against the traffic that was recorded: how much, whose, when last seen. Recorded flows are judged over the
    pods of BEFORE. Exits with 3 if something cannot be told, else 0.
    """
    from seawall.app.preview import change_between, change_planned, change_with, standing
    from seawall.app.preview import preview as ask

    paths = (*options["paths"], *options["filenames"])
    between = len(paths) == 2 and not files
    if not between and not files:
        raise UserError("no change was named", do="give BEFORE and AFTER, or --with FILES")
    span, options["span"] = options["span"], None
    cluster, traffic = read_both(options, paths[:1] if between else paths, needed=False)
    if between:
        change = change_between(cluster, tell_unread(read_cluster(Inputs((paths[1],)))), profile)
    else:
        plans = _plans_in(files)
        policies = tuple(file for file in files if file not in plans)
        things = tell_unread(read_cluster(Inputs(policies))).objects if policies else ()
        before = standing(cluster, profile)
        change = change_planned(before, plans, things) if plans else change_with(before, things)
    if span is not None:
        if traffic is not None:
            raise UserError("files of flows and --since were both given", do="name one of them")
        options["span"] = span
        traffic = _of_store(options, cluster, change.namespaces)
    found = ask(change, traffic)
    if form == "json":
        print_json(found)
    elif form == "markdown":
        click.echo(_markdown(found), nl=False)
    else:
        _print_preview(found)
    possible, recorded = found.possible, found.recorded
    cut, opened = (recorded.cut, recorded.opened) if recorded is not None else (possible.cut, possible.opened)
    failed = {"cut": bool(cut), "opened": bool(opened), "any": bool(cut or opened), "none": False}[fail_on]
    finish(failed=failed, unknown=bool(possible.unknown or (recorded is not None and recorded.unknown)))


def _plans_in(files: Sequence[str]) -> dict[str, Plan]:
    """Those of the files that are Plans; whatever cannot be read here is for the reader of manifests to refuse."""
    from seawall.app.plans import is_plan, plan_in

    found = {}
    for file in files:
        try:
            text = Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if is_plan(text):
            found[file] = plan_in(text, file)
    return found


def _sentences(found: PreviewAnswer) -> list[str]:
    recorded, possible = found.recorded, found.possible
    lines = []
    if recorded is not None:
        last = f", last seen {recorded.last_cut[:19]}" if recorded.last_cut else ""
        lines.append(
            f"Of {recorded.judged:,} recorded flows {recorded.cut:,} would be cut ({recorded.cut_events:,} events{last}) and "
            f"{recorded.opened:,} that were denied would be let through."
        )
        lines.append(f"Confidence: {recorded.confidence.level} ({recorded.confidence.why}).")
        if recorded.coverage.never_ran:
            lines.append(f"CronJobs that never ran meanwhile: {', '.join(recorded.coverage.never_ran)}.")
    lines.append(
        f"Of all traffic there could be, {possible.cut:,} pairs are newly denied and {possible.opened:,} newly allowed"
        + (f"; {possible.unknown:,} cannot be told." if possible.unknown else ".")
    )
    return lines


def _print_preview(found: PreviewAnswer) -> None:
    _print_first(found.first)
    for sentence in _sentences(found):
        click.echo(sentence)
    click.echo(f"Changed: {', '.join(found.changed) or 'nothing'}")
    if found.recorded is not None:
        _print_flows("Recorded flows that would be cut", found.recorded.cut_flows)
        _print_flows("Recorded flows that would be let through", found.recorded.opened_flows)
    if found.possible.changes:
        click.echo("\nOf all traffic there could be:")
        print_table(
            ("FROM", "TO", "NEWLY ALLOWED", "NEWLY DENIED"),
            [
                (one.source, one.destination, ", ".join(one.newly_allowed), ", ".join(one.newly_denied))
                for one in found.possible.changes[:_ROWS]
            ],
        )
        if len(found.possible.changes) > _ROWS:
            click.echo(f"… and {len(found.possible.changes) - _ROWS:,} more (-o json lists them)")


def _markdown(found: PreviewAnswer) -> str:
    from seawall.render.comment import Table, comment

    tables = []
    if found.recorded is not None:
        for heading, flows in (
            ("Recorded flows that would be cut", found.recorded.cut_flows),
            ("Recorded flows that would be let through", found.recorded.opened_flows),
        ):
            rows = [
                (one.source, one.destination, one.traffic, f"{one.events:,}", one.last_seen[:19], one.why)
                for one in flows
            ]
            tables.append(Table(heading, ("from", "to", "traffic", "events", "last seen", "why"), rows))
    changes = [
        (one.source, one.destination, ", ".join(one.newly_allowed), ", ".join(one.newly_denied))
        for one in found.possible.changes
    ]
    tables.append(Table("Of all traffic there could be", ("from", "to", "newly allowed", "newly denied"), changes))
    cut = found.recorded.cut if found.recorded is not None else found.possible.cut
    title = (
        f"this change cuts {cut:,} {'recorded flows' if found.recorded is not None else 'pairs that may talk today'}"
    )
    return comment(title, found.first, _sentences(found), tables)
