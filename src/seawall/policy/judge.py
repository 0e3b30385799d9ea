"""The tuple evaluator: one connection, judged rule by rule, with the full trace. Plainly right before fast; the relation is tested against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

import msgspec

from seawall.policy.labels import holds
from seawall.policy.lower import PolicyModel, RuleSet
from seawall.policy.model import (
    Action,
    AllOf,
    AnyOf,
    Direction,
    Domains,
    Everyone,
    Net,
    NoneOf,
    OtherNode,
    Outside,
    OwnNode,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Ternary,
    Traffic,
)
from seawall.policy.profiles import SWITCHES
from seawall.policy.world import End, NodeEnd, OutsideEnd, PodEnd

NO, MAYBE, YES = 0, 1, 2
"""What may be said of a match. And is the least, or the greatest, not is 2 minus."""

_DIFFERS = {switch.name: switch.differs for switch in SWITCHES}
NO_ADDRESS_YET = "the pod has no address yet"

Verdict = bool | None


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule that matched, or may match, on the way. `why` says what is not known where it only may."""

    tier: str
    rule: RuleRef
    action: Action
    certain: bool = True
    purpose: str = "rule"
    why: str = ""
    layer_7: tuple[str, ...] = ()


class Trace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one direction was decided: the steps in order and, where the verdict is known, the one that decided (None: the cluster's default, allow)."""

    allowed: Verdict
    decided_by: Step | None = None
    steps: tuple[Step, ...] = ()
    reason: str = ""


class Judgement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One connection. `allowed` is None where it cannot be told; `reason` says why in a sentence."""

    allowed: Verdict
    egress: Trace
    ingress: Trace
    reason: str = ""


def conjunction(first: Verdict, second: Verdict) -> Verdict:
    """Kleene's and."""
    if first is False or second is False:
        return False
    return True if first and second else None


# ------------------------------------------------------------------------------------------------ matching


class Flow(msgspec.Struct, frozen=True):
    """What is asked: traffic (see `model.TRAFFIC_SPAN`) over an IP family, from one end to another."""

    source: End
    destination: End
    traffic: int
    family: int


def matches(peer: Peer, end: End, subject: End, family: int, why: list[str]) -> int:
    """Whether `end` is meant by `peer` in a rule about `subject`. What leaves it open is added to `why`."""
    if isinstance(peer, Selected):
        return _selected(peer, end, why)
    if isinstance(peer, Everyone):
        return YES
    if isinstance(peer, Net):
        return _net(peer, end, family, why)
    if isinstance(peer, AnyOf):
        return max((matches(part, end, subject, family, why) for part in peer.parts), default=NO)
    if isinstance(peer, AllOf):
        return min((matches(part, end, subject, family, why) for part in peer.parts), default=YES)
    if isinstance(peer, NoneOf):
        return YES - matches(peer.part, end, subject, family, why)
    if isinstance(peer, Outside):
        return YES if isinstance(end, OutsideEnd) and peer.family in (0, family) else NO
    if isinstance(peer, OwnNode):
        return _own_node(end, subject, why)
    if isinstance(peer, OtherNode):
        return YES - _own_node(end, subject, why) if _node_of(end) is not None else NO
    if isinstance(peer, Domains):
        return _domains(peer, end, why)
    found = matches(peer.within, end, subject, family, why)
    if found == NO:
        return NO
    why.append(peer.why)
    return MAYBE


def _selected(peer: Selected, end: End, why: list[str]) -> int:
    if peer.kind == "node":
        node = _node_of(end)
        return YES if node is not None and holds(peer.where, node.attribute) else NO
    if not isinstance(end, PodEnd):
        return NO
    if end.host_network and peer.host_network is Ternary.NO:
        return NO
    if not holds(peer.where, end.attribute):
        return NO
    if end.host_network and peer.host_network is Ternary.EITHER:
        why.append(_DIFFERS["host_network_is_pod"])
        return MAYBE
    return YES


_NOWHERE = NodeEnd("", {}, ())


def _node_of(end: End) -> NodeEnd | None:
    """The node that an end is seen as on the wire: itself, or that of a pod in its node's network (a nameless one where it is not known)."""
    if isinstance(end, NodeEnd):
        return end
    if isinstance(end, PodEnd) and end.host_network:
        return end.node or _NOWHERE
    return None


def _own_node(end: End, subject: End, why: list[str]) -> int:
    node = _node_of(end)
    if node is None:
        return NO
    home = subject.node if isinstance(subject, PodEnd) else _node_of(subject)
    if home is None or home is _NOWHERE or node is _NOWHERE:
        why.append("it is not known which node the pod runs on")
        return MAYBE
    return YES if home is node else NO


def _net(peer: Net, end: End, family: int, why: list[str]) -> int:
    spans = peer.prefixes.family(family)
    if isinstance(end, OutsideEnd):
        if end.address is None:
            if not spans:
                return NO
            why.append(f"the address of {end.domain} is not known")
            return MAYBE
        return YES if end.address in peer.prefixes else NO
    node = _node_of(end)
    counts, switch = (peer.pods, "cidr_matches_pods") if node is None else (peer.nodes, "cidr_matches_nodes")
    if counts is Ternary.NO:
        return NO
    addresses = end.addresses or (node.addresses if node is not None else ())
    if addresses:
        found = YES if any(one.family == family and one.value in spans for one in addresses) else NO
    elif not spans:
        found = NO
    elif spans.spans == ((0, (1 << (32 if family == 4 else 128)) - 1),):
        found = YES
    else:
        why.append(NO_ADDRESS_YET if node is None else "the node's address is not known")
        return MAYBE
    if found == YES and counts is Ternary.EITHER:
        why.append(_DIFFERS[switch])
        return MAYBE
    return found


def _domains(peer: Domains, end: End, why: list[str]) -> int:
    if not isinstance(end, OutsideEnd):
        return NO
    if end.domain:
        return YES if any(re.fullmatch(pattern, end.domain.lower().rstrip(".")) for pattern in peer.patterns) else NO
    why.append(f"whether {', '.join(peer.written)} has this address is known only to who asks the name")
    return MAYBE


def matches_traffic(traffic: Traffic, flow: Flow, why: list[str]) -> int:
    """Whether the flow's protocol and port are meant. Named ports are those of the destination, whatever the direction."""
    if traffic.family not in (0, flow.family):
        return NO
    target = flow.destination
    declared = isinstance(target, PodEnd) and not target.host_network
    key = (flow.traffic >> 16, flow.traffic & 0xFFFF)
    found = flow.traffic in traffic.numbers or (
        declared and any(key in target.resolve(name) for name in traffic.named)  # type: ignore[union-attr]
    )
    if not found or (declared and any(key in target.resolve(name) for name in traffic.excluded)):  # type: ignore[union-attr]
        return NO
    if traffic.unsure:
        why.append(traffic.unsure)
        return MAYBE
    return YES


# ------------------------------------------------------------------------------------------------ deciding


class _Walk:
    """A walk through the rules of one direction: what may come out, and what of it is certain."""

    def __init__(self, direction: Direction, flow: Flow) -> None:
        self.flow, self.direction = flow, direction
        self.subject, self.other = (
            (flow.source, flow.destination) if direction is Direction.EGRESS else (flow.destination, flow.source)
        )
        self.outcomes: dict[Literal["allow", "deny"], Step | None] = {}
        self.steps: list[Step] = []

    def match(self, rule: Rule) -> tuple[int, str]:
        why: list[str] = []
        found = matches(rule.subject, self.subject, self.subject, self.flow.family, why)
        if found != NO:
            found = min(found, matches_traffic(rule.traffic, self.flow, why))
        if found != NO:
            found = min(found, matches(rule.peer, self.other, self.subject, self.flow.family, why))
        return found, "; ".join(dict.fromkeys(why)) if found == MAYBE else ""

    def first(self, rules: Sequence[Rule]) -> tuple[bool, bool]:
        """The first match among rules in order: whether the flow may still be undecided, and whether it may pass to the next tier."""
        passes = False
        for rule in rules:
            found, why = self.match(rule)
            if found == NO:
                continue
            step = Step(
                rule.tier.name, rule.ref, rule.action, found == YES, rule.purpose, why or rule.why, rule.layer_7
            )
            self.steps.append(step)
            match rule.action:
                case Action.LOG:
                    continue
                case Action.PASS:
                    passes = True
                case Action.UNKNOWN:
                    self.outcomes.setdefault("allow", step)
                    self.outcomes.setdefault("deny", step)
                case Action.ALLOW:
                    self.outcomes.setdefault("allow", step)
                case Action.DENY:
                    self.outcomes.setdefault("deny", step)
            if found == YES:
                return False, passes
        return True, passes

    def run(self, rules: Sequence[Rule]) -> Trace:
        alive = True
        for tier, in_tier in groupby(rules, key=lambda rule: rule.tier):
            if not alive:
                break
            here, passes = True, False
            for block in _blocks(list(in_tier), tier.ties):
                results = [self.first(one) for one in block]
                passes = passes or any(passed for _, passed in results)
                here = all(stays for stays, _ in results)
                if not here:
                    break
            alive = here or passes
        if alive:
            self.outcomes.setdefault("allow", None)
        return self._trace()

    def _trace(self) -> Trace:
        steps = tuple(self.steps)
        if len(self.outcomes) == 1:
            ((outcome, step),) = self.outcomes.items()
            return Trace(outcome == "allow", step, steps, _reason(self.direction, outcome == "allow", step))
        doubts = dict.fromkeys(step.why for step in steps if step.why) or dict.fromkeys(
            (
                f"policies of equal priority disagree: {', '.join(str(step.rule) for step in steps)}; {_DIFFERS['ties_by_name']}",
            )
        )
        return Trace(None, None, steps, f"{self.direction} cannot be told: {'; '.join(doubts)}")


def _blocks(rules: list[Rule], ties: str) -> Iterator[list[list[Rule]]]:
    """Rules of a tier in blocks that follow each other; within a block any of the lists may be asked first."""
    if ties == "name":
        yield [rules]
        return
    for _, equal in groupby(rules, key=lambda rule: rule.order[:2]):
        yield [list(one) for _, one in groupby(equal, key=lambda rule: rule.order[2])]


def _reason(direction: Direction, allowed: bool, step: Step | None) -> str:
    side = "leaving the source" if direction is Direction.EGRESS else "reaching the destination"
    if step is None:
        return f"{side} is allowed: no policy says otherwise"
    verb = "allowed" if allowed else "denied"
    if step.purpose == "isolation":
        return f"{side} is denied: {step.rule.policy} isolates {direction} and no rule allows it"
    if step.purpose == "tier-default":
        return f"{side} is {verb}: the tier {step.tier} ends so for what {step.rule.policy} selects"
    if step.purpose == "exempt":
        return f"{side} is {verb}: {step.rule.name}"
    return f"{side} is {verb} by {step.rule} in the tier {step.tier}"


NOT_GOVERNED = {
    Direction.EGRESS: Trace(True, reason="no policy governs what leaves this source"),
    Direction.INGRESS: Trace(True, reason="no policy governs what reaches this destination"),
}
ITSELF = Trace(True, reason="a pod always reaches its own address")


class Judge:
    """Judges flows against a set of rules."""

    def __init__(self, model: PolicyModel, rules: RuleSet | None = None) -> None:
        self.model, self.rules = model, rules or model.enforced
        self._about: dict[tuple[Direction, int], list[Rule]] = {}

    def judge(self, flow: Flow, *, hairpin: bool = False) -> Judgement:
        """One flow over one family. `hairpin`: it went out to a Service and came back to its source."""
        if flow.source is flow.destination and isinstance(flow.source, PodEnd):
            exempt = self.model.profile.hairpin_exempt if hairpin else self.model.profile.pod_to_itself
            if exempt is Ternary.YES:
                return Judgement(True, ITSELF, ITSELF, "a pod always reaches itself")
            if exempt is Ternary.EITHER:
                found = self._judge(flow)
                if found.allowed:
                    return found
                why = f"the pod reaches itself through a Service: {_DIFFERS['hairpin_exempt']}"
                return Judgement(None, found.egress, found.ingress, why)
            # After the way through the Service the packet comes from the pod's node, which always reaches its own pods.
            egress = self.direction(Direction.EGRESS, flow)
            return Judgement(egress.allowed, egress, NOT_GOVERNED[Direction.INGRESS], egress.reason)
        return self._judge(flow)

    def _judge(self, flow: Flow) -> Judgement:
        egress, ingress = self.direction(Direction.EGRESS, flow), self.direction(Direction.INGRESS, flow)
        allowed = conjunction(egress.allowed, ingress.allowed)
        if allowed is False:
            reason = "; ".join(trace.reason for trace in (egress, ingress) if trace.allowed is False)
        elif allowed is None:
            reason = "; ".join(trace.reason for trace in (egress, ingress) if trace.allowed is None)
        else:
            reason = f"{egress.reason}; {ingress.reason}"
        return Judgement(allowed, egress, ingress, reason)

    def direction(self, direction: Direction, flow: Flow) -> Trace:
        """What one direction says of a flow."""
        subject = flow.source if direction is Direction.EGRESS else flow.destination
        if isinstance(subject, OutsideEnd):
            return NOT_GOVERNED[direction]
        return _Walk(direction, flow).run(self.rules_about(direction, subject))

    def rules_about(self, direction: Direction, subject: PodEnd | NodeEnd) -> list[Rule]:
        """The rules that may be about the subject; kept, because a subject is asked about many times."""
        key = (direction, id(subject))
        found = self._about.get(key)
        if found is None:
            namespace = subject.namespace if isinstance(subject, PodEnd) else None
            found = self._about[key] = [
                rule
                for rule in self.rules.about(direction, namespace)
                if any(matches(rule.subject, subject, subject, one, []) != NO for one in (4, 6))
            ]
        return found
