"""`seawall pss …`: the Pod Security Standards."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seawall.app.inputs import read_cluster
from seawall.cli.options import Progress, cluster_input, inputs_of, output, plan_expiry
from seawall.cli.printing import finish, print_json, print_plan, print_table, print_unknown, tell_unread

if TYPE_CHECKING:
    from seawall.app.pss import Judged, NamespaceAdvice
    from seawall.model.cluster.snapshot import Cluster

F = TypeVar("F", bound=Callable[..., Any])


@click.group("pss")
def command() -> None:
    """Judge pods by the Pod Security Standards of any version, as the API server's own plugin does.

    \b
    Examples:
      seawall pss check ./manifests --level restricted --version v1.24
      seawall pss check --context prod --level baseline
      seawall pss advise ./manifests
    """
    # What is read lives until the program ends; looking for garbage among it only costs time.
    gc.disable()


def with_cluster(function: Callable[..., None]) -> Callable[..., None]:
    """Reads the cluster that the input options name and hands it to the function."""

    @cluster_input
    @functools.wraps(function)
    def run(**options: Any) -> None:
        progress = Progress()
        cluster = read_cluster(inputs_of(options), progress)
        progress.clear()
        function(cluster, **options)

    return run


@command.command("check")
@with_cluster
@click.option(
    "--level",
    type=click.Choice(["baseline", "restricted", "labels"]),
    default="restricted",
    show_default=True,
    help="The level to judge by; labels: what each namespace's own labels enforce.",
)
@click.option(
    "--version",
    "version",
    default="latest",
    show_default=True,
    metavar="VERSION",
    help="v1.N or latest; server: the version of the API server that was read.",
)
@click.option(
    "--admission-config",
    type=click.Path(exists=True, dir_okay=False),
    default=None,
    help="With --level labels: the plugin's configuration, for its defaults and exemptions.",
)
@click.option("--user", default="", help="With --level labels: who creates the pods, for exemptions by user.")
@output("table", "wide", "json")
def check(cluster: Cluster, level: str, version: str, admission_config: str | None, user: str, form: str) -> None:
    """Judge every pod and every template of pods.

    \b
    Examples:
      seawall pss check ./manifests --level restricted --version v1.24
      seawall pss check ./manifests --level labels --admission-config admission.yaml
      kubectl get pods -A -o json | seawall pss check - --level baseline -o json

    A template is judged as the pods it makes. Exits with 1 if one is not allowed, else 3 if one could not be read, else 0.
    """
    from seawall.app import pss

    if level == "labels":
        judged = pss.admitted(cluster, pss.configuration_in(admission_config), user)
        standard = "what their namespaces enforce"
    else:
        judged = pss.judge(cluster, pss.level_of(level), pss.version_named(version, cluster))
        standard = f"{level} ({version})"
    if form == "json":
        print_json(judged.answer)
    else:
        _print(cluster, judged, standard, wide=form == "wide")
    allowed = [one.row.allowed for one in judged.pods]
    finish(failed=False in allowed, unknown=None in allowed or bool(judged.unknown))


def _print(cluster: Cluster, judged: Judged, standard: str, *, wide: bool) -> None:
    from seawall.app import pss

    allowed = [one.row.allowed for one in judged.pods]
    lost = f"; {allowed.count(None):,} could not be read" if None in allowed else ""
    click.echo(f"{allowed.count(False):,} of {len(allowed):,} pods and templates do not meet {standard}{lost}")
    gists = pss.gists(cluster, judged)
    if wide:
        click.echo()
        for one in judged.pods:
            for violation in one.violations:
                for fault in violation.faults:
                    place = pss.place(cluster, one, fault.path)
                    click.echo(f"{place}: {violation.check} {pss.spelled(one.row)} {fault.path} {fault.says}")
    elif gists:
        print_table(
            ("CHECK", "LEVEL", "FAIL", "WHAT", "WHERE"),
            [
                (
                    gist.check,
                    gist.level,
                    f"{gist.fails:,}",
                    gist.title,
                    gist.first + (f"  +{gist.fails - 1:,} more" if gist.fails > 1 else ""),
                )
                for gist in gists
            ],
        )
    print_unknown(judged.unknown)
    if gists and not wide:
        click.echo(
            "\nNext: the same with -o wide lists every field; seawall pss advise says how far each namespace can go"
        )


@command.command("advise")
@with_cluster
@click.option(
    "--version",
    "version",
    default="server",
    metavar="VERSION",
    help="What to pin the labels to: v1.N, latest, or server (default; latest for files).",
)
@click.option(
    "--admission-config",
    type=click.Path(exists=True, dir_okay=False),
    default=None,
    help="The plugin's configuration, for its defaults and exemptions.",
)
@plan_expiry
@output("table", "json", "commands", "plan")
def advise(cluster: Cluster, version: str, admission_config: str | None, expires: str, form: str) -> None:
    """Say how strict each namespace can be today, what stands in the way of more, and which labels to set.

    \b
    Examples:
      seawall pss advise --context prod
      seawall pss advise ./manifests -o commands > label-namespaces.sh
      seawall pss advise --context prod -o plan > labels.plan.yaml

    Nothing is changed. Enforces what everything in the namespace already meets, and warns and audits at restricted.
    Exits with 3 if something that matters could not be read, else 0.
    """
    from seawall.app import pss

    tell_unread(cluster)
    advised = pss.advice(cluster, pss.version_named(version, cluster), pss.configuration_in(admission_config))
    found = advised.namespaces
    if form == "json":
        print_json(advised)
    elif form == "plan":
        print_plan(pss.advice_plan(cluster, advised, expires))
    elif form == "commands":
        for one in found:
            if one.command:
                click.echo(one.command)
    else:
        _print_advice(found)
    finish(unknown=any(one.unknown for one in found))


def _print_advice(found: Sequence[NamespaceAdvice]) -> None:
    ready = sum(bool(one.labels) for one in found)
    over = [one.namespace for one in found if one.overstepped]
    stricter = sum("pod-security.kubernetes.io/enforce" in one.labels for one in found)
    click.echo(
        f"{stricter:,} of {len(found):,} namespaces can enforce a stricter level today, "
        f"{ready - stricter:,} more can at least warn and audit"
    )
    rows = []
    for one in found:
        ways = [f"{obstacle.check} ({len(obstacle.workloads):,})" for obstacle in one.obstacles]
        rows.append(
            (
                one.namespace or "(none named)",
                f"{one.workloads:,}",
                "exempt" if one.exempt else one.enforces,
                one.tightest,
                f"{one.next_level}: {', '.join(ways)}" if ways else "",
            )
        )
    print_table(("NAMESPACE", "WORKLOADS", "ENFORCES", "MEETS", "IN THE WAY OF"), rows)
    for one in found:
        for problem in one.problems:
            click.echo(f"{one.namespace}: {problem}")
    if over:
        click.echo(f"Enforced beyond what is met, so that pods made anew are refused: {', '.join(over)}")
    print_unknown(tuple(dict.fromkeys(line for one in found for line in one.unknown)))
    if ready:
        click.echo("\nNext: the same with -o commands prints the kubectl lines that set the labels")
