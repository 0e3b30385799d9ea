"""`preview`: what a change of policies does, to all traffic there could be and to the traffic that was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from seawall.app.answer import Answer
from seawall.app.evidence import (
    SHOWN,
    Confidence,
    Coverage,
    RecordedFlow,
    confidence_in,
    coverage_of,
    listed,
    misleading,
)
from seawall.app.moment import rfc3339
from seawall.app.policy import ChangeAnswer, NoticeAnswer, compare_worlds, notices_of
from seawall.app.policy_plan import planned
from seawall.app.recommend import model_at_rest
from seawall.app.traffic import Traffic
from seawall.kit.bitsets import members
from seawall.kit.errors import UserError
from seawall.kit.prefixes import Address
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.model.plan import Plan
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import POLICY_TYPES, PolicyModel
from seawall.policy.matrix import ALLOWED, DENIED, UNKNOWN
from seawall.policy.model import TCP, UDP, kind_of_traffic
from seawall.policy.observed import Edges, EndName, Placed, place
from seawall.policy.reach import Reaching
from seawall.policy.replay import replay
from seawall.policy.world import OutsideEnd

_DNS = ("kube-system/kube-dns", kind_of_traffic(UDP, 53), "DNS")
_API_SERVER = ("default/kubernetes", kind_of_traffic(TCP, 443), "the API server")


class RecordedEffect(Answer, frozen=True):
    """What the change does to recorded traffic: flows are pairs of ends and port, `events` how often they were recorded.

    `cut` were let through and would not be, on all or some of the pods (`flows` of them are listed, the busiest first); `opened` were denied and would
    not be; `unknown` cannot be told; `disagree` were let through although the policies before the change deny them, and are counted in none of these.
    """

    judged: int
    cut: int
    cut_events: int
    opened: int
    opened_events: int
    unknown: int
    disagree: int
    cut_flows: list[RecordedFlow]
    opened_flows: list[RecordedFlow]
    whose: list[str]
    last_cut: str
    coverage: Coverage
    confidence: Confidence


class PossibleEffect(Answer, frozen=True):
    """What the change does to all traffic that there could be: pairs of workloads, and workloads with addresses outside."""

    opened: int
    cut: int
    unknown: int
    changes: list[ChangeAnswer]


class PreviewAnswer(Answer, frozen=True):
    """`first` is to be said before any number. `recorded` is null where no traffic was given; `changed` names the policies that differ."""

    first: list[str]
    changed: list[str]
    recorded: RecordedEffect | None
    possible: PossibleEffect
    notices: list[NoticeAnswer]


class Change:
    """Two models of one world, and the policies in which they differ."""

    def __init__(self, before: Reaching, after: Reaching, changed: tuple[ObjectRef, ...]) -> None:
        self.before, self.after, self.changed = before, after, changed
        self.models = before.model, after.model
        self.world = before.model.world
        self.unjudged: tuple[str, ...] = ()
        """What else the change does, in sentences: it has no part in the answer."""

    @cached_property
    def subjects(self) -> frozenset[int]:
        """The pods, by identity, that the changed policies are about, before or after."""
        found: set[int] = set()
        for reaching in (self.before, self.after):
            classes = reaching.relation.classes
            family = min(reaching.relation.views)
            bits = 0
            for one in reaching.model.lowered:
                if one.policy in self.changed:
                    for rule in one.rules:
                        bits |= classes.bits(rule.subject, family)[1]
            found.update(id(pod) for at in members(bits & classes.pods) for pod in classes.pods_of[at])
        return frozenset(found)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of those pods; () where that is all of them."""
        names = {pod.namespace for pod in self.world.pods if id(pod) in self.subjects}
        return () if names >= set(self.world.by_namespace) else tuple(sorted(names))


def standing(cluster: Cluster, profile: str) -> Reaching:
    """The policies in force, to which changes are compared."""
    return Reaching(model_at_rest(cluster, profile))


def change_between(before: Cluster, after: Cluster, profile: str) -> Change:
    """From the policies of one input to those of another, over the pods of the first: recorded traffic is theirs."""
    theirs = [thing for kind in POLICY_TYPES for thing in after.known(kind)]
    mine = {thing.ref: thing for kind in POLICY_TYPES for thing in before.known(kind)}
    changed = [thing for thing in theirs if thing.ref not in mine or mine[thing.ref] != thing]
    gone = mine.keys() - {thing.ref for thing in theirs}
    return _changed(standing(before, profile), changed, gone)


def change_with(before: Reaching, things: Iterable[Object]) -> Change:
    """From the policies in force to the same with some added, or in the place of those of the same name. UserError where there is none."""
    found = [thing for thing in things if isinstance(thing, POLICY_TYPES)]
    if not found:
        raise UserError(
            "there is no policy among what is to be tried", do="give NetworkPolicies or those of another dialect"
        )
    return _changed(before, found, ())


def change_planned(before: Reaching, plans: Mapping[str, Plan], things: Iterable[Object] = ()) -> Change:
    """From the policies in force to what Plans (by the name of their file) make of them, and policies beside. UserError where a Plan does not fit."""
    changed = {thing.ref: thing for thing in things if isinstance(thing, POLICY_TYPES)}
    gone: dict[ObjectRef, None] = {}
    others: dict[str, int] = {}
    for where, plan in plans.items():
        made = planned(before.model.world.cluster, plan, where)
        changed.update((thing.ref, thing) for thing in made.changed)
        gone.update(dict.fromkeys(made.gone))
        if made.others:
            others[where] = made.others
    if not changed and not gone:
        raise UserError("no step of it changes a policy", where=", ".join(plans), do="see seawall plan show")
    found = _changed(before, tuple(changed.values()), gone)
    found.unjudged = tuple(
        f"{where}: {count:,} of its steps change something else than policies, and are not judged here."
        for where, count in others.items()
    )
    return found


def _changed(before: Reaching, changed: Sequence[Object], gone: Iterable[ObjectRef]) -> Change:
    removed = tuple(gone)
    refs = tuple(sorted({*removed, *(policy.ref for policy in changed)}, key=str))
    if len(changed) == 1 and not removed:  # one policy: only the rows of those whom it selects are made again
        relation = before.relation.with_policy(changed[0])
        return Change(before, Reaching(relation.model, relation), refs)
    model = before.model
    lowered = [one for one in model.lowered if one.policy not in refs] + [model.lower(policy) for policy in changed]
    after = PolicyModel(model.world, model.profile, lowered, assume_rejected=model.assume_rejected)
    return Change(before, Reaching(after), refs)


def preview(change: Change, traffic: Traffic | None) -> PreviewAnswer:
    """What a change does."""
    first = [*change.unjudged, *_selects_nobody(change), *_lifelines(change)]
    recorded = None
    if traffic is not None:
        placed = place(traffic.edges, change.before.groups, change.world)
        recorded = _recorded(change, traffic, placed)
        if recorded.disagree:
            first.append(
                f"{recorded.disagree:,} recorded flows were let through although the policies before the change deny them: the policies, or labels, "
                "are not those of then, or the dataplane does not do what they say."
            )
        first += misleading(traffic, placed)
    found = compare_worlds(*change.models)
    return PreviewAnswer(
        first=first,
        changed=list(map(str, change.changed)),
        recorded=recorded,
        possible=PossibleEffect(
            opened=sum(bool(one.newly_allowed) for one in found.changes),
            cut=sum(bool(one.newly_denied) for one in found.changes),
            unknown=sum(bool(one.newly_unknown) for one in found.changes),
            changes=found.changes,
        ),
        notices=[
            one
            for one in notices_of(change.models[1])
            if one.policy is None or _named(one) in set(map(str, change.changed))
        ],
    )


def _named(notice: NoticeAnswer) -> str:
    one = notice.policy
    assert one is not None
    return f"{one.namespace}/{one.name} ({one.kind})" if one.namespace else f"{one.name} ({one.kind})"


# ------------------------------------------------------------------------------------------------ said first


def _selects_nobody(change: Change) -> Iterable[str]:
    classes = change.after.relation.classes
    family = min(change.after.relation.views)
    for one in change.models[1].lowered:
        if one.policy in change.changed and one.rules:
            met = 0
            for rule in one.rules:
                met |= classes.bits(rule.subject, family)[1]
            if not met & classes.pods:
                yield f"{one.policy} selects no pod of the input: it does nothing."


def _lifelines(change: Change) -> Iterable[str]:
    """What nearly everything needs, where the change takes it away."""
    world, before, after = change.world, change.before, change.after
    for name, traffic, words in (_DNS, _API_SERVER):
        namespace, _, service = name.partition("/")
        if (namespace, service) not in world.services:
            continue
        groups = [group for group in before.groups if not all(pod.host_network for pod in group.pods)]
        ends = [EndName("pod", group.pods[0].namespace, group.ref.name, group.ref.kind) for group in groups]
        count = len(ends)
        column = np.arange(count)
        some = np.ones(count, np.int64)
        edges = Edges(
            (*ends, EndName("service", namespace, service=name)),
            column,
            np.full(count, count),
            np.full(count, traffic),
            some,
            some,
            some,
            some,
            some,
        )
        placed = place(edges, before.groups, world)
        lost = (replay(before, placed) == ALLOWED) & (replay(after, placed) & DENIED > 0)
        whose = sorted({placed.parties[at].name for at in placed.source[lost].tolist()})
        if len(whose) == count and count > 1:
            yield f"It cuts {words} for everybody: all {count:,} workloads reach it today, and none would."
        elif whose:
            yield f"It cuts {words} for {len(whose):,} of {count:,} workloads: {', '.join(whose[:5])}{' …' if len(whose) > 5 else ''}."


# ------------------------------------------------------------------------------------------------ recorded


def _recorded(change: Change, traffic: Traffic, placed: Placed) -> RecordedEffect:
    edges = placed.edges
    then, now = replay(change.before, placed), replay(change.after, placed)
    passed = (edges.allowed > 0) | ((edges.denied == 0) & (edges.unknown > 0) & (then & ALLOWED > 0))
    differs = then != now
    cut = np.flatnonzero(passed & differs & (then & ALLOWED > 0) & (now & DENIED > 0) & (then & DENIED == 0))
    opened = np.flatnonzero(
        (edges.denied > 0) & differs & (then & DENIED > 0) & (now & ALLOWED > 0) & (then & ALLOWED == 0)
    )
    unknown = np.flatnonzero(differs & (now & UNKNOWN > 0))
    disagree = np.flatnonzero((edges.allowed > 0) & (edges.denied == 0) & (then == DENIED))
    cut = cut[np.argsort(-edges.events[cut], kind="stable")]
    opened = opened[np.argsort(-edges.events[opened], kind="stable")]
    parties = [
        at
        for at, party in enumerate(placed.parties)
        if party.ref is not None and any(id(pod) in change.subjects for pod in party.pods)
    ]
    judge = Judge(change.models[1])
    whose = [at for at in np.unique(np.concatenate([placed.source[cut], placed.destination[cut]])).tolist() if at >= 0]
    return RecordedEffect(
        judged=int((now > 0).sum()),
        cut=len(cut),
        cut_events=int(edges.allowed[cut].sum() + edges.unknown[cut].sum()),
        opened=len(opened),
        opened_events=int(edges.denied[opened].sum()),
        unknown=len(unknown),
        disagree=len(disagree),
        cut_flows=_flows(judge, placed, cut, now),
        opened_flows=_flows(judge, placed, opened, now),
        whose=[placed.parties[at].name for at in whose],
        last_cut=_last(edges, cut),
        coverage=coverage_of(traffic, placed),
        confidence=confidence_in(traffic, placed, parties),
    )


def _last(edges: Edges, rows: Any) -> str:
    return rfc3339(int(edges.last[rows].max())) if len(rows) else ""


def _flows(judge: Judge, placed: Placed, rows: Any, now: Any) -> list[RecordedFlow]:
    shown = rows[:SHOWN].tolist()
    why = []
    for row in shown:
        mixed = "on some of the pods: " if now[row] & ALLOWED and now[row] & DENIED else ""
        why.append(mixed + _deciding(judge, placed, row))
    return listed(placed, shown, why)


def _deciding(judge: Judge, placed: Placed, row: int) -> str:
    """What decides about a flow, asked of one pair of its pods."""
    source, destination = (_one_end(placed, int(end[row])) for end in (placed.edges.source, placed.edges.destination))
    if source is None or destination is None:
        return ""
    return judge.judge(Flow(source, destination, int(placed.edges.traffic[row]), min(judge.model.families))).reason


def _one_end(placed: Placed, end: int) -> Any:
    if placed.party[end] >= 0:
        party = placed.parties[int(placed.party[end])]
        return party.node or party.pods[-1]
    if placed.network[end] >= 0:
        network = placed.networks[int(placed.network[end])]
        return OutsideEnd(Address(network.family, network.value + 1))
    return OutsideEnd(None, placed.names[int(placed.name[end])]) if placed.name[end] >= 0 else None
