"""`seawall team …`: who may change which policy, what a team has, and the RBAC that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seawall.app.inputs import Inputs, read_cluster
from seawall.cli.options import cluster_input, inputs_of, output
from seawall.cli.printing import finish, print_json, print_table, print_unknown, spell_object, tell_unread, word
from seawall.render.grouping import plural

if TYPE_CHECKING:
    from seawall.app.contract import ChangeAnswer, TeamReport

contract_file = click.option(
    "--contract", "contract_file", required=True, metavar="FILE", help="The contract between teams, as YAML."
)


@click.group("team")
def command() -> None:
    """Hold teams to what they agreed: whose a policy is to change, and what must hold whoever changes it.

    \b
    Examples:
      seawall team check ./main ./branch --contract teams.yaml --team payments
      seawall team show ./manifests --contract teams.yaml
      seawall team rbac --contract teams.yaml
    """


@command.command("check")
@click.argument("before", type=click.Path(exists=True))
@click.argument("after", type=click.Path(exists=True))
@contract_file
@click.option("--team", "team_name", required=True, metavar="NAME", help="The team that makes the change.")
@output("table", "json", "markdown")
def check(before: str, after: str, contract_file: str, team_name: str, form: str) -> None:
    """Is a change the team's to make, and does what must hold still hold? For CI, on the folders before and after a pull request.

    \b
    Example: seawall team check ./main ./branch --contract teams.yaml --team payments

    Exits with 1 if the contract refuses a change or is broken, else 3 if that cannot be told, else 0.
    """
    from seawall.app.contract import check_change, read_contract, team_named
    from seawall.app.policy import policy_model

    contract = read_contract(contract_file)
    team = team_named(contract, team_name)
    old, new = (
        policy_model(tell_unread(read_cluster(Inputs((path,)))), contract.profile or "upstream")
        for path in (before, after)
    )
    found = check_change(contract, team, old, new)
    if form == "json":
        print_json(found)
    elif form == "markdown":
        click.echo(_comment(found), nl=False)
    else:
        _print_change(found)
    finish(failed=bool(found.refused or found.broken), unknown=bool(found.unknown or found.disputes))


def _headline(found: ChangeAnswer) -> str:
    return (
        f"{found.refused:,} of {plural(len(found.changes), 'change')} not for team {found.team} to make; "
        f"{found.broken:,} of {plural(len(found.always), 'thing')} that must always hold broken"
    )


def _print_change(found: ChangeAnswer) -> None:
    click.echo(f"{_headline(found)}\n")
    rows = [
        (f"{one.what} {spell_object(one.object)}", word(one.allowed), one.reason, one.place) for one in found.changes
    ]
    if rows:
        print_table(("CHANGE", "CONTRACT", "WHY", "PLACE"), sorted(rows, key=lambda row: row[1] == "allowed"))
    held = [(one.name, one.outcome, one.before, one.reason) for one in found.always if one.outcome != "pass"]
    if held:
        click.echo("")
        print_table(("MUST HOLD", "NOW", "BEFORE", "WHY"), held)
    print_unknown(found.disputes)


def _comment(found: ChangeAnswer) -> str:
    """The answer as a comment on a pull request."""
    from seawall.render.markdown import table

    lines = [f"### Seawall: {_headline(found)}", ""]
    refused = [(spell_object(one.object), one.what, one.reason) for one in found.changes if not one.allowed]
    lines += table(("object", "change", "why not"), refused)
    held = [(one.name, one.outcome, one.before, one.reason) for one in found.always if one.outcome != "pass"]
    lines += table(("must hold", "now", "before", "why"), held)
    lines += [f"- {line}" for line in found.disputes]
    return "\n".join(lines) + "\n"


@command.command("show")
@cluster_input
@click.option(
    "--contract",
    "contract_file",
    default=None,
    metavar="FILE",
    help="The contract between teams; without it the team, owner or part-of labels of namespaces say whose each is.",
)
@click.option("--team", "team_names", multiple=True, metavar="NAME", help="Only this team.")
@output("table", "json")
def show(contract_file: str | None, team_names: tuple[str, ...], form: str, **shared: Any) -> None:
    """What each team has, what it lacks, and what others may do to it.

    \b
    Example: seawall team show ./cluster.snapshot --contract teams.yaml --team payments
    """
    from seawall.app.contract import labelled, read_contract, reports

    cluster = tell_unread(read_cluster(inputs_of(shared)))
    contract = labelled(cluster) if contract_file is None else read_contract(contract_file)
    found = reports(contract, cluster, team_names)
    if not found:
        click.echo("no namespace has a label team, owner or app.kubernetes.io/part-of: write a contract (--contract)")
        return
    if form == "json":
        print_json({"teams": found})
    else:
        for number, one in enumerate(found):
            click.echo("\n" if number else "", nl=False)
            _print_report(one)
    finish(
        failed=any(held.outcome == "fail" for one in found for held in one.broken),
        unknown=any(one.unknown for one in found),
    )


def _print_report(found: TeamReport) -> None:
    click.echo(
        f"{found.team}: {plural(len(found.namespaces), 'namespace')}, {plural(found.workloads, 'workload')}, "
        f"{len(found.policies):,} policies; {len(found.openings):,} open to everybody, "
        f"{plural(len(found.others), 'stranger')} with rights in it\n"
    )
    for line in found.powerless:
        click.echo(f"lacks: {line}")
    for held in found.broken:
        click.echo(f"must hold, {held.outcome}: {held.name}: {held.reason}")
    if found.openings:
        rows = [(spell_object(one.workload), _whom(one.reached_by), _whom(one.reaches)) for one in found.openings]
        print_table(("WORKLOAD", "MAY BE REACHED BY", "MAY REACH"), rows)
        click.echo("")
    if found.others:
        strangers = [
            (
                f"{one.subject.kind} {one.subject.namespace + '/' if one.subject.namespace else ''}{one.subject.name}",
                ", ".join(one.what),
                ", ".join(one.namespaces),
                ", ".join(map(spell_object, one.bindings)),
            )
            for one in found.others
        ]
        print_table(("NOT OF THE TEAM", "MAY", "IN", "BY"), strangers)
    if found.system:
        click.echo(f"and {found.system:,} of the cluster's own components")
    print_unknown(found.unknown)


_WHOM = {"outside": "anybody outside", "cluster": "any pod of the cluster"}


def _whom(whom: list[str]) -> str:
    return ", ".join(_WHOM[one] for one in whom)


@command.command("rbac")
@cluster_input
@contract_file
def rbac(contract_file: str, **shared: Any) -> None:
    """Write the roles and bindings that give each team what the contract does, judged before they are printed.

    \b
    Examples:
      seawall team rbac --contract teams.yaml
      seawall team rbac ./cluster.snapshot --contract teams.yaml      names with * are looked up there
    """
    import yaml

    from seawall.app.contract import read_contract, roles

    contract = read_contract(contract_file)
    given = shared["paths"] or shared["filenames"] or shared["context"] is not None
    cluster = tell_unread(read_cluster(inputs_of(shared))) if given else None
    found = roles(contract, cluster)
    for words, holds in found.shown:
        click.echo(f"# judged: {words}: {'yes' if holds else 'NO'}")
    click.echo(yaml.safe_dump_all(found.documents, sort_keys=False, default_flow_style=False), nl=False)
    finish(failed=any(not holds for _, holds in found.shown))
