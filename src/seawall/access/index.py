"""One Cluster's authorization, asked in every direction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import msgspec

from seawall.access import abac
from seawall.access.attributes import MASTERS, Attributes, groups_of
from seawall.access.decision import Decision, Grant, Principal
from seawall.access.node import NodeAuthorizer
from seawall.access.rbac import Binding, Problem, Rbac
from seawall.model.cluster.access_kinds import PolicyRule, ServiceAccount
from seawall.model.cluster.snapshot import Cluster

MODES = ("Node", "RBAC", "ABAC", "AlwaysAllow", "AlwaysDeny")
DEFAULT_MODES = ("Node", "RBAC")
NO_NAME_YET = frozenset({"create", "deletecollection"})
"""Verbs of requests that name no object, so that a rule for certain names never allows them (subresources apart)."""


class Permission(NamedTuple):
    """A rule that somebody has, where it holds ("" for everywhere), and the binding that gives it."""

    rule: PolicyRule
    namespace: str
    grant: Grant


class Way(NamedTuple):
    """How somebody comes to be allowed: by `grant`, in `namespace` ("" everywhere), for these `names` only (empty for all)."""

    grant: Grant
    namespace: str
    names: tuple[str, ...]


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Somebody who may, and every way in which they may."""

    subject: Principal
    ways: tuple[Way, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The only names for which it may; empty where some way has no such limit."""
        found: dict[str, None] = {}
        for way in self.ways:
            if not way.names:
                return ()
            found |= dict.fromkeys(way.names)
        return tuple(found)


class WhoCan(msgspec.Struct, frozen=True):
    """Who may do something. `holders` may to any object (or to the one that was named), `limited` to certain names only.

    `notes` say who may besides what bindings give; `unknown` what could not be read, so that there may be others.
    """

    holders: tuple[Holder, ...]
    limited: tuple[Holder, ...]
    notes: tuple[str, ...]
    unknown: tuple[str, ...]


class AccessIndex:
    """What the API server's authorizers would answer, from `cluster` alone.

    `modes` are the authorizers in the order of `--authorization-mode`; `abac_policy` the text of a policy file for ABAC. With `open_world` there may be
    objects beyond the cluster's, so that nothing is denied for sure. ValueError for an unknown mode or a policy file that cannot be read.
    """

    def __init__(
        self,
        cluster: Cluster,
        modes: tuple[str, ...] = DEFAULT_MODES,
        *,
        abac_policy: str = "",
        open_world: bool = False,
    ) -> None:
        unknown = [mode for mode in modes if mode not in MODES]
        if unknown:
            raise ValueError(
                f'"{unknown[0]}" is no authorization mode that can be evaluated; they are {", ".join(MODES)}'
            )
        self.modes = modes
        self.rbac = Rbac(cluster)
        self._cluster = cluster
        self._node = NodeAuthorizer(cluster) if "Node" in modes else None
        self._abac = abac.AbacAuthorizer(abac.parse(abac_policy))
        self._open_world = open_world

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Dangling references, loops, enormous roles and the like."""
        return tuple(self.rbac.problems)

    # ------------------------------------------------------------------------------------------------ may they?

    def can(self, asked: Attributes) -> Decision:
        """Whether the request is allowed. `asked.groups` are taken as they are: see `groups_of`."""
        if MASTERS in asked.groups:
            return Decision(True, f"group {MASTERS} may do everything")
        unknown: Decision | None = None
        last = Decision(False, "no authorizer is configured")
        for mode in self.modes:
            decision = self._decide(mode, asked)
            if decision.allowed:
                return decision
            if decision.allowed is None:
                unknown = unknown or decision
            elif mode != "Node" or len(self.modes) == 1:
                last = decision
        if unknown is not None:
            return unknown
        if self._open_world:
            return Decision(None, f"{last.reason}; objects that were not given may")
        return last

    def _decide(self, mode: str, asked: Attributes) -> Decision:
        match mode:
            case "Node":
                assert self._node is not None
                return self._node.decide(asked)
            case "RBAC":
                return self.rbac.decide(asked)
            case "ABAC":
                return self._abac.decide(asked)
            case "AlwaysAllow":
                return Decision(True, "AlwaysAllow: everything is allowed")
            case _:
                return Decision(False, "AlwaysDeny: nothing is allowed")

    # ------------------------------------------------------------------------------------------------ who may?

    def who_can(
        self,
        verb: str,
        group: str,
        resource: str,
        subresource: str = "",
        name: str = "",
        namespace: str | None = None,
        *,
        url: str | None = None,
    ) -> WhoCan:
        """Every subject of a binding that may. `namespace` None asks for anywhere, "" for the whole cluster at once."""
        asked = Attributes(
            verb=verb,
            group=group,
            resource=resource,
            subresource=subresource,
            name=name,
            namespace=namespace or "",
            url=url,
        )
        local = url is None
        found: dict[Principal, list[Way]] = defaultdict(list)
        for binding, rule in self.rbac.allowing_bindings(asked, namespace if local else ""):
            names = rule.resource_names if local and name not in rule.resource_names else ()
            if names and verb in NO_NAME_YET and not subresource:
                continue
            for grant in binding.grants:
                found[grant.subject].append(Way(grant, grant.namespace, names))
        holders: list[Holder] = []
        limited: list[Holder] = []
        for subject in sorted(found):
            holder = Holder(subject, tuple(found[subject]))
            (limited if holder.names else holders).append(holder)
        return WhoCan(tuple(holders), tuple(limited), tuple(self._notes(asked)), self.rbac.missing)

    def _notes(self, asked: Attributes) -> Iterator[str]:
        yield f"group {MASTERS} may do everything"
        if "AlwaysAllow" in self.modes:
            yield "AlwaysAllow: everybody may do everything"
        if "ABAC" in self.modes:
            for number, policy in enumerate(self._abac.policies, start=1):
                somebody = asked._replace(user=policy.user, groups=(policy.group,))
                if policy.allows(somebody):
                    who = [f"{kind} {name}" for kind, name in (("user", policy.user), ("group", policy.group)) if name]
                    yield f"ABAC policy {number} allows {' in '.join(who)}"
        if self._node is not None and (kubelets := self._node.kubelets(asked)):
            yield f"Node: {kubelets}"

    # ------------------------------------------------------------------------------------------------ what may they?

    def what_can(self, user: str, groups: Iterable[str] = ()) -> tuple[Permission, ...]:
        """Every rule that RBAC gives a user, with the binding that gives it; a service account's groups are added."""
        every = groups_of(user, tuple(groups))
        return tuple(
            Permission(rule, held.binding.namespace, held.binding.grant(held.subject))
            for held in self.rbac.held_anywhere(user, every)
            if held.binding.role is not None
            for rule in held.binding.role.rules.rules
        )

    def given_to(self, subject: Principal) -> tuple[Permission, ...]:
        """Every rule that bindings give to exactly this subject, without what its groups have."""
        return tuple(
            Permission(rule, binding.namespace, binding.grant(subject))
            for binding in self._bindings_of.get(subject, ())
            if binding.role is not None
            for rule in binding.role.rules.rules
        )

    @cached_property
    def _bindings_of(self) -> dict[Principal, list[Binding]]:
        found: dict[Principal, list[Binding]] = defaultdict(list)
        for binding in self.rbac.bindings:
            for subject in binding.subjects:
                found[subject].append(binding)
        return found

    @property
    def subjects(self) -> tuple[Principal, ...]:
        """Everybody whom a binding names, sorted."""
        return tuple(sorted(self._bindings_of))

    @property
    def accounts(self) -> tuple[Principal, ...]:
        """The service accounts of the cluster, sorted: those that exist, named by a binding or not."""
        return tuple(
            sorted(
                Principal("ServiceAccount", account.name, account.namespace)
                for account in self._cluster.known(ServiceAccount)
            )
        )
