"""Who may change which policy, and what must hold whoever changes it: a contract between teams, as a file.

teams:
  - name: payments
    groups: [payments-dev]                 # who is the team; also users and serviceAccounts (NAMESPACE/NAME)
    namespaces: [pay, pay-*]               # what is theirs; names may hold *
  - name: platform
    groups: [platform]
    namespaces: [kube-*, ingress]
    tiers: [admin, baseline, default]      # whose policies it may change; `default` where nothing is said
    cluster: true                          # it may change what belongs to no namespace
always:                                    # reachability tests, as `policy assert` reads them
  - {name: nobody outside reaches the ledger, from: {ip: 203.0.113.1}, to: {workload: pay/ledger}, port: 5432, allowed: false}

A team may change an object of its namespaces; a policy only in its tiers, and one of no namespace with `cluster`. A change that the contract does
not give is refused whoever could make it by RBAC; the two meet in `tier_roles`.
"""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from seawall.model.cluster.meta import Object, ObjectRef
from seawall.policy import assertions
from seawall.policy.assertions import Expectation, Outcome, Suite
from seawall.policy.lower import POLICY_TYPES, PolicyModel


class Team(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Who they are (`groups`, `users`, `service_accounts` as namespace/name), and what they may change."""

    name: str
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ("default",)
    cluster: bool = False

    def owns(self, namespace: str) -> bool:
        """Whether the namespace is theirs."""
        return any(fnmatch.fnmatchcase(namespace, pattern) for pattern in self.namespaces)


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was agreed between teams."""

    teams: tuple[Team, ...]
    always: tuple[Expectation, ...] = ()
    profile: str | None = None

    def team(self, name: str) -> Team:
        """The team of that name. KeyError where there is none."""
        for one in self.teams:
            if one.name == name:
                return one
        raise KeyError(name)

    def owners(self, namespace: str) -> tuple[Team, ...]:
        """The teams whose the namespace is: one, where the contract is sound."""
        return tuple(team for team in self.teams if team.owns(namespace))


def read(document: Any) -> Contract:
    """The contract in a decoded document. ValueError says what is wrong and where."""
    found = msgspec.convert(document, Contract)
    names: set[str] = set()
    for number, team in enumerate(found.teams):
        if team.name in names:
            raise ValueError(f'two teams have the name "{team.name}" - at `$.teams[{number}].name`')
        names.add(team.name)
        for account in team.service_accounts:
            if account.count("/") != 1 or account.startswith("/") or account.endswith("/"):
                raise ValueError(
                    f'"{account}" names no service account: write NAMESPACE/NAME - at `$.teams[{number}].serviceAccounts`'
                )
    return found


class Ruling(msgspec.Struct, frozen=True):
    """May the team change this object? `reason` is a sentence."""

    object: ObjectRef
    allowed: bool
    reason: str


class Held(msgspec.Struct, frozen=True):
    """How something that must always hold came out after a change, and before it."""

    name: str
    outcome: Outcome
    before: Outcome
    reason: str


def rulings(
    contract: Contract, team: Team, before: PolicyModel, after: PolicyModel, changed: Iterable[ObjectRef]
) -> Iterator[Ruling]:
    """The contract's word on every changed object. A policy that moves between tiers must be the team's in both."""
    for ref in changed:
        was, is_now = (model.world.cluster.get(ref) for model in (before, after))
        yield _ruling(contract, team, ref, [(before, was), (after, is_now)])


def _ruling(
    contract: Contract, team: Team, ref: ObjectRef, states: Iterable[tuple[PolicyModel, Object | None]]
) -> Ruling:
    if ref.namespace and not team.owns(ref.namespace):
        owners = contract.owners(ref.namespace)
        whose = f"team {' and '.join(one.name for one in owners)}" if owners else "no team"
        return Ruling(ref, False, f"namespace {ref.namespace} belongs to {whose}")
    if not ref.namespace and not team.cluster:
        return Ruling(ref, False, f"it belongs to no namespace, and team {team.name} may change only what does")
    for model, thing in states:
        if isinstance(thing, POLICY_TYPES):
            tier = model.tier_of(thing).name
            if tier not in team.tiers:
                return Ruling(ref, False, f"tier {tier} is not among those of team {team.name}")
    where = f"namespace {ref.namespace} belongs" if ref.namespace else "what belongs to no namespace is open"
    return Ruling(ref, True, f"{where} to team {team.name}")


def always(contract: Contract, before: PolicyModel, after: PolicyModel) -> tuple[Held, ...]:
    """Everything that must hold, after the change and before it."""
    suite = Suite(contract.always)
    return tuple(
        Held(now.name, now.outcome, then.outcome, now.answer.reason)
        for then, now in zip(assertions.check(before, suite), assertions.check(after, suite), strict=True)
    )


class Disputed(msgspec.Struct, frozen=True):
    """A namespace that several teams claim, or that a team names and nobody has."""

    namespace: str
    teams: tuple[str, ...]
    what: str


def disputed(contract: Contract, namespaces: Iterable[str]) -> tuple[Disputed, ...]:
    """Where the contract does not fit the namespaces that there are: claimed twice, or named without `*` and absent."""
    present = set(namespaces)
    claims: dict[str, list[str]] = defaultdict(list)
    for team in contract.teams:
        for namespace in present:
            if team.owns(namespace):
                claims[namespace].append(team.name)
    found = [
        Disputed(namespace, tuple(teams), f"namespace {namespace} is claimed by {' and '.join(teams)}")
        for namespace, teams in claims.items()
        if len(teams) > 1
    ]
    found += [
        Disputed(name, (team.name,), f"{team.name} names namespace {name}, which is not there")
        for team in contract.teams
        for name in team.namespaces
        if "*" not in name and name not in present
    ]
    return tuple(sorted(found, key=lambda one: one.namespace))
