"""The page *Policy*: the tiers and what each policy does, who reaches whom, why one connection is decided as it is and the smallest change.

What a reader of some namespaces sees. Verdicts are always the cluster's: every policy counts, whoever asks. Shown are the policies of the namespaces
they may read. Policies that belong to no namespace, and those of other namespaces, are shown to them nowhere: a rule of one that took part in a
verdict appears as "a policy that you may not see". Both ends of a connection that they ask about must be theirs, or outside the cluster.
"""

from __future__ import annotations

import difflib
import functools
import operator
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec
import yaml

from seawall.app import filter_grammar, policy
from seawall.app.access_pages import whole_index
from seawall.app.answer import Answer, Window, entity_id
from seawall.app.findings import open_at
from seawall.app.missing import Missing
from seawall.app.moment import rfc3339
from seawall.app.policy_hits import NEVER, Counted, Hits, hits
from seawall.app.policy_owners import owners
from seawall.app.predicate import Selection
from seawall.app.services import Services
from seawall.app.standing import Kept, View, view_of
from seawall.app.veil import HIDDEN
from seawall.kit.errors import UserError
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import CiliumPolicy, NetworkPolicy
from seawall.model.cluster.snapshot import Cluster
from seawall.model.event.read_scope import ReadScope
from seawall.policy import explain as explaining
from seawall.policy.connections import Connection, EndName, Evaluator, name_of
from seawall.policy.effect import Effects, Idle
from seawall.policy.flow_judge import policy_name
from seawall.policy.judge import Step, Trace
from seawall.policy.labels import EVERYTHING, All, Expression, Match, describe
from seawall.policy.matrix import ALLOWED, DENIED, UNKNOWN, group_matrix
from seawall.policy.model import PROTOCOLS, Action, AllOf, AnyOf, Direction, Lowered, Peer, Rule, Selected, Tier
from seawall.policy.reach import Group, Reaching
from seawall.policy.world import NodeEnd, PodEnd

ProfileName = Literal["upstream", "calico", "cilium", "strict"]
MOST_POLICIES = 1_000
MOST_PAIRS = 400
"""Pairs of kinds of pods that one explanation judges, where its ends stand for many."""
MOST_POD_PAIRS = 10_000
"""Pairs of pods that one tuple of an evaluation may stand for."""
NOT_SHOWN = "policies of other namespaces and of the whole cluster are not shown to you; they count in every verdict"


class Standing:
    """One snapshot's policies under one profile, with what is worked out from them when it is first asked for."""

    def __init__(self, cluster: Cluster, profile: str) -> None:
        self.cluster = cluster
        self.model = policy.policy_model(cluster, profile)

    @cached_property
    def reaching(self) -> Reaching:
        return Reaching(self.model)

    @cached_property
    def evaluator(self) -> Evaluator:
        return Evaluator(self.model)

    @cached_property
    def idle(self) -> dict[ObjectRef, list[Idle]]:
        """The rules without effect, by policy."""
        found: dict[ObjectRef, list[Idle]] = defaultdict(list)
        for one in Effects(self.model, self.reaching.relation).idle():
            if one.rule.policy is not None:
                found[one.rule.policy].append(one)
        return found

    @cached_property
    def groups(self) -> dict[str, list[Group]]:
        """The workloads by namespace, in the order of names."""
        found: dict[str, list[Group]] = defaultdict(list)
        for group in self.reaching.groups:
            found[group.pods[0].namespace].append(group)
        return found

    @cached_property
    def classes_of(self) -> dict[ObjectRef, int]:
        """Each workload's classes of pods, as bits."""
        return {group.ref: _bits({self.reaching.class_of(pod) for pod in group.pods}) for group in self.reaching.groups}


_standings: Kept[Standing] = Kept(Standing)


def standing_of(view: View, profile: str) -> Standing:
    """The policies of the view's snapshot under a profile."""
    return _standings.of(view, profile)


def _bits(members: Iterable[int]) -> int:
    found = 0
    for one in members:
        found |= 1 << one
    return found


# ------------------------------------------------------------------------------------------------ the board

PolicyState = Literal["ok", "invalid", "unsupported", "not-enforced", "doubtful"]


class BoardRule(Answer, frozen=True):
    """One rule of a policy, by its path there (`spec`: what no rule allows is denied). `filter` finds the flows that it decided."""

    direction: Literal["egress", "ingress"]
    rule: str
    action: str
    hits: int | None
    last_hit: str | None
    unused: bool | None
    filter: str


class BoardPolicy(Answer, frozen=True):
    """One policy. `id` is `Kind/namespace/name`; `subject` says whom it is about, `selects` how many pods that is and `workloads` how many workloads.

    `allows` and `denies` count its rules (a policy that isolates denies the rest: `isolates`), `problems` say what is wrong in words, `findings` how many
    open findings name it (null: not known to you). `hits` counts the records that it decided in the window, of a draft those that it would decide;
    `hits`, `lastHit` and `unused` are null where hits are not counted. `filter` finds those flows; "" for a policy that has no part in verdicts.
    """

    id: str
    kind: str
    group: str
    namespace: str
    name: str
    place: str
    order: float | None
    subject: str
    selects: int | None
    workloads: int | None
    allows: int
    denies: int
    rules: int
    isolates: list[str]
    state: PolicyState
    problems: list[str]
    findings: int | None
    staged: bool
    hits: int | None = None
    last_hit: str | None = None
    unused: bool | None = None
    simulated: bool = False
    filter: str = ""
    rule_hits: list[BoardRule] = []


class BoardTier(Answer, frozen=True):
    """A tier. `order` is null where nobody gave it one (only Calico's tiers have an order). `default` says what follows where no rule of it decides.

    `isolate`: what a policy selects is denied, everything else goes on; `pass`: on to the next tier; `deny`: denied; `allow`: allowed.
    `owner` says who may edit its policies, by RBAC; "" where that is not known, or not for you to know.
    """

    id: str
    name: str
    order: float | None
    owner: str
    dialect: str
    default: Literal["pass", "deny", "allow", "isolate"]
    policies: list[BoardPolicy]


class Truncated(Answer, frozen=True):
    """How many are shown, of how many."""

    shown: int
    total: int


class Board(Answer, frozen=True):
    """The tiers in the order in which they are asked. `unknown` says what could not be read or is not shown, so that the board is not all there is."""

    tiers: list[BoardTier]
    unknown: list[str]
    hits_window: Window | None
    profile: ProfileName
    cluster: str
    pods: int
    truncated: Truncated | None


def board(services: Services, scope: ReadScope, selection: Selection, profile: ProfileName = "upstream") -> Board:
    """The tiers and policies of one cluster, narrowed to the selection's namespaces and workloads (policies of no namespace stay)."""
    view = view_of(services, scope, selection.clusters)
    standing = standing_of(view, profile)
    findings = _findings_of(services, scope, selection, view)
    counted = hits(services, scope, selection, view.id)
    unknown = [] if view.whole else [NOT_SHOWN]
    wanted = _wanted_classes(standing, view, selection)
    shown: list[tuple[Lowered, Object, Tier]] = []
    for one in standing.model.lowered:
        thing = standing.cluster.get(one.policy)
        if thing is None:  # a kind that could not be read, or a doubt about all of them
            if view.whole:
                unknown.extend(f"{notice.what}" for notice in one.notices)
            continue
        if not view.sees(thing.namespace):
            continue
        if selection.namespaces and thing.namespace and thing.namespace not in selection.namespaces:
            continue
        if wanted is not None and not _selected(standing, one.rules) & wanted:
            continue
        shown.append((one, thing, standing.model.tier_of(thing)))
    if counted is not None and 0 < counted.judged < counted.seen:
        unknown.append(
            f"{counted.seen - counted.judged:,} of {counted.seen:,} records in the window were not judged: hits may be missing"
        )
    order = sorted(shown, key=lambda row: (row[2].order, row[2].name, row[1].namespace, row[1].name, row[1].kind))
    tiers: dict[Tier, list[tuple[Lowered, Object]]] = {}
    for one, thing, tier in order[:MOST_POLICIES]:
        tiers.setdefault(tier, []).append((one, thing))
    last = list(tiers)[-1] if tiers else None
    return Board(
        tiers=[
            BoardTier(
                id=tier.name,
                name=tier.name,
                order=_number(tier.order) if any("projectcalico" in one.policy.group for one, _ in rows) else None,
                owner=owners(whole_index(view), view.cluster, {(one.policy.group, one.policy.kind) for one, _ in rows})
                if view.whole
                else "",
                dialect=", ".join(sorted({thing.kind for _, thing in rows})),
                default=_default_of(rows, last=tier is last),
                policies=[_board_policy(standing, view, one, thing, findings, counted) for one, thing in rows],
            )
            for tier, rows in tiers.items()
        ],
        unknown=list(dict.fromkeys(unknown)),
        hits_window=Window(start=rfc3339(selection.start), end=rfc3339(selection.end))
        if counted is not None and counted.judged
        else None,
        profile=profile,
        cluster=view.id,
        pods=sum(len(pods) for name, pods in standing.model.world.by_namespace.items() if view.sees(name)),
        truncated=Truncated(shown=MOST_POLICIES, total=len(order)) if len(order) > MOST_POLICIES else None,
    )


def _number(order: float) -> float | None:
    return order if abs(order) != float("inf") else None


def _default_of(rows: Sequence[tuple[Lowered, Object]], *, last: bool) -> Literal["pass", "deny", "allow", "isolate"]:
    closing = {rule.purpose: rule.action for one, _ in rows for rule in one.rules if rule.purpose != "rule"}
    if closing.get("tier-default") is Action.DENY:
        return "deny"
    if "isolation" in closing:
        return "isolate"
    return "allow" if last else "pass"


def _selected(standing: Standing, rules: Sequence[Rule]) -> int:
    """The classes that rules are about, surely or perhaps."""
    classes, family = standing.reaching.relation.classes, min(standing.reaching.relation.views)
    found = 0
    for subject in dict.fromkeys(rule.subject for rule in rules):
        found |= classes.bits(subject, family)[1]
    return found


def _wanted_classes(standing: Standing, view: View, selection: Selection) -> int | None:
    if not selection.workloads:
        return None
    wanted = 0
    for text in selection.workloads:
        namespace, _, name = text.partition("/")
        if view.sees(namespace):
            for group in standing.groups.get(namespace, ()):
                if group.ref.name == name:
                    wanted |= standing.classes_of[group.ref]
    return wanted


def _board_policy(
    standing: Standing,
    view: View,
    one: Lowered,
    thing: Object,
    findings: dict[tuple[str, str, str], int] | None,
    counted: Counted | None,
) -> BoardPolicy:
    told_hits = counted is not None and counted.judged > 0
    by_rule = _rule_hits(one, counted if told_hits else None)
    if one.stage:
        total = counted.of_draft(policy_name(one.policy)) if counted is not None else NEVER
    else:
        total = functools.reduce(operator.or_, (found for _, found in by_rule), NEVER)
    classes = standing.reaching.relation.classes
    written = {(rule.direction, rule.ref.path): rule.action for rule in one.rules if rule.purpose == "rule"}
    priority = next((rule.order[1] for rule in one.rules if rule.purpose == "rule"), None)
    selected = _selected(standing, one.rules)
    home = thing.namespace or ("default" if _is_namespaced(one.rules) else "")
    groups = standing.groups.get(home, []) if home else standing.reaching.groups
    kinds: set[str] = {notice.kind for notice in one.notices}
    told = bool(one.rules) and not any(rule.purpose == "refused" for rule in one.rules)
    return BoardPolicy(
        id=f"{thing.kind}/{thing.namespace or '_'}/{thing.name}",
        kind=thing.kind,
        group=one.policy.group,
        namespace=thing.namespace,
        name=thing.name,
        place=str(thing.origin) if thing.origin.source else "",
        order=None if priority is None or not _has_priority(thing) else _number(priority),
        subject=_subject_words(one.rules, home),
        selects=classes.weights.of(selected & classes.pods) if told else None,
        workloads=sum(1 for group in groups if standing.classes_of[group.ref] & selected) if told else None,
        allows=sum(action is Action.ALLOW for action in written.values()),
        denies=sum(action is Action.DENY for action in written.values()),
        rules=len(written),
        isolates=sorted({rule.direction.value for rule in one.rules if rule.purpose == "isolation"}, reverse=True),
        state=_state(kinds),
        problems=[*(_notice_words(notice) for notice in one.notices), *_idle_words(standing, view, one.policy)],
        findings=None if findings is None else findings.get((thing.kind, thing.namespace, thing.name), 0),
        staged=bool(one.stage),
        hits=total.times if told_hits else None,
        last_hit=rfc3339(total.last) if told_hits and total.last is not None else None,
        unused=total.times == 0 if told_hits else None,
        simulated=told_hits and total.simulated,
        filter=_filter("staged_policy" if one.stage else "policy", policy_name(one.policy)) if one.rules else "",
        rule_hits=[rule for rule, _ in by_rule],
    )


def _rule_hits(one: Lowered, counted: Counted | None) -> list[tuple[BoardRule, Hits]]:
    """The rules of a policy in force as people know them, each with its hits."""
    if one.stage:
        return []
    name = policy_name(one.policy)
    found: dict[tuple[str, str], tuple[BoardRule, Hits]] = {}
    for rule in one.rules:
        path = rule.ref.path or rule.ref.name
        direction: Literal["egress", "ingress"] = "egress" if rule.direction is Direction.EGRESS else "ingress"
        if (direction, path) in found:
            continue
        mine = counted.of_rule(name, rule) if counted is not None else NEVER
        shown = BoardRule(
            direction=direction,
            rule=path,
            action="deny the rest" if rule.purpose == "isolation" else rule.action.value,
            hits=mine.times if counted is not None else None,
            last_hit=rfc3339(mine.last) if mine.last is not None else None,
            unused=mine.times == 0 if counted is not None else None,
            filter=f"{_filter(f'{direction}_policy', name)} {_filter(f'{direction}_rule', path)}",
        )
        found[direction, path] = shown, mine
    return list(found.values())


def _filter(field: str, value: str) -> str:
    return filter_grammar.render((filter_grammar.Term(field, ":", (filter_grammar.Value(value, quoted=True),)),))


def _has_priority(thing: Object) -> bool:
    """Whether somebody gave the policy its place; those of the other kinds have no order among themselves."""
    return not isinstance(thing, NetworkPolicy | CiliumPolicy)


def _is_namespaced(rules: Sequence[Rule]) -> bool:
    """Whether rules of a policy without a written namespace are about one namespace: files may leave it out."""
    return (
        bool(rules)
        and rules[0].ref.policy is not None
        and rules[0].ref.policy.kind in ("NetworkPolicy", "CiliumNetworkPolicy")
    )


def _state(kinds: set[str]) -> PolicyState:
    if "refused" in kinds:
        return "invalid"
    if "unsupported" in kinds:
        return "unsupported"
    if "not-enforced" in kinds:
        return "not-enforced"
    return "doubtful" if "ambiguous" in kinds else "ok"


def _notice_words(notice: Any) -> str:
    lead = {"refused": "invalid: ", "unsupported": "not supported: "}.get(notice.kind, "")
    return f"{lead}{f'{notice.path}: ' if notice.path else ''}{notice.what}"


_IDLE = {
    "selects-nobody": "selects nobody",
    "matches-nobody": "matches nobody",
    "shadowed": "is decided by earlier rules",
    "covered": "adds nothing to another rule",
}


def _idle_words(standing: Standing, view: View, ref: ObjectRef) -> list[str]:
    """What is idle, in few words: rules of the same fault together, with up to three places."""
    by_kind: dict[str, list[Idle]] = defaultdict(list)
    for one in standing.idle.get(ref, ()):
        by_kind[one.kind].append(one)
    found = []
    for kind, many in by_kind.items():
        if kind == "selects-nobody":
            found.append("selects no pod")
            continue
        paths = list(dict.fromkeys(one.rule.path for one in many))
        names = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        by = [rule for one in many for rule in one.by if rule.policy is not None and view.sees(rule.policy.namespace)]
        found.append(f"{names} {_IDLE[kind]}{f' ({by[0]})' if by else ''}")
    return found


def _subject_words(rules: Sequence[Rule], home: str) -> str:
    subjects = list(dict.fromkeys(_peer_words(rule.subject, home) for rule in rules))
    return "; ".join(subjects[:3]) + (f" and {len(subjects) - 3} more" if len(subjects) > 3 else "")


def _peer_words(peer: Peer, home: str) -> str:
    if isinstance(peer, Selected):
        where = _without_home(peer.where, home)
        what = "node" if peer.kind == "node" else "pod"
        return (
            f"every {what}{f' of {home}' if home and what == 'pod' else ''}" if where == EVERYTHING else describe(where)
        )
    if isinstance(peer, AllOf):
        return " and ".join(_peer_words(part, home) for part in peer.parts)
    if isinstance(peer, AnyOf):
        return " or ".join(_peer_words(part, home) for part in peer.parts) or "nobody"
    return "every end" if type(peer).__name__ == "Everyone" else "what cannot be told"


def _without_home(where: Expression, home: str) -> Expression:
    """The expression without the policy's own namespace, which its name says already."""
    own = Match("fact", "namespace", "in", (home,))
    if where == own:
        return EVERYTHING
    return All(tuple(part for part in where.parts if part != own)) if isinstance(where, All) else where


def _findings_of(
    services: Services, scope: ReadScope, selection: Selection, view: View
) -> dict[tuple[str, str, str], int] | None:
    """How many open findings name each object; None for who may read none."""
    try:
        rows = open_at(services, scope, Selection(selection.start, selection.end, (view.id,)), selection.end)
    except PermissionError:
        return None
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows:
        if row["status"] == "fail" and row["object_kind"].endswith("NetworkPolicy"):
            found[row["object_kind"], row["namespace"], row["object"]] += 1
    return found


# ------------------------------------------------------------------------------------------------ reach

ReachVerdict = Literal["allowed", "denied", "partial", "unknown"]


class ReachSubject(Answer, frozen=True):
    """A namespace or a workload; `id` is `namespace/_/name` or `workload/namespace/name`."""

    id: str
    name: str
    kind: str
    namespace: str
    pods: int


class ReachCell(Answer, frozen=True):
    """`partial`: some pods or some of the traffic. `unknown`: nothing is surely allowed, and something cannot be told. Cells left out are denied."""

    source: str = msgspec.field(name="from")
    destination: str = msgspec.field(name="to")
    verdict: ReachVerdict
    why: str


class ReachMatrix(Answer, frozen=True):
    """What policies allow between the subjects, whether or not it was seen. With `focus` only that workload's row and column are there."""

    subjects: list[ReachSubject]
    cells: list[ReachCell]
    group: Literal["namespace", "workload"]
    focus: str | None
    traffic: str
    truncated: Truncated | None
    unknown: list[str]
    window: Window | None


def reach(
    services: Services,
    scope: ReadScope,
    selection: Selection,
    *,
    group: Literal["namespace", "workload"] = "namespace",
    protocol: str | None = None,
    port: int | None = None,
    focus: str = "",
    limit: int = 100,
    profile: ProfileName = "upstream",
) -> ReachMatrix:
    """Who reaches whom, by namespace or by workload, for all TCP, UDP and SCTP or the traffic named; at most `limit` subjects, first by name.

    With `focus` (`namespace/name` of a workload) the workloads that it may reach or that may reach it. Raises UserError, Missing.
    """
    view = view_of(services, scope, selection.clusters)
    standing = standing_of(view, profile)
    traffic = policy.traffic_from(protocol.upper() if protocol else None, port)
    subjects, members = _subjects(standing, view, selection, "workload" if focus else group)
    total = len(subjects)
    middle: int | None = None
    if focus:
        middle = next((at for at, one in enumerate(subjects) if f"{one.namespace}/{one.name}" == focus), None)
        if middle is None:
            raise Missing(f"no workload `{focus}` with pods, or you may not see it")
        subjects, cells = _around(standing, subjects, members, middle, traffic, limit)
    else:
        subjects, members = subjects[:limit], members[:limit]
        flags = group_matrix(standing.reaching, members, members, traffic)
        cells = [
            cell
            for column, destination in enumerate(subjects)
            for row, source in enumerate(subjects)
            if (cell := _cell(source, destination, flags[column][row])) is not None
        ]
    return ReachMatrix(
        subjects=subjects,
        cells=cells,
        group="workload" if focus else group,
        focus=subjects[0].id if focus else None,
        traffic=" ".join(
            str(part)
            for part in ((protocol or "TCP").upper() if port or protocol else "TCP, UDP and SCTP", port)
            if part
        ),
        truncated=Truncated(shown=len(subjects), total=total) if not focus and total > len(subjects) else None,
        unknown=[] if view.whole else ["only what you may see is listed; pods of other namespaces may reach yours too"],
        window=None,
    )


def _subjects(
    standing: Standing, view: View, selection: Selection, group: str
) -> tuple[list[ReachSubject], list[Sequence[PodEnd]]]:
    subjects: list[ReachSubject] = []
    members: list[Sequence[PodEnd]] = []
    for namespace in sorted(standing.groups):
        if not view.sees(namespace) or (selection.namespaces and namespace not in selection.namespaces):
            continue
        if group == "namespace":
            pods = standing.model.world.by_namespace[namespace]
            subjects.append(
                ReachSubject(
                    id=entity_id("namespace", "", namespace),
                    name=namespace,
                    kind="Namespace",
                    namespace="",
                    pods=len(pods),
                )
            )
            members.append(pods)
            continue
        for one in standing.groups[namespace]:
            if selection.workloads and f"{namespace}/{one.ref.name}" not in selection.workloads:
                continue
            subjects.append(
                ReachSubject(
                    id=entity_id("workload", namespace, one.ref.name),
                    name=one.ref.name,
                    kind=one.ref.kind,
                    namespace=namespace,
                    pods=len(one.pods),
                )
            )
            members.append(one.pods)
    return subjects, members


def _around(
    standing: Standing,
    subjects: list[ReachSubject],
    members: list[Sequence[PodEnd]],
    middle: int,
    traffic: Any,
    limit: int,
) -> tuple[list[ReachSubject], list[ReachCell]]:
    """One workload and whom it may talk to, itself first; at most `limit`."""
    me, mine = subjects[middle], members[middle]
    cells: list[ReachCell] = []
    near = [me]
    outward = group_matrix(standing.reaching, [mine], members, traffic)
    (inward,) = group_matrix(standing.reaching, members, [mine], traffic)
    for at, other in enumerate(subjects):
        if at != middle and len(near) < limit:
            both = [_cell(me, other, outward[at][0]), _cell(other, me, inward[at])]
            if any(both):
                near.append(other)
                cells.extend(cell for cell in both if cell is not None)
    return near, cells


_WHY = {
    ALLOWED: ("allowed", "every pod reaches every pod"),
    ALLOWED | DENIED: ("partial", "some pods or some ports"),
    ALLOWED | UNKNOWN: ("partial", "some pods or some ports; of the others it cannot be told"),
    ALLOWED | DENIED | UNKNOWN: ("partial", "some pods or some ports; of others it cannot be told"),
    UNKNOWN: ("unknown", "it cannot be told"),
    UNKNOWN | DENIED: ("unknown", "of some pods or ports it cannot be told, the others are denied"),
    0: ("allowed", "one pod, which reaches itself"),
}


def _cell(source: ReachSubject, destination: ReachSubject, flags: int) -> ReachCell | None:
    if flags == DENIED or (flags == 0 and source is not destination):
        return None
    verdict, why = _WHY[flags]
    return ReachCell(source=source.id, destination=destination.id, verdict=verdict, why=why)  # type: ignore[arg-type]  # one of four words


# ------------------------------------------------------------------------------------------------ explain


class EndAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One end of a connection: an `address`, or a `kind` and a name. A `workload` that is none is taken as a pod, then as a service."""

    kind: Literal["workload", "pod", "service", "namespace", "node"] = "workload"
    namespace: Annotated[str, msgspec.Meta(max_length=253)] = ""
    name: Annotated[str, msgspec.Meta(max_length=253)] = ""
    address: Annotated[str, msgspec.Meta(max_length=253)] = ""

    def __str__(self) -> str:
        return self.address or (f"{self.namespace}/{self.name}" if self.namespace else self.name)


class ExplainQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why one connection is allowed or denied. `port` is the destination's, of a service the service's; without one all ports are meant."""

    source: EndAsked = msgspec.field(name="from")
    destination: EndAsked = msgspec.field(name="to")
    protocol: Annotated[str, msgspec.Meta(max_length=16)] = "tcp"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None


StepVerdict = Literal["allow", "deny", "pass", "log", "unknown"]
_VERDICTS: dict[Action, StepVerdict] = {
    Action.ALLOW: "allow",
    Action.DENY: "deny",
    Action.PASS: "pass",
    Action.LOG: "log",
    Action.UNKNOWN: "unknown",
}


class ExplainStep(Answer, frozen=True):
    """A rule that matched, or may match, on the way. `policy` is `Kind/namespace/name`, "" for what no policy says. `decides`: it decided its direction.

    `verdict`: allow, deny, pass, log, or unknown where the rule only may match (`why` says what is not known).
    """

    tier: str
    policy: str
    rule: str
    place: str
    direction: Literal["egress", "ingress"]
    verdict: StepVerdict
    why: str
    decides: bool


class NearRule(Answer, frozen=True):
    """A rule that would allow the connection but for one thing."""

    policy: str
    rule: str
    place: str
    misses: str
    needs: str


class PolicyEdit(Answer, frozen=True):
    """A change of one policy: as a unified diff (`patch`), as a JSON patch and as a command. `place` is `file:line` where the policy was read from a text."""

    policy: str
    place: str
    text: str
    patch: str
    json_patch: list[dict[str, Any]]
    command: str


class SmallestChange(Answer, frozen=True):
    """The edits that together allow the connection. `verified`: with them applied the connection was judged again, and is allowed."""

    text: str
    patch: str | None
    verified: bool
    edits: list[PolicyEdit]


class PairCounts(Answer, frozen=True):
    """Of the pairs of kinds of pods that the ends stand for; `judged` of `total` were looked at."""

    allowed: int
    denied: int
    unknown: int
    judged: int
    total: int


class PolicyExplanation(Answer, frozen=True):
    """The verdict with the steps to it, leaving the source first. `pairs` is there where the ends stand for several kinds of pods.

    The steps, the nearest rules and the smallest change are those of the pair `shown`. `smallestChange` is null for what is not denied, and where no edit
    of one policy for each direction was found.
    """

    verdict: ReachVerdict
    reason: str
    shown: str
    steps: list[ExplainStep]
    near: list[NearRule]
    smallest_change: SmallestChange | None
    pairs: PairCounts | None
    unknown: list[str]


def explain(
    services: Services,
    scope: ReadScope,
    clusters: Sequence[str],
    asked: ExplainQuestion,
    profile: ProfileName = "upstream",
) -> PolicyExplanation:
    """Why a connection is decided as it is. Raises Missing for an end that is not there, or may not be seen; UserError for one that is none."""
    view = view_of(services, scope, clusters)
    standing = standing_of(view, profile)
    protocol = _SPELT.get(asked.protocol.lower())
    if protocol is None:
        raise UserError(
            f'"{asked.protocol}" is no protocol', where="protocol", do=f"choose one of {', '.join(PROTOCOLS)}"
        )
    sources = _ends(standing, view, asked.source, "from")
    destinations = _ends(standing, view, asked.destination, "to")
    for ends, end in ((sources, asked.source), (destinations, asked.destination)):
        if not ends:
            return _nothing(f"{end} has no pod that runs, so there is nothing to judge")
    pairs = [
        (one, other)
        for one in sources
        for other in destinations
        if one != other or len(sources) == len(destinations) == 1
    ]
    judged = [Connection(one, other, protocol, asked.port) for one, other in pairs[:MOST_PAIRS]]
    verdicts = [_verdict(standing, one) for one in judged]
    at = next(
        index
        for word in ("denied", "partial", "unknown", "allowed")
        for index, one in enumerate(verdicts)
        if one == word
    )
    unknown = (
        []
        if len(judged) == len(pairs)
        else [f"of {len(pairs):,} pairs of kinds of pods the first {len(judged):,} were judged"]
    )
    return _explained(standing, view, judged[at], verdicts, len(pairs), unknown)


_SPELT = {name.lower(): name for name in PROTOCOLS}


def _nothing(why: str) -> PolicyExplanation:
    return PolicyExplanation(
        verdict="unknown", reason=why, shown="", steps=[], near=[], smallest_change=None, pairs=None, unknown=[why]
    )


def _verdict(standing: Standing, asked: Connection) -> ReachVerdict:
    found = standing.evaluator.answer(asked)
    if found.allowed is not None:
        return "allowed" if found.allowed else "denied"
    return "partial" if found.split is not None and found.split.allowed else "unknown"


def _ends(standing: Standing, view: View, asked: EndAsked, where: str) -> list[EndName]:
    """The ends to judge, one for each kind of pod that `asked` stands for."""
    world = standing.model.world
    missing = Missing(f"no {asked.kind} `{asked}`, or you may not see it")
    if asked.address:
        return [_address_end(standing, view, asked.address, where)]
    if asked.kind == "node":
        if not view.whole or asked.name not in world.nodes:
            raise missing
        return [EndName(node=asked.name)]
    namespace, name = (asked.name, "") if asked.kind == "namespace" else (asked.namespace or "default", asked.name)
    if not name and asked.kind != "namespace":
        raise UserError("an end needs a name or an address", where=where, do="write namespace/name, or an address")
    if not view.sees(namespace):
        raise missing
    if asked.kind == "namespace":
        pods = world.by_namespace.get(namespace, ())
        if not pods and standing.cluster.namespace(namespace) is None:
            raise missing
        return _kinds_of(standing, pods)
    if asked.kind == "workload" and (pods := world.workload(namespace, name)):
        return _kinds_of(standing, pods)
    if asked.kind in ("workload", "pod") and (pod := world.by_name.get((namespace, name))):
        return [name_of(pod)]
    if asked.kind in ("workload", "service") and (namespace, name) in world.services:
        return [EndName(service=f"{namespace}/{name}")]
    if any((one.namespace or "default", one.name) == (namespace, name) for one in standing.cluster.workloads):
        return []
    raise missing


def _address_end(standing: Standing, view: View, text: str, where: str) -> EndName:
    try:
        end = standing.model.world.end_at(text)
    except ValueError as error:
        raise UserError(f"{error}", where=where, do="write one address, or namespace/name") from None
    service = (
        standing.model.world.by_service_address.get(end.address)
        if not isinstance(end, PodEnd | NodeEnd) and end.address
        else None
    )
    home = (
        end.namespace if isinstance(end, PodEnd) else (service.namespace or "default") if service is not None else None
    )
    if (isinstance(end, NodeEnd) and not view.whole) or (home is not None and not view.sees(home)):
        raise Missing(f"the address `{text}` belongs to something in the cluster that you may not see")
    return EndName(ip=text)


def _kinds_of(standing: Standing, pods: Sequence[PodEnd]) -> list[EndName]:
    """One pod of each class: policies tell no two of a class apart. Two where a class has two, for they may talk to each other."""
    found: dict[int, list[PodEnd]] = {}
    for pod in pods:
        mine = found.setdefault(standing.reaching.class_of(pod), [])
        if len(mine) < (2 if len(pods) > 1 else 1):
            mine.append(pod)
    return [name_of(pod) for many in found.values() for pod in many]


def _explained(
    standing: Standing, view: View, asked: Connection, verdicts: Sequence[ReachVerdict], total: int, unknown: list[str]
) -> PolicyExplanation:
    found = explaining.explain(standing.model, asked)
    steps = [
        *_steps(view, "egress", found.answer.egress),
        *_steps(view, "ingress", found.answer.ingress),
    ]
    words = set(verdicts)
    reason = found.answer.reason
    if not view.whole and any(step.why == HIDDEN or step.policy == "" for step in steps):
        reason = "; ".join(step.why for step in steps if step.decides) or "it cannot be told"
    if not view.whole:
        unknown = [*unknown, NOT_SHOWN]
    if found.answer.allowed is None:
        unknown = [reason, *unknown]
    return PolicyExplanation(
        verdict=verdicts[0] if len(words) == 1 else "partial" if words & {"allowed", "partial"} else "unknown",
        reason=reason,
        shown=f"{_end_words(asked.source)} to {_end_words(asked.destination)}",
        steps=steps,
        near=[
            NearRule(
                policy=_policy_id(one.rule.policy),
                rule=one.rule.path,
                place=policy.place_of(one.rule),
                misses=one.misses,
                needs=one.needs,
            )
            for one in found.near
            if one.rule.policy is not None and view.sees(one.rule.policy.namespace)
        ],
        smallest_change=_change(standing, view, found.edits),
        pairs=PairCounts(
            allowed=verdicts.count("allowed"),
            denied=verdicts.count("denied"),
            unknown=len(verdicts) - verdicts.count("allowed") - verdicts.count("denied"),
            judged=len(verdicts),
            total=total,
        )
        if total > 1
        else None,
        unknown=unknown,
    )


def _end_words(end: EndName) -> str:
    return end.pod or end.workload or end.service or end.node or end.ip or end.domain


def _policy_id(ref: ObjectRef | None) -> str:
    return f"{ref.kind}/{ref.namespace or '_'}/{ref.name}" if ref is not None else ""


def _steps(view: View, direction: Literal["egress", "ingress"], trace: Trace) -> list[ExplainStep]:
    """The steps of one direction; where no rule decided, a last one that says what holds then."""
    found = [_step(view, direction, one, trace) for one in trace.steps]
    if trace.decided_by is None and trace.reason:
        allowed = trace.allowed
        reason = trace.reason if allowed is not None or view.whole else "it cannot be told"
        found.append(
            ExplainStep(
                tier="default" if allowed is not None else "",
                policy="",
                rule="",
                place="",
                direction=direction,
                verdict="unknown" if allowed is None else "allow" if allowed else "deny",
                why=reason,
                decides=True,
            )
        )
    return found


def _step(view: View, direction: Literal["egress", "ingress"], step: Step, trace: Trace) -> ExplainStep:
    decides = step == trace.decided_by
    verdict: StepVerdict = _VERDICTS[step.action] if step.certain else "unknown"
    ref = step.rule.policy
    if ref is not None and not view.sees(ref.namespace):
        return ExplainStep(
            tier="", policy="", rule="", place="", direction=direction, verdict=verdict, why=HIDDEN, decides=decides
        )
    why = step.why or (trace.reason if decides else _PURPOSES.get(step.purpose, ""))
    if step.layer_7:
        why = f"{why}; filtered above the connection: {', '.join(step.layer_7)}"
    return ExplainStep(
        tier=step.tier,
        policy=_policy_id(ref),
        rule=step.rule.path or step.rule.name,
        place=policy.place_of(step.rule),
        direction=direction,
        verdict=verdict,
        why=why,
        decides=decides,
    )


_PURPOSES = {
    "rule": "matches",
    "isolation": "isolates: what no rule allows is denied",
    "tier-default": "the tier's default",
    "exempt": "always allowed",
    "refused": "could not be read",
}


def _change(standing: Standing, view: View, edits: Sequence[explaining.Edit]) -> SmallestChange | None:
    if not edits or not all(view.sees(edit.policy.namespace) for edit in edits):
        return None
    shown: list[PolicyEdit] = []
    edited: dict[ObjectRef, Object] = {}
    for edit in edits:
        before = edited.get(edit.policy) or standing.cluster.get(edit.policy)
        assert before is not None  # the edit was made from it
        after = edited[edit.policy] = explaining.patched(before, edit.operations)
        answer = policy.edit_of(edit)
        shown.append(
            PolicyEdit(
                policy=_policy_id(edit.policy),
                place=edit.where,
                text=edit.words,
                patch=_diff(before, after),
                json_patch=answer.patch,
                command=answer.command,
            )
        )
    names = "; ".join(f"In {one.policy.replace('/_/', '/')}, {one.text}" for one in shown)
    verified = all(edit.verified for edit in edits)
    checked = "judged again with it applied: allowed" if verified else "judged again with it applied: still not allowed"
    return SmallestChange(
        text=f"{names} ({checked}).", patch="\n".join(one.patch for one in shown), verified=verified, edits=shown
    )


def _diff(before: Object, after: Object) -> str:
    """The change of a policy as a unified diff of its YAML, as we would write it."""
    name = f"{before.namespace + '/' if before.namespace else ''}{before.name}.yaml"
    return "".join(difflib.unified_diff(_yaml(before), _yaml(after), fromfile=f"a/{name}", tofile=f"b/{name}"))


def _yaml(thing: Any) -> list[str]:
    metadata = {"name": thing.name} | ({"namespace": thing.namespace} if thing.namespace else {})
    document: dict[str, Any] = {"apiVersion": thing.api_version, "kind": thing.kind, "metadata": metadata}
    if thing.spec is not None:
        document["spec"] = thing.spec
    if getattr(thing, "specs", ()):
        document["specs"] = list(thing.specs)
    return yaml.safe_dump(msgspec.to_builtins(document), sort_keys=False).splitlines(keepends=True)


# ------------------------------------------------------------------------------------------------ eval


class EvalQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Connections in the form that `seawall policy eval` takes."""

    tuples: Annotated[list[Connection], msgspec.Meta(max_length=1000)]


def evaluate(
    services: Services,
    scope: ReadScope,
    clusters: Sequence[str],
    asked: EvalQuestion,
    profile: ProfileName = "upstream",
) -> policy.Verdicts:
    """The verdict on each connection, in order; null with the reason for one that cannot be asked."""
    view = view_of(services, scope, clusters)
    standing = standing_of(view, profile)
    return policy.Verdicts(
        verdicts=[_judged(standing, view, one) for one in asked.tuples],
        notices=[
            one
            for one in policy.notices_of(standing.model)
            if view.whole or (one.policy is not None and view.sees(one.policy.namespace))
        ],
    )


def _judged(standing: Standing, view: View, asked: Connection) -> policy.Verdict:
    pairs = 1
    for end in (asked.source, asked.destination):
        if not _may_ask(standing, view, end):
            return _untold(f"{end} is not there, or you may not see it")
        if end.workload:
            namespace, _, name = end.workload.rpartition("/")
            pairs *= max(1, len(standing.model.world.workload(namespace or "default", name, end.kind)))
    if pairs > MOST_POD_PAIRS:
        return _untold(f"it stands for {pairs:,} pairs of pods; name pods")
    found = policy.verdict_of(standing.evaluator.answer(asked))
    return found if view.whole else _veiled(view, found)


def _untold(why: str) -> policy.Verdict:
    nothing = policy.TraceAnswer(allowed=None, reason="")
    return policy.Verdict(allowed=None, egress=nothing, ingress=nothing, reason=why)


def _may_ask(standing: Standing, view: View, end: EndName) -> bool:
    if view.whole:
        return True
    if end.ip:
        try:
            _address_end(standing, view, end.ip, "")
        except Missing:
            return False
        except UserError:
            return True  # answered by what is wrong with it
        return True
    name = end.pod or end.workload or end.service
    if not name:
        return bool(end.domain) and not end.node
    namespace, slash, _ = name.partition("/")
    return view.sees(namespace if slash else "default")


def _veiled(view: View, found: policy.Verdict) -> policy.Verdict:
    """The verdict for a reader of some namespaces, without what names policies that they may not see."""
    egress, ingress = _veiled_trace(view, found.egress), _veiled_trace(view, found.ingress)
    staged = found.staged and policy.StagedAnswer(
        allowed=found.staged.allowed,
        egress=_veiled_trace(view, found.staged.egress),
        ingress=_veiled_trace(view, found.staged.ingress),
        reason="",
    )
    decisive = [one for one in (egress, ingress) if one.allowed is found.allowed] or [egress, ingress]
    reason = "; ".join(dict.fromkeys(one.reason for one in decisive if one.reason)) or found.reason
    return msgspec.structs.replace(found, egress=egress, ingress=ingress, staged=staged, reason=reason)


def _veiled_trace(view: View, trace: policy.TraceAnswer) -> policy.TraceAnswer:
    def visible(step: policy.StepAnswer) -> bool:
        return step.rule.policy is None or view.sees(step.rule.policy.namespace)

    def veiled(step: policy.StepAnswer) -> policy.StepAnswer:
        if visible(step):
            return step
        return policy.StepAnswer(tier="", rule=policy.RuleName(name=HIDDEN), action=step.action, certain=step.certain)

    if all(map(visible, trace.steps)) and (trace.decided_by is None or visible(trace.decided_by)):
        return trace
    decided = trace.decided_by
    reason = trace.reason if decided is not None and visible(decided) else HIDDEN
    return policy.TraceAnswer(
        allowed=trace.allowed,
        reason=reason,
        decided_by=veiled(decided) if decided is not None else None,
        steps=tuple(map(veiled, trace.steps)),
    )
