"""The policy model of a Cluster, and what several checks ask of it; `context.index(Policies)` builds it once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from seawall.kit.bitsets import members
from seawall.kit.prefixes import address
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.model.cluster.snapshot import Cluster
from seawall.model.cluster.workload import Workload
from seawall.policy.classes import Classes, Interest
from seawall.policy.effect import Conflict, Effects, Idle
from seawall.policy.judge import Flow, Judge, Trace
from seawall.policy.labels import All, Expression, Match, matches_of
from seawall.policy.lower import POLICY_TYPES, PolicyModel, namespaces_of
from seawall.policy.model import TCP, Action, Direction, Lowered, Notice, Peer, Rule, Selected, kind_of_traffic
from seawall.policy.reach import stranger
from seawall.policy.world import NAMESPACE_NAME, OutsideEnd, PodEnd, World

POLICIES = POLICY_TYPES
DNS_PORT, METADATA_PORT, SOME_PORT = 53, 80, 65000
_NAMES = {("fact", "namespace"), ("namespace", NAMESPACE_NAME)}
"""Attributes that hold a namespace's name."""
METADATA = OutsideEnd(address("169.254.169.254"))


class Policies:
    """Reading it raises NotCollected where NetworkPolicies could not be listed."""

    def __init__(self, cluster: Cluster) -> None:
        self.policies = cluster.of(NetworkPolicy)
        self.model = PolicyModel.of(cluster)
        self.judge = Judge(self.model)
        self.world: World = self.model.world

    @cached_property
    def classes(self) -> Classes:
        return Classes(self.world, Interest(self.model.enforced.rules), self.model.families)

    def meant(self, peer: Peer) -> list[PodEnd]:
        """One pod of each class that a peer may match; pods in their node's network are left out."""
        bits = self.classes.bits(peer, min(self.model.families))[1] & self.classes.pods
        return [self.classes.pods_of[one][0] for one in members(bits)]

    def nobody(self, peer: Peer) -> bool:
        """Whether a peer matches no pod and no node."""
        return not any(self.classes.bits(peer, family)[1] for family in self.model.families)

    def elsewhere(self, where: Expression) -> bool:
        """Whether an expression names namespaces of which these files, being no whole cluster, hold nothing."""
        if self.world.cluster.scope.runtime:
            return False
        parts = where.parts if isinstance(where, All) else (where,)
        named = [
            set(one.values)
            for one in parts
            if isinstance(one, Match) and one.operator == "in" and (one.scope, one.key) in _NAMES
        ]
        return any(names.isdisjoint(self.world.namespaces) for names in named)

    @cached_property
    def lowered(self) -> dict[ObjectRef, Lowered]:
        return {one.policy: one for one in self.model.lowered}

    def rules(self, policy: Object) -> tuple[Rule, ...]:
        """What a policy was lowered to."""
        found = self.lowered.get(policy.ref)
        return found.rules if found is not None else ()

    @cached_property
    def effects(self) -> Effects:
        return Effects(self.model)

    @cached_property
    def idle(self) -> dict[ObjectRef, list[Idle]]:
        found: dict[ObjectRef, list[Idle]] = defaultdict(list)
        for one in self.effects.idle():
            if one.rule.policy is not None:
                found[one.rule.policy].append(one)
        return found

    @cached_property
    def conflicts(self) -> dict[ObjectRef, list[Conflict]]:
        """The conflicts by the first of their policies."""
        found: dict[ObjectRef, list[Conflict]] = defaultdict(list)
        for one in self.effects.conflicts():
            if one.first.policy is not None:
                found[one.first.policy].append(one)
        return found

    @cached_property
    def notices(self) -> dict[ObjectRef, list[Notice]]:
        found: dict[ObjectRef, list[Notice]] = defaultdict(list)
        for notice in self.model.notices:
            if notice.policy is not None:
                found[notice.policy].append(notice)
        return found

    @cached_property
    def selecting_labels(self) -> dict[str, frozenset[str]]:
        """The keys by which policies select pods, by namespace."""
        found: dict[str, set[str]] = defaultdict(set)
        for rule in self.model.enforced.rules:
            if isinstance(rule.subject, Selected):
                for namespace in namespaces_of(rule.subject) or ():
                    matches = matches_of(rule.subject.where)
                    found[namespace].update(one.key for one in matches if one.scope == "label" and one.operator == "in")
        return {namespace: frozenset(keys) for namespace, keys in found.items()}

    def pods(self, workload: Workload) -> tuple[PodEnd, ...]:
        """The pods of a workload outside their node's network; none for a pod that stands behind its workload."""
        if workload.owner != workload.ref:
            return ()
        return tuple(pod for pod in self.world.by_workload.get(workload.ref, ()) if not pod.host_network)

    def with_stranger(self, pod: PodEnd, direction: Direction) -> Trace:
        """What the pod's policies say of a pod in a namespace that does not exist yet, on a port that nobody names."""
        other = stranger(pod, "a-namespace-of-its-own", {}, {NAMESPACE_NAME: "a-namespace-of-its-own"})
        return self.between(pod, other, direction, kind_of_traffic(TCP, SOME_PORT))

    def isolated(self, pod: PodEnd, direction: Direction) -> bool:
        """Whether some rule about the pod denies."""
        return any(rule.action in (Action.DENY, Action.UNKNOWN) for rule in self.judge.rules_about(direction, pod))

    def between(self, pod: PodEnd, other: PodEnd | OutsideEnd, direction: Direction, traffic: int) -> Trace:
        source, destination = (pod, other) if direction is Direction.EGRESS else (other, pod)
        return self.judge.direction(direction, Flow(source, destination, traffic, min(self.model.families)))

    def worst(self, workload: Workload, direction: Direction) -> Iterator[Trace]:
        """What a stranger meets at each distinct pod of a workload; the verdicts that let it through come first."""
        traces = [self.with_stranger(pod, direction) for pod in distinct(self.pods(workload))]
        yield from sorted(traces, key=lambda trace: (trace.allowed is False, trace.allowed is None))


def distinct(pods: tuple[PodEnd, ...]) -> tuple[PodEnd, ...]:
    """One pod of each set of labels."""
    found: dict[tuple[tuple[str, str], ...], PodEnd] = {}
    for pod in pods:
        found.setdefault(tuple(sorted(pod.labels.items())), pod)
    return tuple(found.values())


def untold(trace: Trace) -> bool:
    """Whether what is not known is a policy, and not where a pod that does not exist would have its address."""
    return trace.allowed is None and any(step.action is Action.UNKNOWN for step in trace.steps)


def index_of(path: str) -> str:
    """What tells two hits in one list of rules apart: the rule's place."""
    return path.replace("spec.", "")
