"""AdminNetworkPolicy and BaselineAdminNetworkPolicy, policy.networking.k8s.io/v1alpha1: the forerunners of ClusterNetworkPolicy.

They share its tiers. The one BaselineAdminNetworkPolicy is called `default`, has no priority and no Pass, and comes after every Baseline
ClusterNetworkPolicy.
"""

from __future__ import annotations

from typing import Any

from seawall.kit.intervals import EMPTY
from seawall.model.cluster.meta import Object
from seawall.model.cluster.network_kinds import AdminNetworkPolicy, BaselineAdminNetworkPolicy
from seawall.policy.dialects import tiered
from seawall.policy.dialects.context import Context, refused
from seawall.policy.dialects.reading import Refused, mapping, only, sequence, text
from seawall.policy.labels import EVERYTHING
from seawall.policy.model import (
    ADMIN_TIER_ORDER,
    ALL_TRAFFIC,
    BASELINE_TIER_ORDER,
    PROTOCOLS,
    Action,
    Lowered,
    NamedPort,
    Selected,
    Traffic,
    ports_of,
)

_ADMIN = frozenset(("priority", "subject", "ingress", "egress"))
_BASELINE = _ADMIN - {"priority"}
_RULE = frozenset(("name", "action", "ports"))
_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_FINAL = {"Allow": Action.ALLOW, "Deny": Action.DENY}
_NO_NAMES = frozenset(("networks", "nodes", "domainNames"))
_AFTER_ALL = 1001.0
"""The priority of the BaselineAdminNetworkPolicy: after the 1,000 that a ClusterNetworkPolicy can have."""


def lower_admin(policy: AdminNetworkPolicy, context: Context) -> Lowered:
    """The rules that an AdminNetworkPolicy means."""
    return _lower(policy, policy.spec, context, ADMIN_TIER_ORDER, "admin", _ADMIN, _ACTIONS)


def lower_baseline(policy: BaselineAdminNetworkPolicy, context: Context) -> Lowered:
    """The rules that the BaselineAdminNetworkPolicy means."""
    return _lower(policy, policy.spec, context, BASELINE_TIER_ORDER, "baseline", _BASELINE, _FINAL)


def _lower(
    policy: Object,
    spec: dict[str, Any],
    context: Context,
    order: float,
    name: str,
    allowed: frozenset[str],
    actions: dict[str, Action],
) -> Lowered:
    tier = tiered.tier_of(order, name, context)
    priority = _AFTER_ALL
    whom: Any = Selected(EVERYTHING)
    try:
        whom = tiered.subject(spec.get("subject"), "spec.subject")
        if "priority" in allowed:
            priority = -1.0
            priority = float(tiered.priority_of(spec.get("priority"), "spec.priority"))
        elif policy.name != "default":
            raise Refused("metadata.name", 'a BaselineAdminNetworkPolicy must be called "default"')
        only(spec, allowed, "spec")
        rules = tiered.Rules(policy, tier, priority, context, actions, _RULE, _traffic, 100)
        return Lowered(policy.ref, rules.read(spec, whom), tuple(rules.notices))
    except Refused as error:
        directions = tuple(direction for direction, _ in tiered.SIDES if spec.get(direction.value))
        return refused(
            policy, error, context, tier, priority, whom, directions or tuple(side for side, _ in tiered.SIDES)
        )


def _traffic(fields: dict[str, Any], path: str, kinds: frozenset[str]) -> Traffic:
    entries = sequence(fields.get("ports"), f"{path}.ports")
    if not entries:
        return ALL_TRAFFIC
    if len(entries) > 100:
        raise Refused(f"{path}.ports", "may not have more than 100 ports")
    numbers, named = EMPTY, []
    for index, entry in enumerate(entries):
        one = _port(mapping(entry, f"{path}.ports[{index}]"), f"{path}.ports[{index}]")
        if isinstance(one, NamedPort):
            if kinds & _NO_NAMES:
                raise Refused(f"{path}.ports[{index}].namedPort", "networks, nodes and domainNames have no named ports")
            named.append(one)
        else:
            numbers |= one
    return Traffic(numbers, tuple(named))


def _port(fields: dict[str, Any], path: str) -> Any:
    only(fields, frozenset(("portNumber", "portRange", "namedPort")), path)
    kinds = [kind for kind, value in fields.items() if value is not None]
    if len(kinds) != 1:
        raise Refused(path, "must have exactly one of portNumber, portRange, namedPort")
    kind = kinds[0]
    if kind == "namedPort":
        return NamedPort(0, text(fields[kind], f"{path}.{kind}"))
    inner = mapping(fields[kind], f"{path}.{kind}")
    names = ("protocol", "port") if kind == "portNumber" else ("protocol", "start", "end")
    only(inner, frozenset(names), f"{path}.{kind}")
    written = inner.get("protocol") or "TCP"
    if written not in ("TCP", "UDP", "SCTP"):
        raise Refused(f"{path}.{kind}.protocol", f'"{written}" is none of TCP, UDP, SCTP')
    protocol = PROTOCOLS[written]
    if kind == "portNumber":
        one = tiered.port_of(inner.get("port"), f"{path}.{kind}.port")
        return ports_of(protocol, one, one)
    start = tiered.port_of(inner.get("start"), f"{path}.{kind}.start")
    end = tiered.port_of(inner.get("end"), f"{path}.{kind}.end")
    if start >= end:
        raise Refused(f"{path}.{kind}", "start must be less than end")
    return ports_of(protocol, start, end)
