"""Use cases on a contract between teams: is a change theirs to make, what has a team and what does it lack, the RBAC that fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from seawall.access import AccessIndex, Attributes
from seawall.access.decision import Principal
from seawall.access.index import Holder
from seawall.app.access import Subject, access_index
from seawall.app.answer import Answer, ObjectName
from seawall.app.policy import object_of, policy_model
from seawall.app.teams import teams_of
from seawall.kit.errors import UserError
from seawall.model.cluster.cluster_kinds import Namespace
from seawall.model.cluster.coverage import FILES, Coverage
from seawall.model.cluster.diff import diff
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.policy import assertions
from seawall.policy import contract as contracts
from seawall.policy.assertions import Suite
from seawall.policy.contract import Contract as Contract
from seawall.policy.contract import Disputed, Team
from seawall.policy.generate import objects_of
from seawall.policy.lower import POLICY_TYPES, PolicyModel
from seawall.policy.model import Direction
from seawall.policy.profiles import PROFILES
from seawall.policy.reach import Group, Reaching, exposure
from seawall.policy.tier_roles import DIALECTS, WRITE, Dialect, TierResource, resources_of, team_roles


def read_contract(path: str) -> Contract:
    """The contract in a YAML file. UserError says what is wrong and where."""
    try:
        document = yaml.safe_load(Path(path).read_text("utf-8"))
        found = contracts.read(document)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", where=path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise UserError(f"no YAML: {getattr(error, 'problem', None) or error}", where=where) from None
    except (msgspec.ValidationError, ValueError) as error:
        raise UserError(f"no contract: {error}", where=path, do="see docs/tasks/teams.md for the form") from None
    if found.profile is not None and found.profile not in PROFILES:
        raise UserError(f'there is no profile "{found.profile}"', where=path, do=f"choose one of {', '.join(PROFILES)}")
    return found


def labelled(cluster: Cluster) -> Contract:
    """What the labels of namespaces say of teams, where nobody wrote a contract: whose each namespace is, and no more."""
    namespaces: dict[str, list[str]] = {}
    for (kind, _, name), team in teams_of(cluster).items():
        if kind == "Namespace":
            namespaces.setdefault(team, []).append(name)
    return Contract(tuple(Team(name, namespaces=tuple(sorted(mine))) for name, mine in sorted(namespaces.items())))


def team_named(contract: Contract, name: str) -> Team:
    """The team of that name. UserError lists those that there are."""
    try:
        return contract.team(name)
    except KeyError:
        raise UserError(
            f'the contract has no team "{name}"', do=f"choose one of {', '.join(one.name for one in contract.teams)}"
        ) from None


# ------------------------------------------------------------------------------------------------ may they change it


class RulingAnswer(Answer, frozen=True):
    """One changed object; `place` is `file:line` where it was read from a text."""

    object: ObjectName
    what: str
    allowed: bool
    reason: str
    place: str


class HeldAnswer(Answer, frozen=True):
    """Something that must always hold: `pass`, `fail` or `unknown` after the change, and `before` it."""

    name: str
    outcome: str
    before: str
    reason: str


class ChangeAnswer(Answer, frozen=True):
    """A change under a contract. `refused` and `broken` count what is wrong; `unknown` what could not be told; `disputes` say where the contract does not fit."""

    team: str
    changes: list[RulingAnswer]
    always: list[HeldAnswer]
    disputes: list[str]
    refused: int
    broken: int
    unknown: int


def check_change(contract: Contract, team: Team, before: PolicyModel, after: PolicyModel) -> ChangeAnswer:
    """Everything that differs between two worlds, under the contract: whose it was to change, and what must hold whoever does."""
    differences = {one.ref: one.what for one in diff(before.world.cluster, after.world.cluster)}
    changes = [
        RulingAnswer(
            object=object_of(one.object),
            what=differences[one.object],
            allowed=one.allowed,
            reason=one.reason,
            place=_place(before, after, one.object),
        )
        for one in contracts.rulings(contract, team, before, after, differences)
    ]
    always = [
        HeldAnswer(name=one.name, outcome=one.outcome, before=one.before, reason=one.reason)
        for one in contracts.always(contract, before, after)
    ]
    return ChangeAnswer(
        team=team.name,
        changes=changes,
        always=always,
        disputes=[one.what for one in contracts.disputed(contract, namespaces_of(after.world.cluster))],
        refused=sum(not one.allowed for one in changes),
        broken=sum(one.outcome == "fail" for one in always),
        unknown=sum(one.outcome == "unknown" for one in always),
    )


def _place(before: PolicyModel, after: PolicyModel, ref: ObjectRef) -> str:
    thing = after.world.cluster.get(ref) or before.world.cluster.get(ref)
    return str(thing.origin) if thing is not None and thing.origin.source else ""


def namespaces_of(cluster: Cluster) -> list[str]:
    """Every namespace that is an object, or that an object is in."""
    found = {thing.name for thing in cluster.known(Namespace)}
    found.update(thing.namespace for thing in cluster.objects if thing.namespace)
    return sorted(found)


# ------------------------------------------------------------------------------------------------ what a team has


class TeamPolicy(Answer, frozen=True):
    """A policy and its tier."""

    policy: ObjectName
    tier: str


class Opening(Answer, frozen=True):
    """A workload without isolation: whom it may be `reached_by`, and whom it `reaches`: `outside` (any address), `cluster` (any pod)."""

    workload: ObjectName
    reached_by: list[str]
    reaches: list[str]


class Intruder(Answer, frozen=True):
    """Somebody who is not of the team and may `what` in its namespaces, by these bindings."""

    subject: Subject
    what: list[str]
    namespaces: list[str]
    bindings: list[ObjectName]


class TeamReport(Answer, frozen=True):
    """What a team owns (`namespaces`, `workloads`, `policies`), what it lacks (`openings`, `powerless`, `broken`), and what others may do to it (`others`).

    `system` counts the cluster's own components among the others; they are not listed. `unknown` says what was not read.
    """

    team: str
    namespaces: list[str]
    workloads: int
    policies: list[TeamPolicy]
    openings: list[Opening]
    powerless: list[str]
    broken: list[HeldAnswer]
    others: list[Intruder]
    system: int
    unknown: list[str]


_POWERS: tuple[tuple[str, str, str, str, str], ...] = (
    ("exec into its pods", "create", "", "pods", "exec"),
    ("read its secrets", "get", "", "secrets", ""),
    ("run pods in it", "create", "", "pods", ""),
    ("give rights in it", "create", "rbac.authorization.k8s.io", "rolebindings", ""),
)
"""(in words, verb, group, resource, subresource): what a team wants to know of others."""


def reports(contract: Contract, cluster: Cluster, names: Sequence[str] = ()) -> list[TeamReport]:
    """The page of every team, or of those named."""
    teams = [team_named(contract, name) for name in names] or contract.teams
    reaching = Reaching(policy_model(cluster, contract.profile or "upstream"))
    return team_reports(contract, teams, reaching, access_index(cluster))


def team_reports(contract: Contract, teams: Sequence[Team], reaching: Reaching, index: AccessIndex) -> list[TeamReport]:
    """The page of each of `teams`, from one cluster's policies and its authorization."""
    model = reaching.model
    cluster = model.world.cluster
    namespaces, dialects = namespaces_of(cluster), dialects_of(cluster)
    disputes = contracts.disputed(contract, namespaces)
    broken = [
        HeldAnswer(name=one.name, outcome=one.outcome, before=one.outcome, reason=one.answer.reason)
        for one in assertions.check(model, Suite(contract.always))
        if one.outcome != "pass"
    ]
    return [_report(team, namespaces, dialects, reaching, index, broken, disputes) for team in teams]


def _report(
    team: Team,
    namespaces: Sequence[str],
    dialects: Sequence[Dialect],
    reaching: Reaching,
    index: AccessIndex,
    broken: list[HeldAnswer],
    disputes: Sequence[Disputed],
) -> TeamReport:
    mine = [name for name in namespaces if team.owns(name)]
    groups = [group for group in reaching.groups if group.pods[0].namespace in mine]
    others, system = _others(team, mine, index, dialects)
    return TeamReport(
        team=team.name,
        namespaces=mine,
        workloads=len(groups),
        policies=list(_policies(team, mine, reaching.model)),
        openings=_openings(reaching, groups),
        powerless=list(_powerless(team, mine, index, dialects)),
        broken=broken,
        others=others,
        system=system,
        unknown=[*index.rbac.missing, *(one.what for one in disputes if team.name in one.teams)],
    )


def _openings(reaching: Reaching, groups: Sequence[Group]) -> list[Opening]:
    found: dict[ObjectRef, dict[Direction, dict[str, None]]] = {}
    for one in exposure(reaching, groups):
        if one.whom in ("outside", "cluster"):
            found.setdefault(one.group, {}).setdefault(one.direction, {})[one.whom] = None
    return [
        Opening(
            workload=object_of(ref),
            reached_by=list(whom.get(Direction.INGRESS, ())),
            reaches=list(whom.get(Direction.EGRESS, ())),
        )
        for ref, whom in sorted(found.items(), key=lambda item: (item[0].namespace, item[0].name))
    ]


def _policies(team: Team, namespaces: Sequence[str], model: PolicyModel) -> Iterator[TeamPolicy]:
    for one in model.lowered:
        thing = model.world.cluster.get(one.policy)
        if thing is None or not (thing.namespace in namespaces or (not thing.namespace and team.cluster)):
            continue
        tier = model.tier_of(thing).name
        if tier in team.tiers:
            yield TeamPolicy(policy=object_of(one.policy), tier=tier)


def dialects_of(cluster: Cluster) -> tuple[Dialect, ...]:
    """NetworkPolicy, and every other dialect that the cluster's policies are written in."""
    groups = {thing.group for kind in POLICY_TYPES for thing in cluster.known(kind)}
    kinds = {thing.kind for kind in POLICY_TYPES for thing in cluster.known(kind)}
    wanted: dict[Dialect, bool] = {
        "kubernetes": True,
        "cluster": "ClusterNetworkPolicy" in kinds,
        "admin": bool(kinds & {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy"}),
        "calico": any("projectcalico" in group for group in groups),
        "cilium": "cilium.io" in groups,
    }
    return tuple(dialect for dialect in DIALECTS if wanted[dialect])


def _tier_resources(team: Team, dialects: Sequence[Dialect]) -> dict[TierResource, None]:
    return dict.fromkeys(one for tier in team.tiers for one in resources_of(tier, dialects))


def _powerless(team: Team, namespaces: Sequence[str], index: AccessIndex, dialects: Sequence[Dialect]) -> Iterator[str]:
    """Where the contract gives a team what RBAC does not."""
    for resource in _tier_resources(team, dialects):
        if not resource.namespaced and not team.cluster:
            continue
        for member in members(team):
            groups, user = ((member.name,), "") if member.kind == "Group" else ((), member.user)
            denied = [
                namespace
                for namespace in (namespaces if resource.namespaced else [""])
                if index.can(
                    Attributes(
                        user=user,
                        groups=groups,
                        verb="create",
                        group=resource.group,
                        resource=resource.resource,
                        namespace=namespace,
                    )
                ).allowed
                is False
            ]
            if denied:
                where = f" in {', '.join(denied)}" if resource.namespaced else ""
                yield f"{member} may not create {resource.resource}.{resource.group}{where}"


def members(team: Team) -> Iterator[Principal]:
    """Everybody whom the contract names as the team."""
    for name in team.groups:
        yield Principal("Group", name)
    for name in team.users:
        yield Principal("User", name)
    for account in team.service_accounts:
        namespace, _, name = account.partition("/")
        yield Principal("ServiceAccount", name, namespace)


def _others(
    team: Team, namespaces: Sequence[str], index: AccessIndex, dialects: Sequence[Dialect]
) -> tuple[list[Intruder], int]:
    """Who else may do something to a team's namespaces; the cluster's own components are only counted."""
    mine = set(members(team))
    questions = list(_POWERS)
    for resource in _tier_resources(team, dialects):
        if resource.namespaced:
            questions += [("change its policies", verb, resource.group, resource.resource, "") for verb in WRITE]
    found: dict[Principal, tuple[dict[str, None], dict[str, None], dict[ObjectRef, None]]] = {}
    system: set[Principal] = set()
    for namespace in namespaces:
        for words, verb, group, plural, subresource in questions:
            for holder in index.who_can(verb, group, plural, subresource, namespace=namespace).holders:
                subject = holder.subject
                if subject in mine or (subject.kind == "ServiceAccount" and subject.namespace in namespaces):
                    continue
                if _of_the_cluster(subject):
                    system.add(subject)
                    continue
                what, where, by = found.setdefault(subject, ({}, {}, {}))
                what[words] = None
                where[namespace] = None
                by.update(dict.fromkeys(_bindings(holder)))
    others = [
        Intruder(
            subject=Subject.of(subject),
            what=list(what),
            namespaces=list(where),
            bindings=[object_of(ref) for ref in by],
        )
        for subject, (what, where, by) in sorted(found.items(), key=lambda item: (-len(item[1][0]), item[0]))
    ]
    return others, len(system)


def _of_the_cluster(subject: Principal) -> bool:
    return subject.namespace == "kube-system" or (
        subject.name.startswith("system:")
        and subject.name not in ("system:authenticated", "system:unauthenticated", "system:anonymous")
        and not subject.name.startswith("system:serviceaccounts")
    )


def _bindings(holder: Holder) -> Iterator[ObjectRef]:
    return (way.grant.binding for way in holder.ways)


# ------------------------------------------------------------------------------------------------ the RBAC that fits


class TeamRoles(Answer, frozen=True):
    """Documents to apply; `shown` says what was seen when they were judged."""

    documents: list[dict[str, Any]]
    shown: list[tuple[str, bool]]


def roles(contract: Contract, cluster: Cluster | None, dialects: Sequence[Dialect] = ()) -> TeamRoles:
    """The roles and bindings that give each team what the contract does, judged as an authorizer would before they are given out.

    Names with `*` are resolved among the cluster's namespaces; without a cluster only exact names count, and `dialects` default to NetworkPolicy.
    """
    exact = {name for team in contract.teams for name in team.namespaces if "*" not in name}
    namespaces = sorted(exact | set(namespaces_of(cluster) if cluster is not None else ()))
    chosen = tuple(dialects) or (dialects_of(cluster) if cluster is not None else ("kubernetes",))
    documents = list(team_roles(contract, namespaces, chosen))
    alone = Cluster(objects_of(tuple(documents)), name="contract", scope=FILES, coverage=Coverage())
    index = AccessIndex(alone, ("RBAC",))
    shown = []
    for team in contract.teams:
        if not any(members(team)):
            shown.append((f"{team.name} names nobody, so that no role can be bound", False))
            continue
        mine = [name for name in namespaces if team.owns(name)]
        powerless = list(_powerless(team, mine, index, chosen))
        shown.append((f"{team.name} may change the policies of its tiers in {len(mine)} namespaces", not powerless))
        shown.append(
            (
                f"nobody else of the contract may change those of {team.name}",
                not _strangers(contract, team, mine, index, chosen),
            )
        )
    return TeamRoles(documents=documents, shown=shown)


def _strangers(
    contract: Contract, team: Team, namespaces: Sequence[str], index: AccessIndex, dialects: Sequence[Dialect]
) -> list[Intruder]:
    """Who besides the owners of a namespace comes to change its policies by these roles alone."""
    owners = {member for one in contract.teams if any(map(one.owns, namespaces)) for member in members(one)}
    return [
        one
        for one in _others(team, namespaces, index, dialects)[0]
        if Principal(one.subject.kind, one.subject.name, one.subject.namespace) not in owners
    ]
