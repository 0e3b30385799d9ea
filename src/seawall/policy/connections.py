"""`eval`: whether connections are allowed, and why. The question as people write it, the answer with both traces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from seawall.kit.intervals import IntervalSet, cells
from seawall.model.cluster.network_kinds import Service
from seawall.policy.judge import Flow, Judge, Judgement, Trace, Verdict
from seawall.policy.lower import PolicyModel
from seawall.policy.model import ICMP, ICMPV6, PROTOCOLS, ports_of
from seawall.policy.world import Backend, End, NodeEnd, OutsideEnd, PodEnd


class EndName(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One end, named in one way: a pod, a workload (with its kind where names repeat), a service, a node, an address or a domain name."""

    pod: str = ""
    workload: str = ""
    kind: str = ""
    service: str = ""
    node: str = ""
    ip: str = ""
    domain: str = ""

    def __str__(self) -> str:
        for name in ("pod", "workload", "service", "node", "ip", "domain"):
            if value := getattr(self, name):
                return f"{self.kind or name} {value}" if name == "workload" else f"{name} {value}"
        return "nothing"


class Connection(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A question. `port` is the destination's (the service's, for a service); ICMP has `type` and `code` instead. Without them all are meant."""

    source: EndName = msgspec.field(name="from")
    destination: EndName = msgspec.field(name="to")
    protocol: str = "TCP"
    port: int | None = None
    type: int | None = None
    code: int | None = None


class Split(msgspec.Struct, frozen=True):
    """How many of the pairs that the ends stand for are allowed, denied and unknown, with one example of each."""

    allowed: int
    denied: int
    unknown: int
    examples: dict[str, str]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one connection. `allowed` null: it cannot be told, or the pods that the ends stand for differ (`split`)."""

    allowed: bool | None
    egress: Trace
    ingress: Trace
    reason: str
    split: Split | None = None
    staged: Judgement | None = None


class Unanswerable(ValueError):
    """A connection that names no end of the world, or asks nothing; the message says what."""


_NO_TRACE = Trace(None)
_SPELT = {name.lower(): name for name in PROTOCOLS}


class Evaluator:
    """Answers connections against one model."""

    def __init__(self, model: PolicyModel) -> None:
        self.model, self.world = model, model.world
        self.judge = Judge(model)
        self._staged: Judge | None = None
        self._strict: Judge | None = None

    def answer(self, asked: Connection) -> Answer:
        """The answer; a connection that cannot be asked is answered with null and the reason."""
        if asked.protocol not in PROTOCOLS and asked.protocol.lower() in _SPELT:
            asked = msgspec.structs.replace(asked, protocol=_SPELT[asked.protocol.lower()])
        try:
            pairs = list(self._pairs(asked))
        except Unanswerable as error:
            return Answer(None, _NO_TRACE, _NO_TRACE, str(error))
        answers = [self._pair(*pair) for pair in pairs]
        if len(answers) == 1:
            return answers[0]
        return _combined(pairs, answers)

    def a_denied_flow(self, asked: Connection) -> Flow | None:
        """One of the flows that a connection stands for and that is denied."""
        for source, destination, traffic, through in self._pairs(asked):
            for family in self._families(source, destination, traffic):
                for point in self._points(_over(traffic, family)):
                    flow = Flow(source, destination, point, family)
                    if self.judge.judge(flow, hairpin=through and source is destination).allowed is False:
                        return flow
        return None

    # -------------------------------------------------------------------------------------------- who

    def _pairs(self, asked: Connection) -> Iterator[tuple[End, End, IntervalSet, bool]]:
        """The pairs of ends that are meant, with the traffic after translation and whether it went through a Service."""
        sources = [backend.end for backend, _ in self._ends(asked.source, asked, as_source=True)]
        targets = list(self._ends(asked.destination, asked, as_source=False))
        found = False
        for source in sources:
            for backend, through in targets:
                alone = len(sources) == 1 and len(targets) == 1
                if source is backend.end and not through and not alone:
                    continue
                if backend.port is None and through:
                    raise Unanswerable(f"the target port of {asked.destination} resolves to no port of {backend.end}")
                found = True
                yield source, backend.end, self._traffic(asked, backend.port), through
        if not found:
            raise Unanswerable(f"{asked.source} and {asked.destination} are the same pods")

    def _ends(self, name: EndName, asked: Connection, as_source: bool) -> list[tuple[Backend, bool]]:
        given = [field for field in ("pod", "workload", "service", "node", "ip", "domain") if getattr(name, field)]
        if len(given) != 1:
            raise Unanswerable("an end is named by exactly one of pod, workload, service, node, ip, domain")
        if name.service:
            return self._service(name.service, asked, as_source)
        if name.ip:
            return self._address(name.ip, asked, as_source)
        ends = tuple(self._named(name))
        return [(Backend(end, asked.port), False) for end in ends]

    def _named(self, name: EndName) -> Iterable[End]:
        if name.pod:
            key = _key(name.pod)
            pod = self.world.by_name.get(key)
            if pod is None:
                raise Unanswerable(f"there is no pod {name.pod}")
            return (pod,)
        if name.workload:
            pods = self.world.workload(*_key(name.workload), name.kind)
            if not pods:
                raise Unanswerable(f"there is no pod of a {name.kind or 'workload'} {name.workload}")
            return pods
        if name.node:
            node = self.world.nodes.get(name.node)
            if node is None:
                raise Unanswerable(f"there is no node {name.node}")
            return (node,)
        return (OutsideEnd(None, name.domain),)

    def _address(self, text: str, asked: Connection, as_source: bool) -> list[tuple[Backend, bool]]:
        try:
            end = self.world.end_at(text)
        except ValueError as error:
            raise Unanswerable(str(error)) from None
        if isinstance(end, OutsideEnd) and end.address is not None:
            service = self.world.by_service_address.get(end.address)
            if service is not None:
                namespace = service.metadata.namespace or "default"
                return self._service(f"{namespace}/{service.name}", asked, as_source)
        return [(Backend(end, asked.port), False)]

    def _service(self, name: str, asked: Connection, as_source: bool) -> list[tuple[Backend, bool]]:
        service = self.world.services.get(_key(name))
        if service is None:
            raise Unanswerable(f"there is no service {name}")
        if service.spec.type == "ExternalName":
            raise Unanswerable(f"the service {name} is a name for something outside")
        if as_source:
            pods = self.world.service_pods(service)
            if not pods:
                raise Unanswerable(f"the service {name} has no pods")
            return [(Backend(pod, None), False) for pod in pods]
        return [(backend, service.spec.cluster_ip != "None") for backend in self._backends(name, service, asked)]

    def _backends(self, name: str, service: Service, asked: Connection) -> tuple[Backend, ...]:
        if asked.port is None:
            raise Unanswerable(f"name a port of the service {name}")
        if service.spec.cluster_ip == "None" and service.spec.selector:
            return tuple(Backend(pod, asked.port) for pod in self._some(self.world.service_pods(service), name))
        for port in service.spec.ports:
            if port.port == asked.port and (port.protocol or "TCP") == asked.protocol:
                return self._some(self.world.backends(service, port), name)
        raise Unanswerable(f"the service {name} has no port {asked.protocol} {asked.port}")

    @staticmethod
    def _some(found: tuple[Any, ...], name: str) -> tuple[Any, ...]:
        if not found:
            raise Unanswerable(f"nothing stands behind the service {name}")
        return found

    # -------------------------------------------------------------------------------------------- what

    def _traffic(self, asked: Connection, port: int | None) -> IntervalSet:
        protocol = PROTOCOLS.get(asked.protocol)
        if protocol is None:
            raise Unanswerable(f'"{asked.protocol}" is none of {", ".join(PROTOCOLS)}')
        if protocol in (ICMP, ICMPV6):
            if asked.port is not None:
                raise Unanswerable("ICMP has a type and a code, no port")
            if asked.type is None:
                return ports_of(protocol)
            if not 0 <= asked.type <= 255 or not 0 <= (asked.code or 0) <= 255:
                raise Unanswerable("an ICMP type and code are between 0 and 255")
            if asked.code is None:
                return ports_of(protocol, asked.type << 8, asked.type << 8 | 0xFF)
            return ports_of(protocol, asked.type << 8 | asked.code, asked.type << 8 | asked.code)
        if port is None:
            return ports_of(protocol, 1)
        if not 1 <= port <= 65535:
            raise Unanswerable(f"{port} is not between 1 and 65535")
        return ports_of(protocol, port, port)

    def _families(self, source: End, destination: End, traffic: IntervalSet) -> list[int]:
        """The IP families that the two ends share; all that the world may have where an end has no address yet."""
        found = set(self.model.families)
        known = [families for end in (source, destination) if (families := _families_of(end))]
        if known:
            found = set.intersection(*known)
            if not found:
                raise Unanswerable(f"{source} and {destination} have no IP family in common")
        if traffic.spans[0][0] >> 16 == ICMPV6:
            found &= {6}
            if not found:
                raise Unanswerable("ICMPv6 is asked of ends that have no IPv6 address")
        return sorted(found)

    # -------------------------------------------------------------------------------------------- judging

    def _pair(self, source: End, destination: End, traffic: IntervalSet, through: bool) -> Answer:
        try:
            families = self._families(source, destination, traffic)
        except Unanswerable as error:
            return Answer(None, _NO_TRACE, _NO_TRACE, str(error))
        flows = [
            Flow(source, destination, point, family)
            for family in families
            for point in self._points(_over(traffic, family))
        ]
        hairpin = through and source is destination
        judged = [self.judge.judge(flow, hairpin=hairpin) for flow in flows]
        found = _agreed(flows, judged)
        staged = None
        if self.model.staged is not None:
            self._staged = self._staged or Judge(self.model, self.model.staged)
            staged = _agreed(flows, [self._staged.judge(flow, hairpin=hairpin) for flow in flows])
        reason = found.reason
        if through and isinstance(destination, PodEnd):
            reason = f"judged at {destination} port {flows[0].traffic & 0xFFFF}: {reason}"
        if found.allowed is not None and self.model.strict is not self.model:
            self._strict = self._strict or Judge(self.model.strict)
            strict = _agreed(flows, [self._strict.judge(flow, hairpin=hairpin) for flow in flows])
            if strict.allowed is None:
                reason = f"{reason}; dataplanes differ here: {strict.reason}"
        return Answer(found.allowed, found.egress, found.ingress, reason, None, staged)

    def _points(self, traffic: IntervalSet) -> list[int]:
        """One value for each stretch of `traffic` that no rule divides."""
        if len(traffic) == 1:
            return [traffic.spans[0][0]]
        sets = self.model.traffic_sets
        return [low for span in traffic for low, _ in cells(sets, span)]


def _key(name: str) -> tuple[str, str]:
    namespace, slash, rest = name.partition("/")
    return (namespace, rest) if slash else ("default", namespace)


def _families_of(end: End) -> set[int]:
    if isinstance(end, OutsideEnd):
        return {end.address.family} if end.address is not None else set()
    addresses = end.addresses
    if not addresses and isinstance(end, PodEnd) and end.host_network and end.node is not None:
        addresses = end.node.addresses
    return {one.family for one in addresses}


def _over(traffic: IntervalSet, family: int) -> IntervalSet:
    """ICMP is ICMPv6 over IPv6."""
    if family == 6 and traffic.spans[0][0] >> 16 == ICMP:
        shift = (ICMPV6 - ICMP) << 16
        return IntervalSet((low + shift, high + shift) for low, high in traffic)
    return traffic


def _agreed(flows: list[Flow], judged: list[Judgement]) -> Judgement:
    """One judgement for several flows of one pair: theirs where they agree."""
    verdicts = {one.allowed for one in judged}
    if len(verdicts) == 1:
        return judged[0]
    by_verdict: dict[Verdict, int] = {}
    for index, one in enumerate(judged):
        by_verdict.setdefault(one.allowed, index)
    if len({flow.family for flow in flows}) > 1 and len({flow.traffic & 0xFFFF for flow in flows}) == 1:
        names = ", ".join(f"IPv{flows[index].family} {_word(verdict)}" for verdict, index in by_verdict.items())
    else:
        names = ", ".join(f"{flows[index].traffic & 0xFFFF} {_word(verdict)}" for verdict, index in by_verdict.items())
    index = by_verdict.get(False, by_verdict.get(None, 0))
    shown = judged[index]
    return Judgement(None, shown.egress, shown.ingress, f"it depends: {names}; {shown.reason}")


def _word(verdict: Verdict) -> str:
    return {True: "allowed", False: "denied", None: "unknown"}[verdict]


def _combined(pairs: list[tuple[End, End, IntervalSet, bool]], answers: list[Answer]) -> Answer:
    counts: dict[str, int] = {"allowed": 0, "denied": 0, "unknown": 0}
    first: dict[str, int] = {}
    for index, answer in enumerate(answers):
        word = _word(answer.allowed)
        counts[word] += 1
        first.setdefault(word, index)
    examples = {word: f"{pairs[index][0]} to {pairs[index][1]}" for word, index in first.items()}
    split = Split(counts["allowed"], counts["denied"], counts["unknown"], examples)
    if len(first) == 1:
        shown = answers[0]
        return Answer(shown.allowed, shown.egress, shown.ingress, f"all {len(answers)} pairs: {shown.reason}", split)
    index = first.get("denied", first.get("unknown", 0))
    shown = answers[index]
    text = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    reason = f"of {len(answers)} pairs {text}; {pairs[index][0]} to {pairs[index][1]}: {shown.reason}"
    return Answer(None, shown.egress, shown.ingress, reason, split)


def name_of(end: End) -> EndName:
    """How a question names an end."""
    if isinstance(end, PodEnd):
        if end.template:
            return EndName(workload=f"{end.namespace}/{end.name}", kind=end.source.kind)
        return EndName(pod=f"{end.namespace}/{end.name}")
    if isinstance(end, NodeEnd):
        return EndName(node=end.name)
    return EndName(ip=str(end.address)) if end.address is not None else EndName(domain=end.domain)
