"""What ClusterNetworkPolicy and its forerunners AdminNetworkPolicy and BaselineAdminNetworkPolicy share: subjects, peers, rules by priority."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from seawall.kit.prefixes import PrefixSet
from seawall.model.cluster.meta import Object
from seawall.policy.dialects.context import Context, key_of
from seawall.policy.dialects.reading import Refused, cidr, mapping, number, only, selector, sequence, text
from seawall.policy.labels import both
from seawall.policy.model import (
    EVERYONE,
    MIDDLE,
    NOBODY,
    Action,
    AnyOf,
    Direction,
    Domains,
    Net,
    Notice,
    Outside,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Ternary,
    Tier,
    Traffic,
    Unsure,
    any_of,
)
from seawall.policy.profiles import SWITCHES

_PODS = frozenset(("namespaceSelector", "podSelector"))
_POD_PEERS = frozenset(("namespaces", "pods"))
_FAILS_CLOSED = next(switch.differs for switch in SWITCHES if switch.name == "unknown_peer_fails_closed")
SIDES = ((Direction.INGRESS, "from"), (Direction.EGRESS, "to"))


NO_NODES = "no node is in the input"


class Unreadable(Exception):
    """A peer or protocol that an API server accepted and that has no known kind: the rule fails closed."""


def tier_of(order: float, name: str, context: Context) -> Tier:
    by_name = context.profile.ties_by_name is Ternary.YES
    return Tier(order, name, "name" if by_name else "undefined")


def subject(value: Any, path: str) -> Peer:
    """Namespaces, or pods: exactly one. Pods in their node's network are never subject."""
    fields = mapping(value, path)
    only(fields, _POD_PEERS, path)
    found = _pod_peer(fields, path)
    if found is None or len(fields) != 1:
        raise Refused(path, "must have exactly one of namespaces, pods")
    return found


def _pod_peer(fields: dict[str, Any], path: str) -> Peer | None:
    if fields.get("namespaces") is not None:
        return Selected(selector(fields["namespaces"], "namespace", f"{path}.namespaces"))
    if fields.get("pods") is not None:
        pods = mapping(fields["pods"], f"{path}.pods")
        only(pods, _PODS, f"{path}.pods")
        if pods.get("podSelector") is None:
            raise Refused(f"{path}.pods.podSelector", "must be given")
        return Selected(
            both(
                selector(pods.get("namespaceSelector"), "namespace", f"{path}.pods.namespaceSelector"),
                selector(pods["podSelector"], "label", f"{path}.pods.podSelector"),
            )
        )
    return None


def peers(value: Any, path: str, direction: Direction, context: Context, most: int) -> tuple[Peer, frozenset[str]]:
    """The peers of a rule and the kinds among them."""
    entries = sequence(value, path)
    if not 1 <= len(entries) <= most:
        raise Refused(path, f"must have 1 to {most} peers")
    found, kinds = [], set()
    for index, entry in enumerate(entries):
        peer, kind = _peer(mapping(entry, f"{path}[{index}]"), f"{path}[{index}]", direction, context)
        found.append(peer)
        kinds.add(kind)
    return any_of(tuple(found)), frozenset(kinds)


_EGRESS_KINDS = frozenset(("namespaces", "pods", "networks", "nodes", "domainNames"))


def _peer(fields: dict[str, Any], path: str, direction: Direction, context: Context) -> tuple[Peer, str]:
    kinds = [kind for kind, value in fields.items() if value is not None]
    known = _EGRESS_KINDS if direction is Direction.EGRESS else _POD_PEERS
    if not kinds or kinds[0] not in known:
        if context.admitted:
            raise Unreadable(path)
        raise Refused(path, f'unknown peer "{kinds[0]}"' if kinds else "must give a peer")
    if len(kinds) != 1:
        raise Refused(path, "must give exactly one kind of peer")
    kind = kinds[0]
    if kind == "networks":
        entries = sequence(fields[kind], f"{path}.networks")
        if not 1 <= len(entries) <= 25:
            raise Refused(f"{path}.networks", "must have 1 to 25 networks")
        found = [cidr(entry, f"{path}.networks[{index}]") for index, entry in enumerate(entries)]
        if len(set(entries)) != len(entries):
            raise Refused(f"{path}.networks", "may not name a network twice")
        return Net(PrefixSet.of(found)), kind
    if kind == "nodes":
        nodes = Selected(selector(fields[kind], "label", f"{path}.nodes"), "node")
        # Without nodes in the input an address may be that of one.
        return (nodes if context.world.nodes else AnyOf((nodes, Unsure(NO_NODES, Outside())))), kind
    if kind == "domainNames":
        return domains(fields[kind], f"{path}.domainNames"), kind
    peer = _pod_peer(fields, path)
    assert peer is not None
    return peer, kind


_LABEL = r"[A-Za-z0-9_](?:[-A-Za-z0-9_]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(\*\.)?(?:{_LABEL}\.)+{_LABEL}\.?")


def domains(value: Any, path: str) -> Domains:
    """Domain names; `*.` in front stands for one or more whole labels, so that the name behind it is not matched itself."""
    entries = sequence(value, path)
    if not 1 <= len(entries) <= 25:
        raise Refused(path, "must have 1 to 25 names")
    patterns = []
    for index, entry in enumerate(entries):
        name = text(entry, f"{path}[{index}]")
        if not _DOMAIN.fullmatch(name):
            raise Refused(f"{path}[{index}]", f'"{name}" is no domain name')
        wild = name.startswith("*.")
        rest = re.escape(name.removeprefix("*.").rstrip(".").lower())
        patterns.append(rf"(?:[^.]+\.)+{rest}" if wild else rest)
    return Domains(tuple(patterns), tuple(map(str, entries)))


ReadTraffic = Callable[[dict[str, Any], str, frozenset[str]], Traffic]


class Rules:
    """Reads the rules of one policy. The dialect says how traffic is written, what its actions are called and how many rules it takes."""

    def __init__(
        self,
        policy: Object,
        tier: Tier,
        priority: float,
        context: Context,
        actions: dict[str, Action],
        fields: frozenset[str],
        traffic: ReadTraffic,
        most: int,
    ) -> None:
        self.policy, self.tier, self.priority, self.context = policy, tier, priority, context
        self.actions, self.fields, self.traffic, self.most = actions, fields, traffic, most
        self.notices: list[Notice] = []

    def read(self, spec: dict[str, Any], whom: Peer) -> tuple[Rule, ...]:
        return tuple(rule for direction, side in SIDES for rule in self._direction(spec, whom, direction, side))

    def _direction(self, spec: dict[str, Any], whom: Peer, direction: Direction, side: str) -> list[Rule]:
        entries = sequence(spec.get(direction.value), f"spec.{direction.value}")
        if len(entries) > self.most:
            raise Refused(f"spec.{direction.value}", f"may not have more than {self.most} rules")
        return [
            self._rule(mapping(entry, path), path, whom, direction, side, index)
            for index, entry in enumerate(entries)
            for path in (f"spec.{direction.value}[{index}]",)
        ]

    def _rule(self, fields: dict[str, Any], path: str, whom: Peer, direction: Direction, side: str, index: int) -> Rule:
        only(fields, self.fields | {side}, path)
        written = fields.get("action")
        action = self.actions.get(written) if isinstance(written, str) else None
        if action is None:
            raise Refused(f"{path}.action", f'"{written}" is none of {", ".join(self.actions)}')
        name = text(fields.get("name") or "", f"{path}.name")
        if len(name) > 100:
            raise Refused(f"{path}.name", "may not be longer than 100 characters")
        ref = RuleRef(self.policy.ref, path, name, self.policy.origin)
        order = (MIDDLE, self.priority, key_of(self.policy), index)
        why = ""
        try:
            peer, kinds = peers(fields.get(side), f"{path}.{side}", direction, self.context, self.most)
            traffic = self.traffic(fields, path, kinds)
        except Unreadable as error:
            return self._fails_closed(order, direction, whom, action, ref, str(error))
        if "domainNames" in kinds and action is not Action.ALLOW:
            why = "domainNames are supported in rules that accept only"
            self.notices.append(Notice("unsupported", self.policy.ref, f"{path}.{side}", why, self.policy.origin))
            action = Action.UNKNOWN
        return Rule(self.tier, order, direction, whom, peer, traffic, action, ref, "rule", why)

    def _fails_closed(
        self,
        order: tuple[int, float, str, int],
        direction: Direction,
        whom: Peer,
        action: Action,
        ref: RuleRef,
        path: str,
    ) -> Rule:
        what = "a peer or protocol of a kind that is not known: the rule fails closed"
        self.notices.append(Notice("unsupported", self.policy.ref, path, what, self.policy.origin))
        if self.context.profile.unknown_peer_fails_closed is Ternary.EITHER:
            return Rule(
                self.tier, order, direction, whom, EVERYONE, Traffic(), Action.UNKNOWN, ref, "rule", _FAILS_CLOSED
            )
        if action is Action.ALLOW:
            return Rule(self.tier, order, direction, whom, NOBODY, Traffic(), action, ref)
        return Rule(self.tier, order, direction, whom, EVERYONE, Traffic(), Action.DENY, ref)


def priority_of(value: Any, path: str) -> int:
    found = number(value, path)
    if not 0 <= found <= 1000:
        raise Refused(path, f"{found} is not between 0 and 1000")
    return found


def port_of(value: Any, path: str) -> int:
    found = number(value, path)
    if not 1 <= found <= 65535:
        raise Refused(path, f"{found} is not between 1 and 65535")
    return found
