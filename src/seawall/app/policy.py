"""Questions about network policies: evaluate, reach, expose, compare, explain, assert, lint, generate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from seawall.app.answer import Answer, ObjectName
from seawall.kit.errors import UserError
from seawall.kit.intervals import IntervalSet
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.snapshot import Cluster
from seawall.policy import assertions, compare, connections, effect, generate, reach
from seawall.policy import explain as explaining
from seawall.policy.connections import Connection, EndName
from seawall.policy.judge import Judgement, Step, Trace
from seawall.policy.lower import PolicyModel as PolicyModel
from seawall.policy.model import PROTOCOLS, Direction, Notice, RuleRef, describe_traffic, ports_of
from seawall.policy.profiles import PROFILES

PROFILE_NAMES = tuple(PROFILES)


class RuleName(Answer, frozen=True, omit_defaults=True):
    """A rule as answers name it: the policy and the path in it; `place` is `file:line` where it was read from a text."""

    policy: ObjectName | None = None
    path: str = ""
    name: str = ""
    place: str = ""


class StepAnswer(Answer, frozen=True, omit_defaults=True):
    """A rule that matched on the way, or may match (`certain` false, `why` says what is not known)."""

    tier: str
    rule: RuleName
    action: str
    certain: bool = True
    purpose: str = "rule"
    why: str = ""
    layer7: tuple[str, ...] = ()


class TraceAnswer(Answer, frozen=True, omit_defaults=True):
    """How one direction was decided. `decidedBy` is absent where the cluster's default decided, or nothing could."""

    allowed: bool | None
    reason: str
    decided_by: StepAnswer | None = None
    steps: tuple[StepAnswer, ...] = ()


class SplitAnswer(Answer, frozen=True):
    allowed: int
    denied: int
    unknown: int
    examples: dict[str, str]


class StagedAnswer(Answer, frozen=True):
    """The same with staged policies in force."""

    allowed: bool | None
    egress: TraceAnswer
    ingress: TraceAnswer
    reason: str


class Verdict(Answer, frozen=True, omit_defaults=True):
    """The answer to one connection; `allowed` is null where it cannot be told or the pods that the ends stand for differ (`split`)."""

    allowed: bool | None
    egress: TraceAnswer
    ingress: TraceAnswer
    reason: str
    split: SplitAnswer | None = None
    staged: StagedAnswer | None = None

    @property
    def told(self) -> bool:
        """Whether it could be told: a split is an answer."""
        return self.allowed is not None or (self.split is not None and not self.split.unknown)


class NoticeAnswer(Answer, frozen=True):
    """Something to tell about a policy of the input."""

    kind: str
    policy: ObjectName | None
    path: str
    what: str
    place: str


class Verdicts(Answer, frozen=True):
    """The verdicts, in the order of the questions, and what is to be told about the policies."""

    verdicts: list[Verdict]
    notices: list[NoticeAnswer] = []


def policy_model(cluster: Cluster, profile: str = "upstream", assume_rejected: bool = False) -> PolicyModel:
    """The model of a cluster's policies under a profile."""
    if profile not in PROFILES:
        raise UserError(f'there is no profile "{profile}"', do=f"choose one of {', '.join(PROFILES)}")
    return PolicyModel.of(cluster, PROFILES[profile], assume_rejected=assume_rejected)


def evaluate(model: PolicyModel, asked: Iterable[Connection]) -> Verdicts:
    """The verdict on each connection."""
    evaluator = connections.Evaluator(model)
    return Verdicts(verdicts=[verdict_of(evaluator.answer(one)) for one in asked], notices=notices_of(model))


_CONNECTION = msgspec.json.Decoder(Connection)


def connections_from(text: bytes, where: str) -> list[Connection]:
    """Connections from JSON lines. UserError names the line that is none."""
    found: list[Connection] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(_CONNECTION.decode(line))
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise UserError(
                f"no connection: {error}",
                where=f"{where}:{number}",
                do='write {"from": {"pod": "ns/name"}, "to": {"service": "ns/name"}, "protocol": "TCP", "port": 80}',
            ) from None
    return found


_KINDS = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "job": "Job",
    "cronjob": "CronJob",
    "rollout": "Rollout",
}


def end_from(text: str, model: PolicyModel) -> EndName:
    """The end that a person writes: `ns/name` (a pod, else a workload), `service:ns/name`, `deployment:ns/name`, `node:name`, `domain:name`, an address."""
    head, colon, rest = text.partition(":")
    if colon and head.lower() in ("pod", "workload", "service", "svc", "node", "domain", "ip"):
        name = {"svc": "service"}.get(head.lower(), head.lower())
        return EndName(**{name: rest})
    if colon and head.lower() in _KINDS:
        return EndName(workload=rest, kind=_KINDS[head.lower()])
    world = model.world
    try:
        world.end_at(text)
    except ValueError:
        pass
    else:
        return EndName(ip=text)
    namespace, slash, name = text.partition("/")
    key = (namespace, name) if slash else ("default", namespace)
    if key in world.by_name:
        return EndName(pod=text)
    if world.workload(*key):
        return EndName(workload=text)
    if key in world.services:
        return EndName(service=text)
    raise UserError(
        f'"{text}" is no pod, workload, service or address of the input',
        do="write ns/name, service:ns/name, deployment:ns/name, node:name, domain:name or an address",
    )


def connection_from(
    model: PolicyModel,
    source: str,
    destination: str,
    protocol: str = "TCP",
    port: int | None = None,
    icmp_type: int | None = None,
    icmp_code: int | None = None,
) -> Connection:
    """A connection between two ends as a person writes them."""
    return Connection(end_from(source, model), end_from(destination, model), protocol, port, icmp_type, icmp_code)


# ------------------------------------------------------------------------------------------------ reach


class ReachEdge(Answer, frozen=True):
    """What one workload may send to another: on all pods, on some, and of what it cannot be told. Traffic in words (`TCP 80`, `all`)."""

    source: str
    destination: str
    allowed: list[str]
    partial: list[str]
    unknown: list[str]


class ReachOutside(Answer, frozen=True):
    workload: str
    direction: str
    addresses: str
    allowed: list[str]
    unknown: list[str]


class ReachWorkload(Answer, frozen=True):
    id: str
    kind: str
    namespace: str
    name: str
    pods: int


class ReachAnswer(Answer, frozen=True):
    """Who reaches whom among the workloads named; `limited` says what was asked for."""

    workloads: list[ReachWorkload]
    edges: list[ReachEdge]
    outside: list[ReachOutside]
    notices: list[NoticeAnswer]


class MatrixAnswer(Answer, frozen=True):
    """Namespaces by namespaces: how many ordered pairs of workloads may talk at all, of how many."""

    namespaces: list[str]
    allowed: list[list[int]]
    unknown: list[list[int]]
    pairs: list[list[int]]


_MOST_PAIRS = 4_000_000


def traffic_from(protocol: str | None, port: int | None) -> IntervalSet:
    """The traffic that a person limits a question to."""
    if protocol is None and port is None:
        return reach.ASKED
    number = PROTOCOLS.get((protocol or "TCP").upper().replace("ICMPV6", "ICMPv6").replace("UDPLITE", "UDPLite"))
    if number is None:
        raise UserError(f'"{protocol}" is no protocol', do=f"choose one of {', '.join(PROTOCOLS)}")
    return ports_of(number, port, port) if port is not None else ports_of(number) & reach.ASKED


def reachability(
    model: PolicyModel,
    *,
    focus: str | None = None,
    into: str | None = None,
    traffic: IntervalSet = reach.ASKED,
    outside: bool = True,
) -> ReachAnswer:
    """All pairs of workloads; with `focus` those of one workload both ways; with `into` only what reaches it."""
    reaching = reach.Reaching(model)
    if focus is None and into is None:
        if len(reaching.groups) ** 2 > _MOST_PAIRS:
            raise UserError(
                f"{len(reaching.groups):,} workloads have too many pairs to list",
                do="name one with --focus, or ask for -o matrix",
            )
        found = reaching.reach(traffic=traffic, outside=outside)
        return _reach_answer(found, model)
    chosen = _groups(reaching, focus or into or "")
    inward = reaching.reach(None, chosen, traffic, outside=False)
    outward = reaching.reach(chosen, None, traffic, outside=False) if focus is not None else None
    beyond = [
        edge
        for group in chosen
        for direction in Direction
        if focus is not None or direction is Direction.INGRESS
        for edge in reaching.outside_of(group, direction, traffic)
    ]
    edges = inward.edges
    if outward is not None:
        known = {(edge.source, edge.destination) for edge in edges}
        edges += tuple(edge for edge in outward.edges if (edge.source, edge.destination) not in known)
    shown = dict.fromkeys(
        [group.ref for group in chosen] + [ref for edge in edges for ref in (edge.source, edge.destination)]
    )
    counts = {group.ref: len(group.pods) for group in reaching.groups}
    whole = reach.Reach(tuple(shown), tuple(counts[ref] for ref in shown), edges, tuple(beyond) if outside else ())
    return _reach_answer(whole, model)


def _groups(reaching: reach.Reaching, text: str) -> tuple[reach.Group, ...]:
    end = end_from(text, reaching.model)
    name = end.pod or end.workload or end.service
    namespace, slash, rest = name.partition("/")
    key = (namespace, rest) if slash else ("default", namespace)
    world = reaching.model.world
    if end.workload:
        found = reaching.group(*key, end.kind)
    elif end.pod:
        pod = world.by_name.get(key)
        found = tuple(one for one in reaching.groups if pod is not None and pod in one.pods)
    elif end.service and key in world.services:
        pods = {id(pod) for pod in world.service_pods(world.services[key])}
        found = tuple(one for one in reaching.groups if any(id(pod) in pods for pod in one.pods))
    else:
        found = ()
    if not found:
        raise UserError(f'"{text}" is no workload of the input', do="write ns/name or deployment:ns/name")
    return found


def namespace_matrix(model: PolicyModel, traffic: IntervalSet = reach.ASKED) -> MatrixAnswer:
    """How many pairs of workloads may talk, by namespace."""
    reaching = reach.Reaching(model)
    if len(reaching.groups) ** 2 > _MOST_PAIRS:
        raise UserError(f"{len(reaching.groups):,} workloads have too many pairs", do="give fewer namespaces")
    names = sorted({group.pods[0].namespace for group in reaching.groups})
    index = {name: at for at, name in enumerate(names)}
    place = {group.ref: index[group.pods[0].namespace] for group in reaching.groups}
    sizes = [0] * len(names)
    for at in place.values():
        sizes[at] += 1
    allowed = [[0] * len(names) for _ in names]
    unknown = [[0] * len(names) for _ in names]
    for edge in reaching.reach(traffic=traffic, outside=False).edges:
        if edge.source == edge.destination:
            continue
        table = allowed if edge.allowed or edge.partial else unknown
        table[place[edge.source]][place[edge.destination]] += 1
    pairs = [
        [many * count - (many if row == column else 0) for column, count in enumerate(sizes)]
        for row, many in enumerate(sizes)
    ]
    return MatrixAnswer(namespaces=names, allowed=allowed, unknown=unknown, pairs=pairs)


def _reach_answer(found: reach.Reach, model: PolicyModel) -> ReachAnswer:
    words = reach.describe_traffic_set
    return ReachAnswer(
        workloads=[
            ReachWorkload(id=str(ref), kind=ref.kind, namespace=ref.namespace, name=ref.name, pods=count)
            for ref, count in zip(found.groups, found.pods, strict=True)
        ],
        edges=[
            ReachEdge(
                source=str(edge.source),
                destination=str(edge.destination),
                allowed=words(edge.allowed),
                partial=words(edge.partial),
                unknown=words(edge.unknown),
            )
            for edge in found.edges
        ],
        outside=[
            ReachOutside(
                workload=str(edge.group),
                direction=edge.direction.value,
                addresses=str(edge.addresses),
                allowed=words(edge.allowed),
                unknown=words(edge.unknown),
            )
            for edge in found.outside
        ],
        notices=notices_of(model),
    )


# ------------------------------------------------------------------------------------------------ exposure


class ExposureAnswer(Answer, frozen=True, omit_defaults=True):
    """How far a workload is open: `whom` is outside, cluster, namespace, or matching (pods with `selector`, of which there are none yet)."""

    workload: str
    direction: str
    whom: str
    traffic: list[str]
    selector: str = ""
    addresses: str = ""


class Exposures(Answer, frozen=True):
    exposures: list[ExposureAnswer]
    workloads: int
    notices: list[NoticeAnswer]


def exposures(model: PolicyModel, focus: str | None = None) -> Exposures:
    """What is open to the outside, to the whole cluster, to pods that do not exist yet."""
    reaching = reach.Reaching(model)
    chosen = reaching.groups if focus is None else _groups(reaching, focus)
    found = [
        ExposureAnswer(
            workload=str(one.group),
            direction=one.direction.value,
            whom=one.whom,
            traffic=reach.describe_traffic_set(one.traffic),
            selector=one.selector,
            addresses=one.addresses,
        )
        for one in reach.exposure(reaching, chosen)
    ]
    return Exposures(exposures=found, workloads=len(chosen), notices=notices_of(model))


# ------------------------------------------------------------------------------------------------ compare


class ChangeAnswer(Answer, frozen=True):
    source: str
    destination: str
    newly_allowed: list[str]
    newly_denied: list[str]
    newly_unknown: list[str]
    pairs: int


class DiffAnswer(Answer, frozen=True):
    """What the second world treats otherwise than the first. Ends outside are written as addresses."""

    changes: list[ChangeAnswer]
    added: list[str]
    removed: list[str]
    notices: list[NoticeAnswer]


def compare_worlds(before: PolicyModel, after: PolicyModel) -> DiffAnswer:
    """What is newly allowed, denied and unknown."""
    found = compare.diff(before, after)
    words = reach.describe_traffic_set
    changes = [
        ChangeAnswer(
            source=str(one.source),
            destination=str(one.destination),
            newly_allowed=words(one.allowed),
            newly_denied=words(one.denied),
            newly_unknown=words(one.unknown),
            pairs=one.pairs,
        )
        for one in found.changes
    ]
    for beyond in found.outside:
        ends = (str(beyond.addresses), str(beyond.group))
        source, destination = ends if beyond.direction is Direction.INGRESS else ends[::-1]
        changes.append(
            ChangeAnswer(
                source=source,
                destination=destination,
                newly_allowed=words(beyond.allowed),
                newly_denied=words(beyond.denied),
                newly_unknown=words(beyond.unknown),
                pairs=1,
            )
        )
    return DiffAnswer(
        changes=changes,
        added=[str(ref) for ref in found.added],
        removed=[str(ref) for ref in found.removed],
        notices=notices_of(after),
    )


def equivalent(before: PolicyModel, after: PolicyModel) -> bool:
    """Whether the two worlds treat all traffic alike."""
    return compare.equivalent(before, after)


# ------------------------------------------------------------------------------------------------ explain


class NearAnswer(Answer, frozen=True):
    rule: RuleName
    misses: str
    needs: str


class EditAnswer(Answer, frozen=True):
    """A change of one policy as a JSON patch; `verified`: with all edits applied the connection was judged again and is allowed."""

    policy: ObjectName
    place: str
    patch: list[dict[str, Any]]
    words: str
    size: int
    verified: bool
    command: str


class ExplanationAnswer(Answer, frozen=True):
    """Why, and for a denial what comes near and the smallest edits that together allow the connection."""

    verdict: Verdict
    near: list[NearAnswer]
    edits: list[EditAnswer]
    notices: list[NoticeAnswer]


def explain(model: PolicyModel, asked: Connection) -> ExplanationAnswer:
    """Why a connection is allowed or denied."""
    found = explaining.explain(model, asked)
    return ExplanationAnswer(
        verdict=verdict_of(found.answer),
        near=[NearAnswer(rule=rule_of(one.rule), misses=one.misses, needs=one.needs) for one in found.near],
        edits=[edit_of(one) for one in found.edits],
        notices=notices_of(model),
    )


def edit_of(edit: explaining.Edit) -> EditAnswer:
    patch = [{"op": one.op, "path": one.path, "value": one.value} for one in edit.operations]
    ref = edit.policy
    resource = f"{ref.kind.lower()}.{ref.group}/{ref.name}" if ref.group else f"{ref.kind.lower()}/{ref.name}"
    space = f" -n {ref.namespace}" if ref.namespace else ""
    text = msgspec.json.encode(patch).decode()
    return EditAnswer(
        policy=object_of(ref),
        place=edit.where,
        patch=patch,
        words=edit.words,
        size=edit.size,
        verified=edit.verified,
        command=f"kubectl patch {resource}{space} --type=json -p '{text}'",
    )


# ------------------------------------------------------------------------------------------------ lint


class IdleAnswer(Answer, frozen=True):
    """A rule without effect; `by` names what makes it so."""

    rule: RuleName
    direction: str
    kind: Literal["selects-nobody", "matches-nobody", "shadowed", "covered"]
    by: list[RuleName]


class ConflictAnswer(Answer, frozen=True):
    first: RuleName
    second: RuleName
    direction: str
    priority: float
    subject: str


class LintAnswer(Answer, frozen=True):
    idle: list[IdleAnswer]
    conflicts: list[ConflictAnswer]
    notices: list[NoticeAnswer]
    policies: int


def lint(model: PolicyModel) -> LintAnswer:
    """Rules without effect, policies of equal priority that disagree, and what is to be told about each policy."""
    found = effect.Effects(model)
    return LintAnswer(
        idle=[
            IdleAnswer(
                rule=rule_of(one.rule),
                direction=one.direction.value,
                kind=one.kind,
                by=[rule_of(rule) for rule in one.by],
            )
            for one in found.idle()
        ],
        conflicts=[
            ConflictAnswer(
                first=rule_of(one.first),
                second=rule_of(one.second),
                direction=one.direction.value,
                priority=one.priority,
                subject=one.subject,
            )
            for one in found.conflicts()
        ],
        notices=notices_of(model),
        policies=len(model.lowered),
    )


# ------------------------------------------------------------------------------------------------ assert


class AssertionAnswer(Answer, frozen=True):
    name: str
    outcome: Literal["pass", "fail", "unknown"]
    expected: bool | None
    verdict: Verdict
    where: str


class AssertionsAnswer(Answer, frozen=True):
    tests: list[AssertionAnswer]
    passed: int
    failed: int
    unknown: int
    profile: str
    notices: list[NoticeAnswer]


def suite_from(document: Any, where: str) -> assertions.Suite:
    """The expectations in a decoded YAML document. UserError says what is wrong."""
    try:
        found = assertions.read(document)
    except msgspec.ValidationError as error:
        raise UserError(
            f"no reachability tests: {error}", where=where, do="see docs/policy/ci.md for the form"
        ) from None
    if found.profile is not None and found.profile not in PROFILES:
        raise UserError(
            f'there is no profile "{found.profile}"', where=where, do=f"choose one of {', '.join(PROFILES)}"
        )
    return found


def assert_reachability(model: PolicyModel, suite: assertions.Suite, where: str) -> AssertionsAnswer:
    """Each expectation against the model."""
    results = assertions.check(model, suite)
    counts = {outcome: sum(one.outcome == outcome for one in results) for outcome in ("pass", "fail", "unknown")}
    return AssertionsAnswer(
        tests=[
            AssertionAnswer(
                name=one.name,
                outcome=one.outcome,
                expected=one.expected,
                verdict=verdict_of(one.answer),
                where=f"{where} tests[{one.index}]",
            )
            for one in results
        ],
        passed=counts["pass"],
        failed=counts["fail"],
        unknown=counts["unknown"],
        profile=model.profile.name,
        notices=notices_of(model),
    )


# ------------------------------------------------------------------------------------------------ generate


class GeneratedAnswer(Answer, frozen=True):
    """Documents to apply; `shown` says what was seen when they were judged."""

    documents: list[dict[str, Any]]
    shown: list[tuple[str, bool]]


def generate_default_deny(
    model: PolicyModel | None, form: generate.Form, namespaces: tuple[str, ...], dns: bool = True
) -> GeneratedAnswer:
    """Default deny for namespaces; judged against the pods of the input that they hold."""
    if form == "kubernetes" and not namespaces:
        raise UserError(
            "a NetworkPolicy belongs to a namespace", do="name namespaces with -n, or choose --form cluster"
        )
    documents = generate.default_deny(form, namespaces, dns=dns)
    if model is None:
        return GeneratedAnswer(documents=list(documents), shown=[])
    pods = tuple(
        pod
        for pod in model.world.pods
        if not pod.host_network and (pod.namespace in namespaces if namespaces else pod.namespace != "kube-system")
    )
    return _generated(generate.verify(model, documents, _one_each(pods)))


def generate_default_app(model: PolicyModel, form: generate.Form, workload: str) -> GeneratedAnswer:
    """A default policy for one workload of the input, from its labels and declared ports."""
    group = _groups(reach.Reaching(model), workload)[0]
    pod = group.pods[0]
    ports = tuple(
        dict.fromkeys(
            (port.protocol or "TCP", port.container_port)
            for container in pod.spec.containers
            for port in container.ports
        )
    )
    documents = generate.default_app(form, pod.namespace, group.ref.name, explaining.stable_labels(pod), ports)
    return _generated(generate.verify(model, documents, (pod,)))


def _one_each(pods: tuple[Any, ...]) -> tuple[Any, ...]:
    """One pod of each namespace and set of labels."""
    found: dict[Any, Any] = {}
    for pod in pods:
        found.setdefault((pod.namespace, tuple(sorted(pod.labels.items()))), pod)
    return tuple(found.values())


def _generated(found: generate.Generated) -> GeneratedAnswer:
    return GeneratedAnswer(documents=list(found.documents), shown=list(found.shown))


# ------------------------------------------------------------------------------------------------ the board


class BoardRule(Answer, frozen=True):
    direction: str
    action: str
    traffic: str
    path: str
    purpose: str


class BoardPolicy(Answer, frozen=True):
    policy: ObjectName
    place: str
    priority: float | None
    stage: str
    selects: int
    rules: list[BoardRule]


class BoardTier(Answer, frozen=True):
    name: str
    order: float
    policies: list[BoardPolicy]


class Board(Answer, frozen=True):
    """The tiers in order, the policies of each, and how many pods each policy selects."""

    tiers: list[BoardTier]
    pods: int
    profile: str
    notices: list[NoticeAnswer]


def board(model: PolicyModel) -> Board:
    """Tiers in the order of evaluation with their policies."""
    relation = reach.Reaching(model).relation
    tiers: dict[tuple[float, str], dict[ObjectRef, list[Any]]] = defaultdict(dict)
    stages = {one.policy: one.stage for one in model.lowered}
    rules = sorted(
        (rule for one in model.lowered for rule in one.rules),
        key=lambda rule: (rule.tier.order, rule.tier.name, rule.order),
    )
    for rule in rules:
        if rule.ref.policy is not None:
            tiers[rule.tier.order, rule.tier.name].setdefault(rule.ref.policy, []).append(rule)
    family = min(relation.views)
    found = []
    for (order, name), policies in sorted(tiers.items()):
        listed = []
        for ref, mine in policies.items():
            selected = 0
            for rule in mine:
                selected |= relation.classes.bits(rule.subject, family)[1]
            priority = next((rule.order[1] for rule in mine if rule.purpose == "rule"), None)
            listed.append(
                BoardPolicy(
                    policy=object_of(ref),
                    place=place_of(mine[0].ref),
                    priority=priority if priority not in (float("inf"), None) else None,
                    stage=stages.get(ref, ""),
                    selects=relation.classes.weights.of(selected & relation.classes.pods),
                    rules=[
                        BoardRule(
                            direction=rule.direction.value,
                            action=rule.action.value,
                            traffic=describe_traffic(rule.traffic),
                            path=rule.ref.path,
                            purpose=rule.purpose,
                        )
                        for rule in mine
                    ],
                )
            )
        found.append(BoardTier(name=name, order=order, policies=listed))
    return Board(tiers=found, pods=len(model.world.pods), profile=model.profile.name, notices=notices_of(model))


# ------------------------------------------------------------------------------------------------ names


def object_of(ref: ObjectRef) -> ObjectName:
    return ObjectName(kind=ref.kind, namespace=ref.namespace, name=ref.name, group=ref.group)


def place_of(ref: RuleRef) -> str:
    return str(ref.origin) if ref.origin.source else ""


def rule_of(ref: RuleRef) -> RuleName:
    return RuleName(
        policy=object_of(ref.policy) if ref.policy is not None else None,
        path=ref.path,
        name=ref.name,
        place=place_of(ref),
    )


def notices_of(model: PolicyModel) -> list[NoticeAnswer]:
    return [_notice_of(one) for one in model.notices]


def _notice_of(notice: Notice) -> NoticeAnswer:
    return NoticeAnswer(
        kind=notice.kind,
        policy=object_of(notice.policy) if notice.policy is not None else None,
        path=notice.path,
        what=notice.what,
        place=str(notice.origin) if notice.origin.source else "",
    )


def _step_of(step: Step) -> StepAnswer:
    return StepAnswer(
        tier=step.tier,
        rule=rule_of(step.rule),
        action=step.action.value,
        certain=step.certain,
        purpose=step.purpose,
        why=step.why,
        layer7=step.layer_7,
    )


def _trace_of(trace: Trace) -> TraceAnswer:
    return TraceAnswer(
        allowed=trace.allowed,
        reason=trace.reason,
        decided_by=_step_of(trace.decided_by) if trace.decided_by is not None else None,
        steps=tuple(map(_step_of, trace.steps)),
    )


def _staged_of(found: Judgement) -> StagedAnswer:
    return StagedAnswer(
        allowed=found.allowed, egress=_trace_of(found.egress), ingress=_trace_of(found.ingress), reason=found.reason
    )


def verdict_of(found: connections.Answer) -> Verdict:
    split = found.split
    return Verdict(
        allowed=found.allowed,
        egress=_trace_of(found.egress),
        ingress=_trace_of(found.ingress),
        reason=found.reason,
        split=SplitAnswer(allowed=split.allowed, denied=split.denied, unknown=split.unknown, examples=split.examples)
        if split is not None
        else None,
        staged=_staged_of(found.staged) if found.staged is not None else None,
    )
