"""ClusterNetworkPolicy, policy.networking.k8s.io/v1alpha2, standard and experimental channel.

Two tiers: Admin before NetworkPolicy, Baseline after it. Policies by priority, the least first, their rules in order; Accept and Deny are
final for their direction, Pass goes on to the next tier, what no rule matches falls through. `networks` match addresses of pods and
nodes too, by the API's own words. Validation follows the CRDs of bundle v0.2.0.
"""

from __future__ import annotations

from typing import Any

from seawall.kit.intervals import EMPTY
from seawall.model.cluster.network_kinds import ClusterNetworkPolicy
from seawall.policy.dialects import tiered
from seawall.policy.dialects.context import Context, refused
from seawall.policy.dialects.reading import Refused, choice, mapping, only, sequence, text
from seawall.policy.labels import EVERYTHING
from seawall.policy.model import (
    ADMIN_TIER_ORDER,
    ALL_TRAFFIC,
    BASELINE_TIER_ORDER,
    SCTP,
    TCP,
    UDP,
    Action,
    Lowered,
    NamedPort,
    Selected,
    Tier,
    Traffic,
    ports_of,
)

_SPEC = frozenset(("tier", "priority", "subject", "ingress", "egress"))
_RULE = frozenset(("name", "action", "protocols"))
_ACTIONS = {"Accept": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_PROTOCOLS = {"tcp": TCP, "udp": UDP, "sctp": SCTP}
_NO_NAMES = frozenset(("networks", "nodes", "domainNames"))
_TIERS = {"Admin": (ADMIN_TIER_ORDER, "admin"), "Baseline": (BASELINE_TIER_ORDER, "baseline")}


def lower(policy: ClusterNetworkPolicy, context: Context) -> Lowered:
    """The rules that the policy means."""
    spec = policy.spec
    tier = tier_of(policy, context)
    try:
        only(spec, _SPEC, "spec")
        choice(spec.get("tier"), _TIERS, "spec.tier")
        priority = tiered.priority_of(spec.get("priority"), "spec.priority")
        whom = tiered.subject(spec.get("subject"), "spec.subject")
        rules = tiered.Rules(policy, tier, priority, context, _ACTIONS, _RULE, _reader(context), 25)
        return Lowered(policy.ref, rules.read(spec, whom), tuple(rules.notices))
    except Refused as error:
        return _refused(policy, error, context, tier)


def tier_of(policy: ClusterNetworkPolicy, context: Context) -> Tier:
    """The tier that the policy names; Admin where it names none that there is."""
    order, name = _TIERS.get(str(policy.spec.get("tier")), _TIERS["Admin"])
    return tiered.tier_of(order, name, context)


def _refused(policy: ClusterNetworkPolicy, error: Refused, context: Context, tier: Tier) -> Lowered:
    try:
        whom = tiered.subject(policy.spec.get("subject"), "spec.subject")
    except Refused:
        whom = Selected(EVERYTHING)
    try:
        priority = float(tiered.priority_of(policy.spec.get("priority"), "spec.priority"))
    except Refused:
        priority = -1.0
    directions = tuple(direction for direction, _ in tiered.SIDES if policy.spec.get(direction.value))
    return refused(policy, error, context, tier, priority, whom, directions or tuple(side for side, _ in tiered.SIDES))


def _reader(context: Context) -> tiered.ReadTraffic:
    def traffic(fields: dict[str, Any], path: str, kinds: frozenset[str]) -> Traffic:
        entries = sequence(fields.get("protocols"), f"{path}.protocols")
        if fields.get("protocols") is None:
            return ALL_TRAFFIC
        if not 1 <= len(entries) <= 25:
            raise Refused(f"{path}.protocols", "must have 1 to 25 protocols")
        numbers, named = EMPTY, []
        for index, entry in enumerate(entries):
            one = _protocol(mapping(entry, f"{path}.protocols[{index}]"), f"{path}.protocols[{index}]", context)
            if isinstance(one, NamedPort):
                if kinds & _NO_NAMES:
                    raise Refused(
                        f"{path}.protocols[{index}].destinationNamedPort",
                        "networks, nodes and domainNames have no named ports",
                    )
                named.append(one)
            else:
                numbers |= one
        return Traffic(numbers, tuple(named))

    return traffic


def _protocol(fields: dict[str, Any], path: str, context: Context) -> Any:
    kinds = [kind for kind, value in fields.items() if value is not None]
    if not kinds or (kinds[0] not in _PROTOCOLS and kinds[0] != "destinationNamedPort"):
        if context.admitted:
            raise tiered.Unreadable(path)
        raise Refused(path, f'unknown protocol "{kinds[0]}"' if kinds else "must give a protocol")
    if len(kinds) != 1:
        raise Refused(path, "must give exactly one protocol")
    kind = kinds[0]
    if kind == "destinationNamedPort":
        return NamedPort(0, text(fields[kind], f"{path}.{kind}"))
    protocol = _PROTOCOLS[kind]
    inner = mapping(fields[kind], f"{path}.{kind}")
    only(inner, frozenset(("destinationPort",)), f"{path}.{kind}")
    at = f"{path}.{kind}.destinationPort"
    port = mapping(inner.get("destinationPort"), at)
    if not inner:
        raise Refused(f"{path}.{kind}", "must say what to match")
    only(port, frozenset(("number", "range")), at)
    if len(port) != 1:
        raise Refused(at, "must have exactly one of number, range")
    if "number" in port:
        one = tiered.port_of(port["number"], f"{at}.number")
        return ports_of(protocol, one, one)
    span = mapping(port["range"], f"{at}.range")
    only(span, frozenset(("start", "end")), f"{at}.range")
    start, end = (
        tiered.port_of(span.get("start"), f"{at}.range.start"),
        tiered.port_of(span.get("end"), f"{at}.range.end"),
    )
    if start >= end:
        raise Refused(f"{at}.range", "start must be less than end")
    return ports_of(protocol, start, end)
