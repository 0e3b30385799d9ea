"""NetworkPolicy, networking.k8s.io/v1.

Every rule of a policy allows; where a policy speaks of a direction, a closing rule denies the rest to the pods that it selects (isolation).
`policyTypes` unset means Ingress, and Egress where there is an egress rule. An absent or empty `from`, `to` or `ports` restricts nothing;
an absent, null or empty `ingress` allows nothing. Validation follows `pkg/apis/networking/validation` of Kubernetes 1.36.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from seawall.kit.intervals import EMPTY
from seawall.kit.prefixes import Prefix, PrefixSet, address
from seawall.model.cluster.names import port_name_problem
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.policy.dialects.context import BOTH, Context, key_of, refused
from seawall.policy.dialects.reading import (
    Refused,
    cidr,
    mapping,
    name_problem,
    number,
    only,
    selector,
    sequence,
)
from seawall.policy.labels import both, fact
from seawall.policy.model import (
    ALL_TRAFFIC,
    DEFAULT_TIER,
    EVERY_TRAFFIC,
    EVERYONE,
    LAST,
    LAYER_4,
    MIDDLE,
    NETWORK_POLICY_PRIORITY,
    PROTOCOLS,
    Action,
    Direction,
    Lowered,
    NamedPort,
    Net,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Ternary,
    Tier,
    Traffic,
    any_of,
    ports_of,
)

_SPEC = frozenset(("podSelector", "policyTypes", "ingress", "egress"))
_PEER = frozenset(("podSelector", "namespaceSelector", "ipBlock"))
_BLOCK = frozenset(("cidr", "except"))
_PORT = frozenset(("protocol", "port", "endPort"))
_SIDES = (
    (Direction.INGRESS, "ingress", "from", frozenset(("from", "ports"))),
    (Direction.EGRESS, "egress", "to", frozenset(("to", "ports"))),
)
_TYPES = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}

OTHER_PROTOCOLS = "the dataplane extends isolation to protocols other than TCP, UDP and SCTP, which the API leaves open"
BOTH_DIRECTIONS = "the dataplane lets NetworkPolicy settle both directions of every pod that it selects"


def lower(policy: NetworkPolicy, context: Context) -> Lowered:
    """The rules that the policy means."""
    namespace = policy.metadata.namespace or "default"
    try:
        if problem := name_problem(policy.name):
            raise Refused("metadata.name", problem)
        return Lowered(policy.ref, rules_of(policy, policy.spec, namespace, context, DEFAULT_TIER))
    except Refused as error:
        subject, directions = _touched(policy.spec, namespace)
        return refused(policy, error, context, DEFAULT_TIER, NETWORK_POLICY_PRIORITY, subject, directions)


def rules_of(policy: Any, spec: dict[str, Any], namespace: str, context: Context, tier: Tier) -> tuple[Rule, ...]:
    """The rules of a v1 spec that `policy` holds. Refused where the API server refuses it."""
    profile = context.profile
    only(spec, _SPEC, "spec")
    here = fact("namespace", namespace)
    subject = Selected(
        both(here, selector(spec.get("podSelector"), "label", "spec.podSelector")),
        host_network=profile.host_network_is_pod,
    )
    sort, ref, origin = key_of(policy), policy.ref, policy.origin
    types = _types(spec)
    rules: list[Rule] = []
    for direction, field, side, allowed in _SIDES:
        entries = sequence(spec.get(field), f"spec.{field}")
        applies = direction in types
        for index, entry in enumerate(entries):
            path = f"spec.{field}[{index}]"
            fields = mapping(entry, path)
            only(fields, allowed, path)
            peer = _peers(fields.get(side), f"{path}.{side}", here, context)
            traffic = _ports(fields.get("ports"), f"{path}.ports")
            if applies:
                rules.append(
                    Rule(
                        tier,
                        (MIDDLE, NETWORK_POLICY_PRIORITY, sort, index),
                        direction,
                        subject,
                        peer,
                        traffic,
                        Action.ALLOW,
                        RuleRef(ref, path, "", origin),
                    )
                )
        rules += _closing(direction, applies, tier, sort, subject, RuleRef(ref, "spec", "", origin), context)
    return tuple(rules)


def _closing(
    direction: Direction, applies: bool, tier: Tier, sort: str, subject: Peer, ref: RuleRef, context: Context
) -> list[Rule]:
    """Isolation of the direction that a policy speaks of; what some dataplanes conclude for the other one."""
    profile = context.profile

    def rule(band: int, traffic: Traffic, action: Action) -> Rule:
        return Rule(tier, (LAST, band, sort, 0), direction, subject, EVERYONE, traffic, action, ref, "isolation")

    if not applies:
        if profile.policy_isolates_both is Ternary.NO:
            return []
        unsure = "" if profile.policy_isolates_both is Ternary.YES else BOTH_DIRECTIONS
        return [rule(2, Traffic(unsure=unsure), Action.ALLOW)]
    if profile.other_protocols_denied is Ternary.YES:
        return [rule(0, ALL_TRAFFIC, Action.DENY)]
    found = [rule(0, _LAYER_4, Action.DENY)]
    if profile.other_protocols_denied is Ternary.EITHER:
        found.append(rule(0, _OTHERS, Action.DENY))
    return found


_LAYER_4 = Traffic(LAYER_4)
_OTHERS = Traffic(EVERY_TRAFFIC - LAYER_4, unsure=OTHER_PROTOCOLS)


def _types(spec: dict[str, Any]) -> tuple[Direction, ...]:
    listed = sequence(spec.get("policyTypes"), "spec.policyTypes")
    if not listed:
        return BOTH if sequence(spec.get("egress"), "spec.egress") else (Direction.INGRESS,)
    if len(listed) > 2:
        raise Refused("spec.policyTypes", "may not hold more than two types")
    found: list[Direction] = []
    for index, name in enumerate(listed):
        if name not in _TYPES:
            raise Refused(f"spec.policyTypes[{index}]", f'"{name}" is none of Ingress, Egress')
        found.append(_TYPES[name])
    return tuple(found)


def _peers(value: Any, path: str, here: Any, context: Context) -> Peer:
    entries = sequence(value, path)
    if not entries:
        return EVERYONE
    return any_of(tuple([_peer(entry, f"{path}[{index}]", here, context) for index, entry in enumerate(entries)]))


def _peer(value: Any, path: str, here: Any, context: Context) -> Peer:
    fields = mapping(value, path)
    only(fields, _PEER, path)
    pods, namespaces, block = fields.get("podSelector"), fields.get("namespaceSelector"), fields.get("ipBlock")
    if block is not None:
        if pods is not None or namespaces is not None:
            raise Refused(path, "may not give ipBlock together with another peer")
        return _block(block, f"{path}.ipBlock", context)
    if pods is None and namespaces is None:
        raise Refused(path, "must give a peer")
    where = here if namespaces is None else selector(namespaces, "namespace", f"{path}.namespaceSelector")
    if pods is not None:
        where = both(where, selector(pods, "label", f"{path}.podSelector"))
    return Selected(where, host_network=context.profile.host_network_is_pod)


def _block(value: Any, path: str, context: Context) -> Net:
    fields = mapping(value, path)
    only(fields, _BLOCK, path)
    if not fields.get("cidr"):
        raise Refused(f"{path}.cidr", "must be given")
    whole = _strict(fields["cidr"], f"{path}.cidr", context)
    prefixes = PrefixSet.of((whole,))
    entries = sequence(fields.get("except"), f"{path}.except")
    if entries:
        holes = []
        for index, entry in enumerate(entries):
            hole = _strict(entry, f"{path}.except[{index}]", context)
            if not whole.covers(hole) or hole.length <= whole.length:
                raise Refused(f"{path}.except[{index}]", f'"{entry}" must be a strict subset of "{fields["cidr"]}"')
            holes.append(hole)
        prefixes -= PrefixSet.of(holes)
    profile = context.profile
    return Net(prefixes, profile.cidr_matches_pods, profile.cidr_matches_nodes)


def _strict(value: Any, path: str, context: Context) -> Prefix:
    """A block as the API server takes it since 1.36; what an older one took is read from a live cluster as it stands."""
    found = cidr(value, path)
    if not context.admitted:
        head = value.partition("/")[0]
        if address(head).value != found.value:
            raise Refused(path, f'"{value}" must not have bits set beyond the prefix length')
        if ":" in head and found.family == 4:
            raise Refused(path, f'"{value}" must not be an IPv4 block written as IPv6')
    return found


def _ports(value: Any, path: str) -> Traffic:
    entries = sequence(value, path)
    if not entries:
        return ALL_TRAFFIC
    numbers, named = EMPTY, []
    for index, entry in enumerate(entries):
        one = _port(entry, f"{path}[{index}]")
        if isinstance(one, NamedPort):
            named.append(one)
        else:
            numbers |= one
    return _traffic(numbers, tuple(named))


_traffic = lru_cache(maxsize=1 << 12)(Traffic)
"""One object for all rules that speak of the same traffic."""


def _port(value: Any, path: str) -> Any:
    fields = mapping(value, path)
    only(fields, _PORT, path)
    name = fields.get("protocol")
    if name is None:
        name = "TCP"
    elif name not in ("TCP", "UDP", "SCTP"):
        raise Refused(f"{path}.protocol", f'"{name}" is none of TCP, UDP, SCTP')
    protocol = PROTOCOLS[name]
    port, end = fields.get("port"), fields.get("endPort")
    if port is None:
        if end is not None:
            raise Refused(f"{path}.endPort", "may not be given without port")
        return ports_of(protocol)
    if isinstance(port, str):
        if end is not None:
            raise Refused(f"{path}.endPort", "may not be given when port is a name")
        if problem := port_name_problem(port):
            raise Refused(f"{path}.port", problem)
        return NamedPort(protocol, port)
    if not 1 <= number(port, f"{path}.port") <= 65535:
        raise Refused(f"{path}.port", f"{port} is not between 1 and 65535")
    if end is None:
        return ports_of(protocol, port, port)
    if number(end, f"{path}.endPort") < port:
        raise Refused(f"{path}.endPort", f"{end} is less than port {port}")
    if end > 65535:
        raise Refused(f"{path}.endPort", f"{end} is not between 1 and 65535")
    return ports_of(protocol, port, end)


def _touched(spec: dict[str, Any], namespace: str) -> tuple[Peer, tuple[Direction, ...]]:
    """What a refused policy could have touched, as far as it can be read."""
    try:
        where = both(fact("namespace", namespace), selector(spec.get("podSelector"), "label", ""))
    except Refused:
        where = fact("namespace", namespace)
    try:
        directions = _types(spec) if _SPEC.issuperset(spec) else BOTH
    except Refused:
        directions = BOTH
    return Selected(where), directions
