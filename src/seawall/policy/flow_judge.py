"""What one set of policies says of recorded flows: who the ends were, each distinct question judged once.

A recorded end is found by name; by the labels that were recorded of it where its pod is gone or looks otherwise today; else by its address. What a
verdict hangs on and nobody recorded (the ports that a pod named, the labels of a namespace that is gone) makes it unknown, with the reason.

Pods that are there are judged as sets (`Batch`), all others one kind at a time by the tuple evaluator.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from itertools import count
from typing import NamedTuple

import msgspec

from seawall.kit.prefixes import Address, address
from seawall.model.cluster.meta import NOWHERE, ObjectMeta, ObjectRef
from seawall.model.cluster.network_kinds import Service
from seawall.model.cluster.pod import Pod, PodSpec
from seawall.model.verdict import UNTOLD, Basis, Decider, EndKind, FlowEnd, FlowTuple, FlowVerdict, Word
from seawall.policy.batch import Batch, Outcome, Side
from seawall.policy.classes import Interest
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel, RuleSet
from seawall.policy.model import ICMP, ICMPV6, PROTOCOLS, Rule, RuleRef, kind_of_traffic
from seawall.policy.relation import Relation
from seawall.policy.world import NAMESPACE_NAME, End, NodeEnd, OutsideEnd, PodEnd, World

MOST_KEPT = 200_000
"""Answers kept for the next batch; beyond it they are forgotten, all at once."""
_TRANSPORTS = {"tcp": "TCP", "udp": "UDP", "sctp": "SCTP", "icmp": "ICMP", "icmpv6": "ICMPv6"}
_BASES: tuple[Basis, ...] = ("identity", "labels", "address")


class Untold(Exception):
    """A flow of which nothing can be said; the message is the reason, in words."""


class _Found(NamedTuple):
    """The end that a recorded one was (text: why nobody knows), what it was known by, and how it is judged. A Service stands for the pods behind it."""

    end: End | Service | str
    basis: Basis
    how: EndKind


class _Asked(NamedTuple):
    """A recorded flow as a question: the flows that it may have been (several where a Service was addressed)."""

    flows: tuple[Flow, ...]
    basis: Basis


class _Hairpin(Flow, frozen=True):
    """A flow that went out to a Service and came back to its source."""


class FlowJudge:
    """Judges by one model. `version` is the fingerprint of all that decides and is not in the flows themselves."""

    def __init__(self, model: PolicyModel) -> None:
        self.model, self.world = model, model.world
        self.strangers = 0
        """Ends that the world does not hold by name: a reason to look at a newer one."""
        self._live = _Evaluators(model, model.enforced)
        self._staged = _Evaluators(model, model.staged) if model.staged is not None else None
        self._drafts = frozenset(one.policy for one in model.lowered if one.stage)
        self._ends: dict[FlowEnd, _Found] = {}
        self._numbers: dict[Hashable, int] = {}
        self._counter = count()
        self._verdicts: dict[Hashable, FlowVerdict] = {}

    @cached_property
    def version(self) -> str:
        return version_of(self.model)

    def kinds(self, ends: Sequence[FlowEnd]) -> list[EndKind]:
        """How each of the ends is judged."""
        return [self._found(end).how for end in ends]

    def judge(
        self, tuples: Sequence[FlowTuple], kinds: Sequence[tuple[EndKind, EndKind]] | None = None
    ) -> list[FlowVerdict]:
        """The verdict on each, in order. `kinds` are those of their ends, client's and server's, where the caller has them already."""
        if len(self._verdicts) > MOST_KEPT or len(self._ends) > MOST_KEPT:
            for kept in (self._verdicts, self._ends, self._numbers):
                kept.clear()
        if kinds is None:
            kinds = [(self._found(one.client).how, self._found(one.server).how) for one in tuples]
        known = self._verdicts
        keys = list(map(_key, tuples, kinds))
        fresh = {key: one for key, one in zip(keys, tuples, strict=True) if key not in known}
        asked: dict[Hashable, _Asked] = {}
        for key, one in fresh.items():
            try:
                asked[key] = self._ask(one)
            except Untold as why:
                basis = max(self._found(one.client).basis, self._found(one.server).basis, key=_BASES.index)
                known[key] = FlowVerdict("unknown", basis, str(why), staged=self._untold_too())
        flows = list(dict.fromkeys(flow for question in asked.values() for flow in question.flows))
        live = self._live.outcomes(flows)
        staged = self._staged.outcomes(flows) if self._staged is not None else None
        for key, question in asked.items():
            known[key] = self._verdict(question, live, staged)
        return [known[key] for key in keys]

    def _untold_too(self) -> Word | None:
        return "unknown" if self._staged is not None else None

    # -------------------------------------------------------------------------------------------- the question

    def _ask(self, one: FlowTuple) -> _Asked:
        protocol, number = _traffic(one)
        client, server = self._found(one.client), self._found(one.server)
        basis = max(client.basis, server.basis, key=_BASES.index)
        for found in (client, server):
            if isinstance(found.end, str):
                raise Untold(found.end)
        source, destination = client.end, server.end
        assert not isinstance(source, str)
        assert not isinstance(destination, str)
        if isinstance(source, Service):
            raise Untold(f"{source.namespace}/{source.name} is a Service: which pod sent it was not recorded")
        family = _family(one, source, destination)
        if isinstance(destination, Service):
            return _Asked(tuple(self._behind(destination, source, protocol, number, family)), basis)
        if isinstance(source, OutsideEnd) and isinstance(destination, OutsideEnd):
            raise Untold("neither end is in the cluster, as far as is known")
        return _Asked((Flow(source, destination, kind_of_traffic(protocol, number), family),), basis)

    def _behind(self, service: Service, source: End, protocol: int, number: int, family: int) -> Iterable[Flow]:
        """The flows to the pods that a Service leads to."""
        name = f"the Service {service.namespace}/{service.name}"
        for port in service.spec.ports:
            if port.port == number and PROTOCOLS.get(port.protocol or "TCP") == protocol:
                backends = self.world.backends(service, port)
                if not backends:
                    raise Untold(f"no pod stands behind {name}")
                if any(one.port is None for one in backends):
                    raise Untold(f"the target port of {name} leads to no port of some pod behind it")
                return [
                    (_Hairpin if one.end is source else Flow)(
                        source, one.end, kind_of_traffic(protocol, one.port or 0), family
                    )
                    for one in backends
                ]
        raise Untold(f"{name} has no port {number}")

    # -------------------------------------------------------------------------------------------- the ends

    def _found(self, end: FlowEnd) -> _Found:
        known = self._ends.get(end)
        if known is None:
            found: End | Service | str
            basis: Basis
            try:
                found, basis = self._find(end)
            except Untold as why:
                found, basis = str(why), "labels" if end.pod else "address"
            known = self._ends[end] = _Found(found, basis, self._how(end, found, basis))
        return known

    def _how(self, end: FlowEnd, found: End | Service | str, basis: Basis) -> EndKind:
        """A pod that is there is like the others of its class, an address outside like those that no rule parts from it; others are themselves."""
        six = ":" in end.address
        who: Hashable = (id(found) if not isinstance(found, str | OutsideEnd) else found, basis, six)
        kind, near = who, False
        if isinstance(found, PodEnd) and not found.host_network:
            classes = [evaluators.class_of(found) for evaluators in self._evaluators]
            if None not in classes:
                kind = (*classes, basis, six)
        elif isinstance(found, OutsideEnd):
            kind = (*(evaluators.outside_of(found) for evaluators in self._evaluators), found.domain, basis, six)
        elif isinstance(found, PodEnd | NodeEnd):
            near = True
        return EndKind(self._number(("kind", kind)), self._number(("who", who)), near)

    def _number(self, what: Hashable) -> int:
        """A number for something, never used for anything else: what was numbered before everything was forgotten is met by nobody."""
        found = self._numbers.get(what)
        if found is None:
            found = self._numbers[what] = next(self._counter)
        return found

    @property
    def _evaluators(self) -> tuple[_Evaluators, ...]:
        return (self._live,) if self._staged is None else (self._live, self._staged)

    def _find(self, end: FlowEnd) -> tuple[End | Service, Basis]:
        one = _address(end.address)
        if end.pod:
            return self._pod(end, one)
        if end.entity == "node":
            return self._node(end, one)
        if end.entity == "service":
            namespace, _, name = end.service.partition("/")
            service = self.world.services.get((namespace, name))
            if service is None:
                raise Untold(f"the Service {end.service} is not there any more")
            return service, "identity"
        if end.entity == "external":
            if one is None and not end.domain:
                raise Untold("an end outside the cluster was recorded without an address")
            return OutsideEnd(one, end.domain), "identity"
        if one is None:
            raise Untold("an end was recorded with neither an identity nor an address")
        known = self.world.by_address.get(one) or self.world.by_service_address.get(one)
        return known or OutsideEnd(one, end.domain), "address"

    def _node(self, end: FlowEnd, one: Address | None) -> tuple[NodeEnd, Basis]:
        node = self.world.nodes.get(end.node) if end.node else None
        if node is not None and (one is None or not node.addresses or one in node.addresses):
            return node, "identity"
        at = self.world.by_address.get(one) if one is not None else None
        if isinstance(at, NodeEnd):
            return at, "identity" if end.node == at.name else "address"
        self.strangers += 1
        if self._interest.node:
            raise Untold(f"policies look at the labels of nodes, and those of {end.node or end.address} are not known")
        return NodeEnd(end.node or end.address, {}, (one,) if one is not None else ()), "address"

    def _pod(self, end: FlowEnd, one: Address | None) -> tuple[PodEnd, Basis]:
        """The pod of that name if it is as it was recorded; else one made of what was recorded."""
        pod = self.world.by_name.get((end.namespace, end.pod))
        labels = dict(label.partition("=")[::2] for label in end.labels)
        if pod is not None:
            if pod.host_network:
                return pod, "identity"
            moved = bool(self._interest.pod_nets) and one is not None and one not in pod.addresses
            if labels.items() <= pod.labels.items() and not moved:
                return pod, "identity"
        else:
            self.strangers += 1
        return self._as_recorded(end, pod or self._like(end), labels, one), "labels"

    def _like(self, end: FlowEnd) -> PodEnd | None:
        """Another pod of the same workload."""
        if not end.workload:
            return None
        return next(iter(self.world.workload(end.namespace, end.workload, end.workload_kind)), None)

    def _as_recorded(self, end: FlowEnd, like: PodEnd | None, labels: dict[str, str], one: Address | None) -> PodEnd:
        interest, name = self._interest, f"{end.namespace}/{end.pod}"
        if not labels and like is not None:
            labels = dict(like.labels)
        if like is None:
            if not labels and interest.labels:
                raise Untold(f"the pod {name} is gone and its labels were not recorded")
            if interest.named:
                raise Untold(f"policies name ports, and which ports the pod {name} named is not known")
            if any(scope == "account" for scope, _ in interest.pod):
                raise Untold(f"policies look at labels of service accounts, and those of the pod {name} are not known")
        return PodEnd(
            Pod(
                api_version="v1", kind="Pod", metadata=ObjectMeta(name=end.pod, namespace=end.namespace, labels=labels)
            ),
            end.namespace,
            end.pod,
            labels,
            like.spec if like is not None else PodSpec(service_account_name=end.service_account),
            self._namespace(end.namespace),
            like.account_labels if like is not None else None,
            (one,) if one is not None else (),
            self.world.nodes.get(end.node),
        )

    def _namespace(self, name: str) -> dict[str, str]:
        found = self.world.namespaces.get(name)
        if found is None and any(scope == "namespace" and key != NAMESPACE_NAME for scope, key in self._interest.pod):
            raise Untold(f"policies look at the labels of namespaces, and those of {name} are not known")
        return dict(found) if found is not None else {NAMESPACE_NAME: name}

    @cached_property
    def _interest(self) -> Interest:
        return Interest(_all_rules(self.model))

    # -------------------------------------------------------------------------------------------- the answer

    def _verdict(self, question: _Asked, live: dict[Flow, _Told], staged: dict[Flow, _Told] | None) -> FlowVerdict:
        now = _agreed([live[flow] for flow in question.flows])
        egress, ingress = _decider(now.outcome.egress), _decider(now.outcome.ingress)
        found = FlowVerdict(
            _word(now.outcome.allowed), question.basis, now.reason, _deciding(now.outcome), egress, ingress
        )
        if staged is None:
            return found
        then = _agreed([staged[flow] for flow in question.flows])
        return msgspec.structs.replace(found, staged=_word(then.outcome.allowed), draft=self._draft(then.outcome))

    def _draft(self, outcome: Outcome) -> str:
        """The draft among those who decide a verdict."""
        for side in (outcome.egress, outcome.ingress):
            if side.allowed is outcome.allowed and side.rule is not None and side.rule.policy in self._drafts:
                return policy_name(side.rule.policy)
        return ""


def _key(one: FlowTuple, kinds: tuple[EndKind, EndKind]) -> Hashable:
    """What tuples that are judged alike share."""
    client, server = kinds
    same = client.who == server.who
    if client.near or server.near:
        return (same, client.who, server.who, True, *one[2:])
    return (same, client.kind, server.kind, False, *one[2:])


# ------------------------------------------------------------------------------------------------ judging


class _Told(NamedTuple):
    """An outcome, and why it is none."""

    outcome: Outcome
    reason: str


class _Evaluators:
    """One set of rules, ready to be asked: sets for pods that are there, the tuple evaluator for everything else and for reasons."""

    def __init__(self, model: PolicyModel, rules: RuleSet) -> None:
        self.model, self.rules, self.judge = model, rules, Judge(model, rules)
        self._at = {id(pod): index for index, pod in enumerate(model.world.pods)}
        self._batches: dict[int, Batch] = {}
        self._told: dict[Hashable, _Told] = {}

    @cached_property
    def relation(self) -> Relation:
        return Relation.of(self.model, self.rules.rules)

    def class_of(self, pod: PodEnd) -> int | None:
        """The class of a pod that is there; None for one that is not."""
        return self.relation.classes.of_pod.get(id(pod))

    def outside_of(self, end: OutsideEnd) -> Hashable:
        """What addresses outside share that no rule parts."""
        if end.address is None or end.address.family not in self.relation.views:
            return end.address
        return self.relation.outside(end.address.family).cell_of(end.address.value)

    def outcomes(self, flows: Sequence[Flow]) -> dict[Flow, _Told]:
        """What is to be told of each flow."""
        if len(self._told) > MOST_KEPT:
            self._told.clear()
        found: dict[Flow, _Told] = {}
        sets: defaultdict[int, list[Flow]] = defaultdict(list)
        for flow in flows:
            if self._is_of_sets(flow):
                sets[flow.family].append(flow)
            else:
                found[flow] = self._one(flow)
        for family, many in sets.items():
            batch = self._batches.get(family)
            if batch is None:
                batch = self._batches[family] = Batch(self.relation, family)
            at = self._at
            judged = batch.judge(
                [at[id(flow.source)] for flow in many],
                [at[id(flow.destination)] for flow in many],
                [flow.traffic for flow in many],
            )
            for flow, index in zip(many, judged.index, strict=True):
                outcome = judged.outcomes[index]
                found[flow] = _Told(outcome, "") if outcome.allowed is not None else self._one(flow)
        return found

    def _is_of_sets(self, flow: Flow) -> bool:
        source, destination = flow.source, flow.destination
        return (
            isinstance(source, PodEnd)
            and isinstance(destination, PodEnd)
            and source is not destination
            and not source.host_network
            and not destination.host_network
            and id(source) in self._at
            and id(destination) in self._at
            and flow.family in self.relation.views
        )

    def _one(self, flow: Flow) -> _Told:
        """By the tuple evaluator; once for flows that no rule tells apart."""
        key = self._kind(flow)
        found = self._told.get(key)
        if found is None:
            judged = self.judge.judge(flow, hairpin=isinstance(flow, _Hairpin))
            sides = [
                Side(trace.allowed, trace.decided_by.rule if trace.decided_by else None)
                for trace in (judged.egress, judged.ingress)
            ]
            reason = judged.reason if judged.allowed is None else ""
            found = self._told[key] = _Told(Outcome(judged.allowed, *sides), reason)
        return found

    def _kind(self, flow: Flow) -> Hashable:
        """What flows that are judged alike share. Outside, addresses that no rule parts are one; inside, an end is itself, for nodes hang on it."""
        view = self.relation.views.get(flow.family)
        parts: list[Hashable] = [
            type(flow),
            flow.family,
            view.cells.of(flow.traffic) if view is not None else flow.traffic,
        ]
        for end in (flow.source, flow.destination):
            if not isinstance(end, OutsideEnd):
                parts.append(end)
                if view is not None and isinstance(end, PodEnd) and id(end) not in self._at:
                    parts.append(flow.traffic)  # it may name ports that no cell was cut by
            else:
                parts.append((self.outside_of(end), end.domain))
        return tuple(parts)


def _agreed(told: Sequence[_Told]) -> _Told:
    """One answer for the pods behind a Service: theirs where they agree."""
    words = [one.outcome.allowed for one in told]
    if len(set(words)) == 1:
        return told[0]
    counts = ", ".join(f"{words.count(value)} {_word(value)}" for value in (True, False, None) if value in words)
    nothing = Side(None, None)
    return _Told(Outcome(None, nothing, nothing), f"it depends on the pod behind the Service: {counts}")


def _word(allowed: bool | None) -> Word:
    return "unknown" if allowed is None else "allowed" if allowed else "denied"


def _decider(side: Side) -> Decider:
    rule = side.rule
    if side.allowed is None or rule is None:
        return Decider(_word(side.allowed))
    policy = policy_name(rule.policy) if rule.policy is not None else ""
    return Decider(_word(side.allowed), policy, rule.path or rule.name)


def _deciding(outcome: Outcome) -> Decider:
    """The decider that a person is told first: of a denial who denies, of a permission who lets it in, else who lets it out."""
    if outcome.allowed is None:
        return UNTOLD
    egress, ingress = _decider(outcome.egress), _decider(outcome.ingress)
    if not outcome.allowed:
        return egress if outcome.egress.allowed is False else ingress
    return ingress if ingress.policy or not egress.policy else egress


def policy_name(ref: ObjectRef) -> str:
    """A policy as rows name it: `Kind namespace/name`."""
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"


# ------------------------------------------------------------------------------------------------ traffic


def _traffic(one: FlowTuple) -> tuple[int, int]:
    """The protocol, and the port (of ICMP: type and code)."""
    protocol = PROTOCOLS.get(_TRANSPORTS.get(one.transport, ""), 0)
    if not protocol and one.transport.isascii() and one.transport.isdigit():
        protocol = int(one.transport)
    if not 0 < protocol < 256:
        raise Untold("the protocol was not recorded")
    if protocol in (ICMP, ICMPV6):
        if one.icmp_type is None:
            raise Untold("the type of the ICMP message was not recorded")
        return protocol, one.icmp_type << 8 | (one.icmp_code or 0)
    if protocol in (PROTOCOLS["TCP"], PROTOCOLS["UDP"], PROTOCOLS["SCTP"]):
        if not one.port:
            raise Untold("the port was not recorded")
        return protocol, one.port
    return protocol, 0


def _family(one: FlowTuple, source: End, destination: End | Service) -> int:
    for text in (one.server.address, one.client.address):
        if text:
            return 6 if ":" in text else 4
    for end in (destination, source):
        if isinstance(end, PodEnd | NodeEnd) and end.addresses:
            return end.addresses[0].family
    return 4


def _address(text: str) -> Address | None:
    try:
        return address(text) if text else None
    except ValueError:
        return None


# ------------------------------------------------------------------------------------------------ the version


def _all_rules(model: PolicyModel) -> list[Rule]:
    return [*model.enforced.rules, *(model.staged.rules if model.staged is not None else ())]


def version_of(model: PolicyModel) -> str:
    """A fingerprint of what decides: the profile, every rule in force and staged, and of namespaces, service accounts and nodes what rules look at.

    Pods are not in it, for a flow carries what it needs of them: a pod that comes or goes makes no new version.
    """
    rules = _all_rules(model)
    digest = hashlib.blake2b(model.profile.name.encode(), digest_size=8)
    for part in (*map(_told_of, rules), *_looked_at(model.world, Interest(rules))):
        digest.update(b"\0" + part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _told_of(rule: Rule) -> str:
    """A rule without the place that its policy was read from."""
    ref: RuleRef = msgspec.structs.replace(rule.ref, origin=NOWHERE)
    return repr(
        (rule.tier, rule.order, rule.direction, rule.subject, rule.peer, rule.traffic, rule.action, ref, rule.why)
    )


def _looked_at(world: World, interest: Interest) -> Iterable[str]:
    namespaces = sorted(key for scope, key in interest.pod if scope == "namespace" and key != NAMESPACE_NAME)
    accounts = sorted(key for scope, key in interest.pod if scope == "account")
    if namespaces:
        for name in sorted(world.namespaces):
            yield repr(("namespace", name, [world.namespaces[name].get(key) for key in namespaces]))
    if accounts:
        labels = {(pod.namespace, pod.spec.account): pod.account_labels or {} for pod in world.pods}
        for account in sorted(labels):
            yield repr(("account", account, [labels[account].get(key) for key in accounts]))
    if interest.node:
        for name in sorted(world.nodes):
            node = world.nodes[name]
            yield repr(("node", name, [node.attribute(scope, key) for scope, key in sorted(interest.node)]))
