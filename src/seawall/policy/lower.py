"""From a cluster to its policy model: every policy object through its dialect, all rules in one order."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from seawall.kit.intervals import IntervalSet
from seawall.model.cluster.kinds import KINDS
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import (
    AdminNetworkPolicy,
    BaselineAdminNetworkPolicy,
    CalicoPolicy,
    CiliumPolicy,
    ClusterNetworkPolicy,
    NetworkPolicy,
    PolicyDraft,
)
from seawall.model.cluster.snapshot import Cluster
from seawall.policy.dialects import adminnetworkpolicy as admin
from seawall.policy.dialects import calico, cilium, clusternetworkpolicy, draft, networkpolicy
from seawall.policy.dialects.context import BOTH, Context
from seawall.policy.dialects.reading import Refused
from seawall.policy.doubts import Doubts
from seawall.policy.labels import EVERYTHING, All, Expression, Match
from seawall.policy.model import (
    ADMIN_TIER_ORDER,
    BASELINE_TIER_ORDER,
    DEFAULT_TIER,
    EVERYONE,
    EXEMPT_TIER,
    MIDDLE,
    Action,
    AllOf,
    AnyOf,
    Direction,
    Lowered,
    Net,
    NoneOf,
    Notice,
    OwnNode,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Tier,
    Traffic,
    Unsure,
    ports_of,
)
from seawall.policy.profiles import STRICT, UPSTREAM, Dialect, Profile
from seawall.policy.world import World


class _Reader(NamedTuple):
    """How objects of one type are lowered, whose dialect they are, and their tier: the one in doubt where they could not be listed, and of those that name one."""

    lower: Callable[[Any, Context], Lowered]
    dialect: Dialect
    tier: Tier
    tier_of: Callable[[Any, Context], Tier] | None = None


READERS: Mapping[type[Object], _Reader] = {
    NetworkPolicy: _Reader(networkpolicy.lower, "kubernetes", DEFAULT_TIER),
    ClusterNetworkPolicy: _Reader(
        clusternetworkpolicy.lower, "cluster", Tier(ADMIN_TIER_ORDER, "admin"), clusternetworkpolicy.tier_of
    ),
    AdminNetworkPolicy: _Reader(admin.lower_admin, "admin", Tier(ADMIN_TIER_ORDER, "admin")),
    BaselineAdminNetworkPolicy: _Reader(admin.lower_baseline, "admin", Tier(BASELINE_TIER_ORDER, "baseline")),
    CalicoPolicy: _Reader(calico.lower, "calico", DEFAULT_TIER, calico.tier_of),
    CiliumPolicy: _Reader(cilium.lower, "cilium", DEFAULT_TIER),
}
POLICY_TYPES: tuple[type[Object], ...] = (*READERS, PolicyDraft)


class RuleSet:
    """Rules in their order, found by the ends that they may be about."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=rule_key))

    @cached_property
    def _by_namespace(self) -> dict[Direction, tuple[dict[str, list[tuple[int, Rule]]], list[tuple[int, Rule]]]]:
        found: dict[Direction, tuple[dict[str, list[tuple[int, Rule]]], list[tuple[int, Rule]]]] = {
            direction: (defaultdict(list), []) for direction in Direction
        }
        for position, rule in enumerate(self.rules):
            local, general = found[rule.direction]
            names = namespaces_of(rule.subject)
            if names is None:
                general.append((position, rule))
            else:
                for name in names:
                    local[name].append((position, rule))
        return found

    def about(self, direction: Direction, namespace: str | None) -> list[Rule]:
        """The rules of a direction whose subject may be in `namespace` (None: an end without one), in order."""
        local, general = self._by_namespace[direction]
        mine = local.get(namespace, []) if namespace is not None else []
        if not mine:
            return [rule for _, rule in general]
        found = list(mine)
        for entry in general:
            insort(found, entry, key=_position)
        return [rule for _, rule in found]


def nets_of(peer: Peer) -> Iterator[Net]:
    """Every set of addresses that a peer speaks of."""
    if isinstance(peer, Net):
        yield peer
    elif isinstance(peer, AllOf | AnyOf):
        for part in peer.parts:
            yield from nets_of(part)
    elif isinstance(peer, NoneOf):
        yield from nets_of(peer.part)
    elif isinstance(peer, Unsure):
        yield from nets_of(peer.within)


def _position(entry: tuple[int, Rule]) -> int:
    return entry[0]


def rule_key(rule: Rule) -> tuple[Any, ...]:
    return (rule.tier.order, rule.tier.name, rule.order)


def namespaces_of(subject: Peer) -> tuple[str, ...] | None:
    """The namespaces, by name, outside of which `subject` matches nothing; None where it names none."""
    if isinstance(subject, Selected):
        return _named(subject.where) if subject.kind == "pod" else None
    if isinstance(subject, AllOf):
        return next((names for part in subject.parts if (names := namespaces_of(part)) is not None), None)
    return None


def _named(where: Expression) -> tuple[str, ...] | None:
    if isinstance(where, Match):
        if where.scope == "fact" and where.key == "namespace" and where.operator == "in":
            return where.values
    elif isinstance(where, All):
        return next((names for part in where.parts if (names := _named(part)) is not None), None)
    return None


class PolicyModel:
    """All policies of a world under one profile. `enforced` holds what is in force; `staged` what would be if staged policies were, or None."""

    def __init__(
        self, world: World, profile: Profile, lowered: Iterable[Lowered], *, assume_rejected: bool = False
    ) -> None:
        self.world, self.profile, self.assume_rejected = world, profile, assume_rejected
        self.lowered: tuple[Lowered, ...] = tuple(lowered)
        self.edited: dict[ObjectRef, Object] = {}
        """Policies that take the place of those of the world's cluster."""

    @classmethod
    def of(cls, source: Cluster | World, profile: Profile = UPSTREAM, *, assume_rejected: bool = False) -> PolicyModel:
        """Lowers every policy of `source`. Nothing is raised for a bad policy: `notices` name it and answers that it touches are unknown."""
        world = source if isinstance(source, World) else World.of(source)
        context = Context(world, profile, assume_rejected=assume_rejected)
        found: list[Lowered] = []
        for kind, reader in READERS.items():
            policies = world.cluster.known(kind)
            if policies and reader.dialect not in profile.enforces:
                found.extend(_not_enforced(policy, profile) for policy in policies)
            else:
                lower = reader.lower
                found.extend([lower(policy, context) for policy in policies])
            found.extend(_missing(kind, reader, world, assume_rejected))
        found.extend(_lower_draft(one, context) for one in world.cluster.known(PolicyDraft))
        doubts = Doubts.of(world.cluster)
        if doubts:
            found = [doubts.about(one) for one in found]
        if _two_worlds(found):
            found.append(Lowered(_TOGETHER.policy or ObjectRef("", "", ""), (), (_TOGETHER,)))
        return cls(world, profile, found, assume_rejected=assume_rejected)

    def with_policy(self, policy: Object | None, replaces: ObjectRef | None = None) -> PolicyModel:
        """The model with `policy` added, in the place of the policy `replaces` (its own ref by default); None removes that one."""
        gone = replaces or (policy.ref if policy is not None else None)
        kept = [one for one in self.lowered if one.policy != gone]
        if policy is not None:
            kept.append(self.lower(policy))
        found = PolicyModel(self.world, self.profile, kept, assume_rejected=self.assume_rejected)
        found.edited = {ref: one for ref, one in self.edited.items() if ref != gone}
        if policy is not None:
            found.edited[policy.ref] = policy
        return found

    def lower(self, policy: Object) -> Lowered:
        """One policy object under this model's profile."""
        if isinstance(policy, PolicyDraft):
            return _lower_draft(policy, Context(self.world, self.profile, assume_rejected=self.assume_rejected))
        reader = READERS[type(policy)]
        if reader.dialect not in self.profile.enforces:
            return _not_enforced(policy, self.profile)
        lowered = reader.lower(policy, Context(self.world, self.profile, assume_rejected=self.assume_rejected))
        doubts = Doubts.of(self.world.cluster)
        return doubts.about(lowered) if doubts else lowered

    def tier_of(self, policy: Object) -> Tier:
        """The tier that a policy is in, whether or not it has rules, is refused or is not enforced."""
        if isinstance(policy, PolicyDraft):
            try:
                return self.tier_of(draft.policy_of(policy))
            except Refused:
                return DEFAULT_TIER
        reader = READERS[type(policy)]
        if reader.tier_of is None:
            return reader.tier
        return reader.tier_of(policy, Context(self.world, self.profile))

    @cached_property
    def enforced(self) -> RuleSet:
        return RuleSet([*self.exempt, *(rule for one in self.lowered if not one.stage for rule in one.rules)])

    @cached_property
    def staged(self) -> RuleSet | None:
        staged = [one for one in self.lowered if one.stage]
        if not staged:
            return None
        replaced = {one.replaces for one in staged}
        rules = [
            rule
            for one in self.lowered
            if one.stage == "set" or (not one.stage and one.policy not in replaced)
            for rule in one.rules
        ]
        return RuleSet([*self.exempt, *rules])

    @cached_property
    def exempt(self) -> tuple[Rule, ...]:
        """What no policy says: a node reaches its own pods, host endpoints have failsafe ports. A pod and itself is the evaluators' own case."""
        hosts: list[Rule] = []
        if "calico" in self.profile.enforces:
            hosts = calico.host_rules(Context(self.world, self.profile))
        return (
            *hosts,
            Rule(
                EXEMPT_TIER,
                (MIDDLE, 0, "", 0),
                Direction.INGRESS,
                Selected(EVERYTHING),
                OwnNode(),
                Traffic(),
                Action.ALLOW,
                RuleRef(None, "", "a node always reaches the pods that run on it"),
                "exempt",
            ),
        )

    @cached_property
    def families(self) -> frozenset[int]:
        """The IP families to ask about. Where the world shows no address, IPv4, and IPv6 too if a policy speaks of it."""
        if self.world.families:
            return self.world.families
        speaks = any(
            net.prefixes.v6 for rule in self.enforced.rules for end in (rule.subject, rule.peer) for net in nets_of(end)
        )
        return frozenset((4, 6)) if speaks else frozenset((4,))

    @cached_property
    def traffic_sets(self) -> tuple[IntervalSet, ...]:
        """Every set of traffic that a rule speaks of, and every port that a name may mean: what no two of them divide is treated alike."""
        found = {rule.traffic.numbers for rule in self.enforced.rules}
        if any(rule.traffic.named or rule.traffic.excluded for rule in self.enforced.rules):
            found |= {
                ports_of(protocol, number, number) for pod in self.world.pods for _, protocol, number in pod.ports()
            }
        return tuple(found)

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(notice for one in self.lowered for notice in one.notices)

    @cached_property
    def strict(self) -> PolicyModel:
        """The same policies where no dataplane is assumed."""
        if self.profile is STRICT:
            return self
        return PolicyModel.of(self.world, STRICT, assume_rejected=self.assume_rejected)


_TOGETHER = Notice(
    "ambiguous",
    ObjectRef("Cluster", "", "policies"),
    "",
    "the input holds policies of Calico and of Cilium, which no dataplane enforces together; choose a profile",
)


def _two_worlds(lowered: Iterable[Lowered]) -> bool:
    groups = {one.policy.group for one in lowered if one.rules}
    return "cilium.io" in groups and bool(groups & {"projectcalico.org", "crd.projectcalico.org"})


def _lower_draft(one: PolicyDraft, context: Context) -> Lowered:
    """What a draft would do were it in force. A draft that holds no policy does nothing, and is named: nothing in force depends on it."""
    try:
        policy = draft.policy_of(one)
        reader = READERS.get(type(policy))
        if reader is None:
            raise Refused("spec.policy.kind", f"{policy.kind} is no policy")
    except Refused as error:
        return Lowered(one.ref, (), (Notice("refused", one.ref, error.path, error.reason, one.origin),), "learn")
    if reader.dialect not in context.profile.enforces:
        return draft.as_draft(one, policy, _not_enforced(policy, context.profile))
    return draft.as_draft(one, policy, reader.lower(policy, context))


def _not_enforced(policy: Object, profile: Profile) -> Lowered:
    what = f"{policy.kind} has no effect under the profile {profile.name}: that dataplane does not enforce it"
    return Lowered(policy.ref, (), (Notice("not-enforced", policy.ref, "", what, policy.origin),))


def _missing(kind: type[Object], reader: _Reader, world: World, assume_rejected: bool) -> Iterable[Lowered]:
    """Doubt where policies of a kind exist and could not be read: they may say anything of anyone."""
    for row in KINDS:
        if row.type is not kind:
            continue
        for gap in world.cluster.coverage.gaps_of(row.kind, row.group):
            ref = ObjectRef(row.kind, "", "not read", row.group)
            refused = gap.reason in ("undecodable", "refused", "unsupported")
            notice = Notice("refused" if refused else "unsupported", ref, "", str(gap))
            if refused and assume_rejected:
                yield Lowered(ref, (), (notice,))
                continue
            yield Lowered(
                ref,
                tuple(
                    Rule(
                        reader.tier,
                        (MIDDLE, 0, "", 0),
                        direction,
                        Selected(EVERYTHING),
                        EVERYONE,
                        Traffic(),
                        Action.UNKNOWN,
                        RuleRef(ref),
                        "refused",
                        f"{row.kind} could not be read: {gap}",
                    )
                    for direction in BOTH
                ),
                (notice,),
            )
