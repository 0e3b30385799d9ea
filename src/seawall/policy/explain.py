"""Why a connection is allowed or denied; for a denial the nearest rules, and the smallest edit of one policy that allows it, tried before it is offered."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.cluster.network_kinds import (
    AdminNetworkPolicy,
    BaselineAdminNetworkPolicy,
    CalicoPolicy,
    CiliumPolicy,
    ClusterNetworkPolicy,
    NetworkPolicy,
)
from seawall.policy.classes import Classes, Interest
from seawall.policy.connections import Answer, Connection, Evaluator
from seawall.policy.judge import NO, YES, Flow, Judge, Trace, matches, matches_traffic
from seawall.policy.lower import PolicyModel, nets_of
from seawall.policy.model import ICMP, ICMPV6, PROTOCOL_NAMES, Action, Direction, Peer, Rule, RuleRef
from seawall.policy.world import NAMESPACE_NAME, End, NodeEnd, OutsideEnd, PodEnd


class Near(msgspec.Struct, frozen=True):
    """A rule that would allow the connection but for one thing: `misses` is `peer` or `traffic`, `needs` says it in words."""

    rule: RuleRef
    misses: str
    needs: str


class Operation(msgspec.Struct, frozen=True):
    """One operation of a JSON patch."""

    op: str
    path: str
    value: Any = None


class Edit(msgspec.Struct, frozen=True):
    """A change of one policy. `size` counts the values that it adds, `opens` the pairs of classes of ends that its new rules newly match; `verified`: with all edits applied the connection was judged again, and is allowed."""

    policy: ObjectRef
    where: str
    operations: tuple[Operation, ...]
    words: str
    size: int
    opens: int
    verified: bool


class Explanation(msgspec.Struct, frozen=True):
    """The answer, what comes near for each direction that denies, and the edits (one for each such direction) that together allow it."""

    answer: Answer
    near: tuple[Near, ...] = ()
    edits: tuple[Edit, ...] = ()


def explain(model: PolicyModel, asked: Connection) -> Explanation:
    """The answer to `asked` with its reasons; where it is denied, how to allow it."""
    evaluator = Evaluator(model)
    answer = evaluator.answer(asked)
    if answer.allowed is not False:
        return Explanation(answer)
    flow = evaluator.a_denied_flow(asked)
    if flow is None:
        return Explanation(answer)
    near: list[Near] = []
    edits: list[Edit] = []
    current = model
    for direction in Direction:
        trace = Judge(current).direction(direction, flow)
        if trace.allowed is not False:
            continue
        near += list(nearest(current, direction, flow))
        edit = smallest_edit(current, direction, flow, trace)
        if edit is None:
            return Explanation(answer, tuple(near))
        edits.append(edit)
        current = with_edit(current, edit)
    again = Judge(current).judge(flow).allowed is True
    return Explanation(answer, tuple(near), tuple(msgspec.structs.replace(edit, verified=again) for edit in edits))


def with_edit(model: PolicyModel, edit: Edit) -> PolicyModel:
    """The model with the edit applied."""
    policy = model.world.cluster.get(edit.policy)
    base = model.edited.get(edit.policy, policy)
    assert base is not None
    return model.with_policy(patched(base, edit.operations))


def patched(policy: Object, operations: tuple[Operation, ...]) -> Object:
    """The policy with a JSON patch applied to it."""
    spec = copy.deepcopy(policy.spec)  # type: ignore[attr-defined]  # every policy kind has one
    document: dict[str, Any] = {
        "spec": spec if spec is not None else {},
        "specs": copy.deepcopy(list(getattr(policy, "specs", ()))),
    }
    for operation in operations:
        _apply(document, operation)
    changes: dict[str, Any] = {"spec": document["spec"]} if spec is not None else {}
    if document["specs"]:
        changes["specs"] = tuple(document["specs"])
    return msgspec.structs.replace(policy, **changes)


def _apply(document: Any, operation: Operation) -> None:
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in operation.path.strip("/").split("/")]
    target = document
    for part in path:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if isinstance(target, list):
        target.insert(len(target) if last == "-" else int(last), operation.value)
    else:
        target[last] = operation.value


# ------------------------------------------------------------------------------------------------ nearest


def nearest(model: PolicyModel, direction: Direction, flow: Flow) -> Iterator[Near]:
    """Allowing rules about the subject that miss the flow in one respect only."""
    judge = Judge(model)
    subject, other = (
        (flow.source, flow.destination) if direction is Direction.EGRESS else (flow.destination, flow.source)
    )
    assert not isinstance(subject, OutsideEnd)
    for rule in judge.rules_about(direction, subject):
        if rule.action is not Action.ALLOW or rule.ref.policy is None:
            continue
        peer = matches(rule.peer, other, subject, flow.family, [])
        traffic = matches_traffic(rule.traffic, flow, [])
        if peer == YES and traffic == NO:
            yield Near(rule.ref, "traffic", f"it allows {rule.traffic} from or to this end, not {_port_words(flow)}")
        elif peer == NO and traffic == YES:
            yield Near(
                rule.ref,
                "peer",
                f"it allows this port, but not {'to' if direction is Direction.EGRESS else 'from'} {other}",
            )


def _port_words(flow: Flow) -> str:
    protocol, port = flow.traffic >> 16, flow.traffic & 0xFFFF
    name = PROTOCOL_NAMES.get(protocol, f"protocol {protocol}")
    if protocol in (ICMP, ICMPV6):
        return f"{name} type {port >> 8}"
    return f"{name} {port}"


# ------------------------------------------------------------------------------------------------ edits


class _Draft(NamedTuple):
    policy: Object
    operations: tuple[Operation, ...]
    words: str


def smallest_edit(model: PolicyModel, direction: Direction, flow: Flow, trace: Trace) -> Edit | None:
    """The change to one policy that opens least, and says least, after which the direction allows the flow; None where none was found."""
    found: list[Edit] = []
    classes = Classes(model.world, Interest(model.enforced.rules), model.families)
    for draft in _drafts(model, direction, flow, trace):
        edit = Edit(
            draft.policy.ref,
            str(draft.policy.origin) if draft.policy.origin.source else "",
            draft.operations,
            draft.words,
            sum(_size(operation.value) for operation in draft.operations),
            _opens(classes, model, draft, flow),
            verified=True,
        )
        changed = model.with_policy(patched(model.edited.get(draft.policy.ref, draft.policy), draft.operations))
        if Judge(changed).direction(direction, flow).allowed:
            found.append(edit)
    return min(found, key=lambda edit: (edit.opens, edit.size, str(edit.policy), edit.words), default=None)


def _opens(classes: Classes, model: PolicyModel, draft: _Draft, flow: Flow) -> int:
    """How many pairs of ends the policy's rules match for this traffic, after the edit over before."""
    before = model.edited.get(draft.policy.ref, draft.policy)
    after = patched(before, draft.operations)
    counts = [_matched(classes, model.lower(policy).rules, flow) for policy in (before, after)]
    return counts[1] - counts[0]


def _matched(classes: Classes, rules: tuple[Rule, ...], flow: Flow) -> int:
    total = 0
    for rule in rules:
        if rule.action is Action.ALLOW and matches_traffic(rule.traffic, flow, []) != NO:
            about, whom = classes.bits(rule.subject, flow.family)[1], classes.bits(rule.peer, flow.family)[1]
            total += about.bit_count() * (whom.bit_count() + _addresses_in(rule.peer, flow.family))
    return total


def _addresses_in(peer: Peer, family: int) -> int:
    """How wide a peer is outside, in the bits of its addresses: a block of 256 counts 8."""
    return sum(len(net.prefixes.family(family)).bit_length() for net in nets_of(peer))


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_size(entry) for entry in value.values()) or 1
    if isinstance(value, list):
        return sum(map(_size, value)) or 1
    return 1


def _drafts(model: PolicyModel, direction: Direction, flow: Flow, trace: Trace) -> Iterator[_Draft]:
    subject, other = (
        (flow.source, flow.destination) if direction is Direction.EGRESS else (flow.destination, flow.source)
    )
    assert not isinstance(subject, OutsideEnd)
    seen: set[ObjectRef] = set()
    for rule in Judge(model).rules_about(direction, subject):
        policy = _policy_of(model, rule)
        if policy is None:
            continue
        write = _WRITERS.get(type(policy))
        if write is None or matches(rule.subject, subject, subject, flow.family, []) != YES:
            continue
        if rule.action is Action.ALLOW and rule.purpose == "rule" and isinstance(policy, NetworkPolicy):
            yield from _widen(policy, rule, direction, flow, other)
        if policy.ref not in seen:
            written = list(write(policy, rule, direction, flow, other, trace))
            if written:
                seen.add(policy.ref)
            yield from written


def _policy_of(model: PolicyModel, rule: Rule) -> Object | None:
    if rule.ref.policy is None or rule.purpose in ("exempt", "refused"):
        return None
    return model.edited.get(rule.ref.policy) or model.world.cluster.get(rule.ref.policy)


def _pointer(path: str) -> str:
    return "/" + path.replace("[", "/").replace("]", "").replace(".", "/")


def _widen(policy: NetworkPolicy, rule: Rule, direction: Direction, flow: Flow, other: End) -> Iterator[_Draft]:
    """A port or a peer more in a rule that is there."""
    subject = flow.source if direction is Direction.EGRESS else flow.destination
    side = "from" if direction is Direction.INGRESS else "to"
    index = int(rule.ref.path.rpartition("[")[2].rstrip("]"))
    fields = policy.spec[direction.value][index] or {}
    if matches(rule.peer, other, subject, flow.family, []) == YES and fields.get("ports") and (port := _port(flow)):
        yield _Draft(
            policy,
            (Operation("add", f"{_pointer(rule.ref.path)}/ports/-", port),),
            f"add {_port_words(flow)} to {rule.ref.path}.ports",
        )
    if matches_traffic(rule.traffic, flow, []) == YES and fields.get(side):
        for peer, words in _peers(other, subject):
            yield _Draft(
                policy,
                (Operation("add", f"{_pointer(rule.ref.path)}/{side}/-", peer),),
                f"add {words} to {rule.ref.path}.{side}",
            )


def _port(flow: Flow) -> dict[str, Any] | None:
    protocol, port = flow.traffic >> 16, flow.traffic & 0xFFFF
    name = PROTOCOL_NAMES.get(protocol, "")
    return {"protocol": name, "port": port} if name in ("TCP", "UDP", "SCTP") else None


def _peers(other: End, subject: End) -> Iterator[tuple[dict[str, Any], str]]:
    """How a NetworkPolicy names an end, the least words first."""
    if isinstance(other, PodEnd) and not other.host_network:
        labels = stable_labels(other)
        here = isinstance(subject, PodEnd) and subject.namespace == other.namespace
        peer: dict[str, Any] = {"podSelector": {"matchLabels": labels} if labels else {}}
        if not here:
            peer["namespaceSelector"] = {"matchLabels": {NAMESPACE_NAME: other.namespace}}
        yield (
            peer,
            f"the pods of {other.namespace} with {', '.join(f'{key}={value}' for key, value in labels.items()) or 'any labels'}",
        )
        return
    addresses = _addresses(other)
    for one in addresses:
        yield {"ipBlock": {"cidr": f"{one}/{32 if one.family == 4 else 128}"}}, str(one)


def _addresses(end: End) -> tuple[Any, ...]:
    if isinstance(end, OutsideEnd):
        return (end.address,) if end.address is not None else ()
    if isinstance(end, NodeEnd):
        return end.addresses
    return end.addresses or (end.node.addresses if end.node is not None else ())


UNSTABLE = (
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/job-name",
)
"""Labels that change with each rollout, or are of one pod alone."""
PREFERRED = (
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "app.kubernetes.io/instance",
    "name",
    "component",
    "app.kubernetes.io/component",
)
"""Labels that people give to say what something is, the most telling first."""


def stable_labels(pod: PodEnd) -> dict[str, str]:
    """The least labels that name what the pod is, without those that change with each rollout."""
    for key in PREFERRED:
        if key in pod.labels:
            return {key: pod.labels[key]}
    return {key: value for key, value in sorted(pod.labels.items()) if key not in UNSTABLE}


def _write_kubernetes(
    policy: Any, rule: Rule, direction: Direction, flow: Flow, other: End, trace: Trace
) -> Iterator[_Draft]:
    if rule.purpose != "isolation" and not policy.spec.get(direction.value):
        return
    side = "from" if direction is Direction.INGRESS else "to"
    subject = flow.source if direction is Direction.EGRESS else flow.destination
    port = _port(flow)
    for peer, words in _peers(other, subject):
        entry: dict[str, Any] = {side: [peer]}
        if port:
            entry["ports"] = [port]
        path = f"/spec/{direction.value}"
        operation = (
            Operation("add", f"{path}/-", entry)
            if policy.spec.get(direction.value)
            else Operation("add", path, [entry])
        )
        yield _Draft(policy, (operation,), f"add a rule for {words}, {_port_words(flow)}")


def _write_tiered(
    policy: Any, rule: Rule, direction: Direction, flow: Flow, other: End, trace: Trace
) -> Iterator[_Draft]:
    """An accepting rule right before the one that denies."""
    if trace.decided_by is None or trace.decided_by.rule.policy != policy.ref:
        return
    side = "from" if direction is Direction.INGRESS else "to"
    accept = "Accept" if isinstance(policy, ClusterNetworkPolicy) else "Allow"
    path = _pointer(trace.decided_by.rule.path)
    for peer, words in _tiered_peers(other, direction):
        entry: dict[str, Any] = {"action": accept, side: [peer]}
        protocol, port = flow.traffic >> 16, flow.traffic & 0xFFFF
        name = PROTOCOL_NAMES.get(protocol, "")
        if name in ("TCP", "UDP", "SCTP"):
            if isinstance(policy, ClusterNetworkPolicy):
                entry["protocols"] = [{name.lower(): {"destinationPort": {"number": port}}}]
            else:
                entry["ports"] = [{"portNumber": {"protocol": name, "port": port}}]
        yield _Draft(
            policy,
            (Operation("add", path, entry),),
            f"accept {words}, {_port_words(flow)}, before {trace.decided_by.rule.path}",
        )


def _tiered_peers(other: End, direction: Direction) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(other, PodEnd) and not other.host_network:
        labels = stable_labels(other)
        selector = {"matchLabels": labels} if labels else {}
        yield (
            {
                "pods": {
                    "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: other.namespace}},
                    "podSelector": selector,
                }
            },
            f"the pods of {other.namespace} with {', '.join(f'{key}={value}' for key, value in labels.items()) or 'any labels'}",
        )
    elif direction is Direction.EGRESS:
        for one in _addresses(other):
            yield {"networks": [f"{one}/{32 if one.family == 4 else 128}"]}, str(one)


def _write_calico(
    policy: Any, rule: Rule, direction: Direction, flow: Flow, other: End, trace: Trace
) -> Iterator[_Draft]:
    """An allowing rule right before the one that denies, or first in a policy of the tier whose default denies."""
    if trace.decided_by is None or trace.decided_by.rule.policy != policy.ref:
        return
    entry: dict[str, Any] = {"action": "Allow"}
    protocol, port = flow.traffic >> 16, flow.traffic & 0xFFFF
    name = PROTOCOL_NAMES.get(protocol)
    entry["protocol"] = name or protocol
    if name in ("TCP", "UDP", "SCTP"):
        entry.setdefault("destination", {})["ports"] = [port]
    elif protocol in (ICMP, ICMPV6):
        entry["icmp"] = {"type": port >> 8, "code": port & 0xFF}
    end = entry.setdefault("source" if direction is Direction.INGRESS else "destination", {})
    if isinstance(other, PodEnd) and not other.host_network:
        labels = stable_labels(other)
        end["selector"] = " && ".join(f"{key} == '{value}'" for key, value in labels.items()) or "all()"
        end["namespaceSelector"] = f"projectcalico.org/name == '{other.namespace}'"
    elif addresses := _addresses(other):
        end["nets"] = [f"{one}/{32 if one.family == 4 else 128}" for one in addresses]
    else:
        return
    path = trace.decided_by.rule.path
    if path == "spec":
        at = f"/spec/{direction.value}"
        operation = (
            Operation("add", f"{at}/-", entry) if policy.spec.get(direction.value) else Operation("add", at, [entry])
        )
    else:
        operation = Operation("add", _pointer(path), entry)
    yield _Draft(policy, (operation,), f"allow {other}, {_port_words(flow)}, in {policy.ref}")


def _write_cilium(
    policy: Any, rule: Rule, direction: Direction, flow: Flow, other: End, trace: Trace
) -> Iterator[_Draft]:
    """An allowing rule more; what a deny rule denies no allow rule gives back."""
    if rule.purpose != "isolation":
        return
    side = "from" if direction is Direction.INGRESS else "to"
    entry: dict[str, Any]
    if isinstance(other, PodEnd) and not other.host_network:
        labels = {
            "k8s:io.kubernetes.pod.namespace": other.namespace,
            **{f"k8s:{key}": value for key, value in stable_labels(other).items()},
        }
        entry = {f"{side}Endpoints": [{"matchLabels": labels}]}
    elif isinstance(other, OutsideEnd) and other.address is not None:
        entry = {f"{side}CIDR": [f"{other.address}/{32 if other.address.family == 4 else 128}"]}
    elif isinstance(other, NodeEnd | PodEnd):
        entry = {f"{side}Entities": ["host", "remote-node"]}
    else:
        return
    protocol, port = flow.traffic >> 16, flow.traffic & 0xFFFF
    name = PROTOCOL_NAMES.get(protocol)
    if name in ("TCP", "UDP", "SCTP"):
        entry["toPorts"] = [{"ports": [{"port": str(port), "protocol": name}]}]
    elif protocol in (ICMP, ICMPV6):
        entry["icmps"] = [{"fields": [{"family": "IPv4" if protocol == ICMP else "IPv6", "type": port >> 8}]}]
    spec = rule.ref.path
    at = f"{_pointer(spec)}/{direction.value}"
    holder = policy.spec if spec == "spec" else policy.specs[int(spec.partition("[")[2].rstrip("]"))]
    operation = Operation("add", f"{at}/-", entry) if holder.get(direction.value) else Operation("add", at, [entry])
    yield _Draft(policy, (operation,), f"allow {other}, {_port_words(flow)}, in {policy.ref}")


_WRITERS: dict[type[Object], Any] = {
    NetworkPolicy: _write_kubernetes,
    ClusterNetworkPolicy: _write_tiered,
    AdminNetworkPolicy: _write_tiered,
    BaselineAdminNetworkPolicy: _write_tiered,
    CalicoPolicy: _write_calico,
    CiliumPolicy: _write_cilium,
}
