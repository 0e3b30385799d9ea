"""RBAC, decided as k8s.io/kubernetes `plugin/pkg/auth/authorizer/rbac` decides it, with both directions indexed.

A cluster role binding counts everywhere, a role binding in its namespace. A subject's `apiGroup` plays no part in the decision. A binding whose role does
not exist gives nothing. Role rules only ever add up, so an allowing rule that was read is enough whatever could not be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from seawall.access.aggregation import RuleList, Settled, settle
from seawall.access.attributes import Attributes
from seawall.access.decision import Decision, Grant, Principal, principal_of
from seawall.access.rules import ALL, Rules, allows
from seawall.model.cluster.access_kinds import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRule,
    Role,
    RoleBinding,
    Subject,
)
from seawall.model.cluster.coverage import NotCollected
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster

GROUP = "rbac.authorization.k8s.io"
ENORMOUS = 1_000
"""Rules from which on a role is said to be enormous: nobody reads it."""


_MADE_BY_THE_SERVER = frozenset({"cluster-admin", "admin", "edit", "view"})


def is_default_role(name: str) -> bool:
    """Whether every API server makes a cluster role of this name, so that files need not hold it."""
    return name in _MADE_BY_THE_SERVER or name.startswith("system:")


class Problem(NamedTuple):
    """Something about the RBAC objects that a person should know: `about` names the object, `what` is the sentence."""

    about: ObjectRef
    what: str


class BoundRole(NamedTuple):
    """A role as a binding found it. `possible` are rules that an aggregation loop may add."""

    ref: ObjectRef
    rules: Rules
    possible: Rules


class Binding(NamedTuple):
    """A binding, resolved. `namespace` is "" for everywhere; `role` is None where the role does not exist."""

    ref: ObjectRef
    namespace: str
    role_ref: ObjectRef
    role: BoundRole | None
    subjects: tuple[Principal, ...]
    grants: tuple[Grant, ...]
    """What each of the subjects gets, in their order."""

    def grant(self, subject: Principal) -> Grant:
        return Grant(self.ref, self.role_ref, subject, self.namespace)


class Held(NamedTuple):
    """One binding that reaches somebody, by the subject in it that does."""

    binding: Binding
    subject: Principal


_NO_RULES = Rules(())
_KINDS = (ClusterRole, ClusterRoleBinding, Role, RoleBinding)


class Rbac:
    """RBAC of one Cluster. Build once, ask often."""

    def __init__(self, cluster: Cluster) -> None:
        self.problems: list[Problem] = []
        self._missing = _missing(cluster)
        # The live controller has already written what it aggregates; in files nobody has.
        self._live = cluster.scope.runtime
        self._default_namespace = "" if self._live else "default"
        self._namespaces = frozenset(cluster.scope.namespaces)
        self._cluster_roles: dict[str, BoundRole] = {}
        self._roles: dict[tuple[str, str], BoundRole] = {}
        self._read_roles(cluster)
        self.bindings: tuple[Binding, ...] = tuple(self._read_bindings(cluster))
        self._by_user: dict[tuple[str, str], list[Held]] = defaultdict(list)
        self._by_group: dict[tuple[str, str], list[Held]] = defaultdict(list)
        self._by_role: dict[ObjectRef, list[Binding]] = defaultdict(list)
        for binding in self.bindings:
            self._index(binding)
        bound = (bindings[0].role for bindings in self._by_role.values())
        self._by_action = _ByAction(role for role in bound if role is not None)

    # ------------------------------------------------------------------------------------------------ reading

    def _read_roles(self, cluster: Cluster) -> None:
        roles = cluster.known(ClusterRole)
        settled = Settled({role.name: role.rules for role in roles}, {}, (), {}) if self._live else settle(roles)
        for role in roles:
            rules, possible = settled.rules[role.name], settled.possible.get(role.name, ())
            ref = ObjectRef("ClusterRole", "", role.name, GROUP)
            self._cluster_roles[role.name] = self._bound(ref, rules, possible)
            if not self._live and role.aggregation_rule is not None:
                self._tell_aggregation(role, settled)
        for loop in settled.loops:
            ref = ObjectRef("ClusterRole", "", loop[0], GROUP)
            self.problems.append(
                Problem(ref, f"aggregates in a loop with {', '.join(loop[1:])}: what it holds depends on chance")
            )
        for namespaced in cluster.known(Role):
            namespace = namespaced.namespace or self._default_namespace
            ref = ObjectRef("Role", namespace, namespaced.name, GROUP)
            self._roles[namespace, namespaced.name] = self._bound(ref, namespaced.rules, ())

    def _tell_aggregation(self, role: ClusterRole, settled: Settled) -> None:
        if (why := settled.invalid.get(role.name)) is not None:
            self.problems.append(Problem(role.ref, f"keeps its own rules, its aggregation selector is invalid: {why}"))
            return
        overwritten = set(role.rules) - set(settled.rules[role.name]) - set(settled.possible.get(role.name, ()))
        if overwritten:
            count = f"{len(overwritten)} rule{'s' if len(overwritten) > 1 else ''}"
            self.problems.append(
                Problem(role.ref, f"loses {count} of its own: it is aggregated, and no source has them")
            )

    def _bound(self, ref: ObjectRef, rules: RuleList, possible: RuleList) -> BoundRole:
        if len(rules) >= ENORMOUS:
            self.problems.append(Problem(ref, f"is enormous: {len(rules):,} rules"))
        return BoundRole(ref, Rules(rules), Rules(possible) if possible else _NO_RULES)

    def _read_bindings(self, cluster: Cluster) -> Iterator[Binding]:
        for everywhere in cluster.known(ClusterRoleBinding):
            yield self._resolve(everywhere, "")
        for local in cluster.known(RoleBinding):
            yield self._resolve(local, local.namespace or self._default_namespace)

    def _resolve(self, binding: ClusterRoleBinding | RoleBinding, namespace: str) -> Binding:
        kind, name = binding.role_ref.kind, binding.role_ref.name
        role: BoundRole | None = None
        if kind == "ClusterRole":
            role, ref = self._cluster_roles.get(name), ObjectRef(kind, "", name, GROUP)
        elif kind == "Role" and namespace:
            role, ref = self._roles.get((namespace, name)), ObjectRef(kind, namespace, name, GROUP)
        else:
            ref = ObjectRef(kind, "", name, GROUP)
        if role is None and kind not in self._missing:
            what = "every API server makes, and which was not read" if self._unread_default(ref) else "does not exist"
            self.problems.append(Problem(binding.ref, f"gives {ref}, which {what}"))
        named = (self._principal(subject, namespace, binding.ref) for subject in binding.subjects)
        subjects = tuple(dict.fromkeys(principal for principal in named if principal is not None))
        grants = tuple(Grant(binding.ref, ref, subject, namespace) for subject in subjects)
        return Binding(binding.ref, namespace, ref, role, subjects, grants)

    def _unread_default(self, role: ObjectRef) -> bool:
        """Whether a role that is not there is only not among the files: the cluster they go to has it."""
        return not self._live and role.kind == "ClusterRole" and is_default_role(role.name)

    def _principal(self, subject: Subject, namespace: str, binding: ObjectRef) -> Principal | None:
        """Whom a subject names; a service account without a namespace is one of the binding's."""
        if subject.kind == "Group":
            return Principal("Group", subject.name)
        if subject.kind == "User":
            return principal_of(subject.name)
        if subject.kind == "ServiceAccount":
            if subject.namespace or namespace:
                return Principal("ServiceAccount", subject.name, subject.namespace or namespace)
            self.problems.append(Problem(binding, f"names service account {subject.name} without a namespace: nobody"))
        else:
            self.problems.append(Problem(binding, f'names a subject of kind "{subject.kind}": nobody'))
        return None

    def _index(self, binding: Binding) -> None:
        self._by_role[binding.role_ref].append(binding)
        for principal in binding.subjects:
            held = Held(binding, principal)
            if principal.kind == "Group":
                self._by_group[binding.namespace, principal.name].append(held)
            else:
                self._by_user[binding.namespace, principal.user].append(held)

    # ------------------------------------------------------------------------------------------------ asking

    def held(self, user: str, groups: Iterable[str], namespace: str) -> Iterator[Held]:
        """The bindings that reach the user in `namespace` ("" for cluster-wide requests): those for everywhere first."""
        groups = tuple(dict.fromkeys(groups))
        for where in ("", namespace) if namespace else ("",):
            yield from self._by_user.get((where, user), ())
            for group in groups:
                yield from self._by_group.get((where, group), ())

    def held_anywhere(self, user: str, groups: Iterable[str]) -> Iterator[Held]:
        """All bindings that reach the user, in the order in which they were read, each once."""
        wanted = frozenset(groups)
        for binding in self.bindings:
            for principal in binding.subjects:
                if principal.name in wanted if principal.kind == "Group" else principal.user == user:
                    yield Held(binding, principal)
                    break

    def decide(self, asked: Attributes) -> Decision:
        """What RBAC says: allowed, not allowed by it, or None where a binding or role that may decide could not be read."""
        dangling: Binding | None = None
        doubtful: tuple[Held, PolicyRule] | None = None
        namespace = "" if asked.url is not None else asked.namespace
        for held in self.held(asked.user, asked.groups, namespace):
            role = held.binding.role
            if role is None:
                if dangling is None or self._unread_default(held.binding.role_ref):
                    dangling = held.binding
                continue
            rule = role.rules.allowing(asked)
            if rule is not None:
                grant = held.binding.grant(held.subject)
                return Decision(True, f"RBAC: {grant}", grant, rule)
            if doubtful is None and (rule := role.possible.allowing(asked)) is not None:
                doubtful = (held, rule)
        if doubtful is not None:
            name = doubtful[0].binding.role_ref.name
            return Decision(None, f"RBAC: whether ClusterRole {name} allows it depends on a loop of aggregated roles")
        if why := self.unread(asked, dangling):
            return Decision(None, f"RBAC: no rule that was read allows it, but {why}")
        if dangling is not None:
            return Decision(
                False, f"RBAC: no rule allows it; {dangling.ref} gives {dangling.role_ref}, which does not exist"
            )
        return Decision(False, "RBAC: no rule allows it")

    def unread(self, asked: Attributes, dangling: Binding | None = None) -> str:
        """What could still allow the request and was not read; "" where nothing could."""
        kinds = ["ClusterRoleBinding"]
        if asked.namespace and asked.url is None:
            kinds.append("RoleBinding")
            if self._namespaces and asked.namespace not in self._namespaces:
                return f"namespace {asked.namespace} was not asked for"
        if dangling is not None:
            if self._unread_default(dangling.role_ref):
                return f"{dangling.ref} gives {dangling.role_ref}, which every API server makes and which is not among the files: read it too, or ask the live cluster"
            kinds.append(dangling.role_ref.kind)
        return next((self._missing[kind] for kind in kinds if kind in self._missing), "")

    def cluster_role_rules(self, name: str) -> RuleList:
        """The rules of a cluster role, aggregated ones as the controller fills them; empty where there is no such role."""
        role = self._cluster_roles.get(name)
        return role.rules.rules if role is not None else ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Why the picture is not whole, a sentence for each kind."""
        return tuple(self._missing.values())

    def allowing_bindings(self, asked: Attributes, where: str | None) -> Iterator[tuple[Binding, PolicyRule]]:
        """Every binding whose role allows the request to its subjects, with a rule that does: those for everywhere, and in `where` (None: any namespace).

        `asked.name` "" also finds rules that allow the request for certain names only: look at `rule.resource_names`.
        """
        for ref, rule in self._by_action.find(asked, where):
            for binding in self._by_role[ref]:
                if not binding.namespace or where is None or binding.namespace == where:
                    yield binding, rule


class _ByAction:
    """All roles' rules, by the resource and verb that they name."""

    def __init__(self, roles: Iterable[BoundRole]) -> None:
        self._rules: dict[tuple[str, str], list[tuple[ObjectRef, PolicyRule]]] = defaultdict(list)
        self._urls: list[tuple[ObjectRef, PolicyRule]] = []
        for role in roles:
            for rule in role.rules.rules:
                entry = (role.ref, rule)
                for action in dict.fromkeys(product(rule.resources, rule.verbs)):
                    self._rules[action].append(entry)
                if rule.non_resource_urls:
                    self._urls.append(entry)

    def find(self, asked: Attributes, where: str | None) -> Iterator[tuple[ObjectRef, PolicyRule]]:
        """Each role that allows the request, with one rule: one that allows it as it stands before one that wants a certain name."""
        found: dict[ObjectRef, PolicyRule] = {}
        any_name = not asked.name and asked.url is None
        for entries in self._candidates(asked):
            for ref, rule in entries:
                if where is not None and ref.namespace and ref.namespace != where:
                    continue
                if allows(rule, asked) or (
                    any_name
                    and rule.resource_names
                    and ref not in found
                    and allows(rule, asked._replace(name=rule.resource_names[0]))
                ):
                    found[ref] = rule
        yield from found.items()

    def _candidates(self, asked: Attributes) -> Iterator[list[tuple[ObjectRef, PolicyRule]]]:
        if asked.url is not None:
            yield self._urls
            return
        resources = [asked.combined, ALL] if asked.combined != ALL else [ALL]
        if asked.subresource:
            resources.append(f"*/{asked.subresource}")
        for action in product(resources, dict.fromkeys((asked.verb, ALL))):
            if (entries := self._rules.get(action)) is not None:
                yield entries


def _missing(cluster: Cluster) -> dict[str, str]:
    """The RBAC kinds that were not read whole, each with why."""
    found: dict[str, str] = {}
    for kind in _KINDS:
        try:
            cluster.of(kind)
        except NotCollected as refused:
            found[kind.__name__] = str(refused)
    names = {kind.__name__ for kind in _KINDS}
    for gap in cluster.coverage.gaps:
        if gap.kind in names and gap.kind not in found:
            found[gap.kind] = f"a {gap.kind} could not be read: {gap}"
    return found
