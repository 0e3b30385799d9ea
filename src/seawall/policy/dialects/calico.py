"""Calico: NetworkPolicy, GlobalNetworkPolicy and their staged twins, with tiers, network sets and host endpoints.

Tiers by order, policies by order and name, rules in turn. A tier applies to an endpoint only where one of its policies selects the endpoint in
that direction; then what none of its rules decides meets the tier's default action, which is a closing rule of each such policy here. After
the last tier a pod's namespace allows; a host endpoint without a profile denies.

Host endpoints stand for their nodes. `preDNAT` and `doNotTrack` policies and forwarded traffic (`applyOnForward`) are not judged: what they
touch is unknown. Source ports and HTTP matches are conditions that a connection's description does not settle.
Source: projectcalico/calico, libcalico-go `updateprocessors/rules.go` and `validator/v3`, felix `calc`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from seawall.kit.intervals import EMPTY, IntervalSet
from seawall.kit.prefixes import BITS, Prefix, PrefixSet, address, prefix
from seawall.model.cluster.meta import ObjectRef
from seawall.model.cluster.network_kinds import CalicoHostEndpoint, CalicoNetworkSet, CalicoPolicy, CalicoTier
from seawall.policy.dialects import calico_selector, networkpolicy
from seawall.policy.dialects.context import BOTH, Context, key_of, refused
from seawall.policy.dialects.reading import Refused, boolean, choice, mapping, number, only, sequence, text
from seawall.policy.labels import EVERYTHING, Expression, Match, both, fact, holds
from seawall.policy.model import (
    ADMIN_TIER_ORDER,
    BASELINE_TIER_ORDER,
    DEFAULT_TIER,
    DEFAULT_TIER_ORDER,
    EVERY_TRAFFIC,
    EVERYONE,
    EXEMPT_TIER,
    ICMP,
    ICMPV6,
    LAST,
    MIDDLE,
    NOBODY,
    PROTOCOLS,
    SCTP,
    TCP,
    UDP,
    Action,
    AnyOf,
    Direction,
    Lowered,
    NamedPort,
    Net,
    NoneOf,
    Notice,
    Outside,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Tier,
    Traffic,
    Unsure,
    all_of,
    any_of,
    ports_of,
)
from seawall.policy.world import OutsideEnd, PodEnd

_SPEC = frozenset(
    (
        "tier",
        "order",
        "ingress",
        "egress",
        "selector",
        "types",
        "serviceAccountSelector",
        "performanceHints",
        "stagedAction",
    )
)
_GLOBAL = _SPEC | {"doNotTrack", "preDNAT", "applyOnForward", "namespaceSelector"}
_RULE = frozenset(
    ("metadata", "action", "ipVersion", "protocol", "icmp", "notProtocol", "notICMP", "source", "destination", "http")
)
_ENTITY = frozenset(
    (
        "nets",
        "selector",
        "namespaceSelector",
        "services",
        "ports",
        "notNets",
        "notSelector",
        "notPorts",
        "serviceAccounts",
    )
)
_ENTERPRISE = frozenset(("domains", "networks"))
_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS, "Log": Action.LOG}
_TYPES = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_UNORDERED = float("inf")
_BUILT_IN: dict[str, tuple[float, Action]] = {
    "default": (DEFAULT_TIER_ORDER, Action.DENY),
    "kube-admin": (ADMIN_TIER_ORDER, Action.PASS),
    "adminnetworkpolicy": (ADMIN_TIER_ORDER, Action.PASS),
    "kube-baseline": (BASELINE_TIER_ORDER, Action.PASS),
    "baselineadminnetworkpolicy": (BASELINE_TIER_ORDER, Action.PASS),
}
_STAGES = {"Set": "set", "Delete": "delete", "Learn": "learn", "Ignore": "learn", "": "set"}
_FAILSAFE: dict[Direction, IntervalSet] = {
    Direction.INGRESS: IntervalSet(
        [span for port in (22, 179, 2379, 2380, 5473, 6443, 6666, 6667) for span in ports_of(TCP, port, port)]
    )
    | ports_of(UDP, 68, 68),
    Direction.EGRESS: IntervalSet(
        [span for port in (179, 2379, 2380, 5473, 6443, 6666, 6667) for span in ports_of(TCP, port, port)]
    )
    | ports_of(UDP, 53, 53)
    | ports_of(UDP, 67, 67),
}
_PROFILES_TIER = Tier(float("inf"), "profiles")
_ALLOWING_PROFILE = "projectcalico-default-allow"


def lower(policy: CalicoPolicy, context: Context) -> Lowered:
    """The rules that the policy means; a staged one says what it would replace."""
    if policy.kind == "StagedKubernetesNetworkPolicy":
        return _staged_kubernetes(policy, context)
    staged = policy.kind.startswith("Staged")
    reader = _Reader(policy, context)
    try:
        rules = reader.read()
    except Refused as error:
        found = refused(policy, error, context, reader.tier, reader.priority, reader.subject, reader.directions)
        rules = list(found.rules)
        reader.notices.extend(found.notices)
    if not staged:
        return Lowered(policy.ref, tuple(rules), tuple(reader.notices))
    replaces = ObjectRef(policy.kind.removeprefix("Staged"), policy.namespace, policy.name, policy.group)
    stage = _STAGES.get(str(policy.spec.get("stagedAction") or ""), "set")
    return Lowered(policy.ref, tuple(rules), tuple(reader.notices), stage, replaces)  # type: ignore[arg-type]  # values of _STAGES


def tier_of(policy: CalicoPolicy, context: Context) -> Tier:
    """The tier that the policy names, `default` where it names none."""
    return _tier_named(str(policy.spec.get("tier") or "default"), context)[0]


def _tier_named(name: str, context: Context) -> tuple[Tier, Action | None]:
    """A tier and its default action; None for a tier that there is not."""
    if name == "default":
        return DEFAULT_TIER, _BUILT_IN[name][1]
    if name in _BUILT_IN:
        order, default = _BUILT_IN[name]
        return Tier(order, name), default
    for tier in context.world.cluster.known(CalicoTier):
        if tier.name == name:
            written = tier.spec.get("order")
            order = float(written) if isinstance(written, int | float) else _UNORDERED
            return Tier(order, name), Action.PASS if tier.spec.get("defaultAction") == "Pass" else Action.DENY
    return Tier(0.0, name), None


def _staged_kubernetes(policy: CalicoPolicy, context: Context) -> Lowered:
    namespace = policy.metadata.namespace or "default"
    spec = {key: value for key, value in policy.spec.items() if key != "stagedAction"}
    stage: Any = _STAGES.get(str(policy.spec.get("stagedAction") or ""), "set")
    replaces = ObjectRef("NetworkPolicy", policy.namespace, policy.name, "networking.k8s.io")
    try:
        rules = networkpolicy.rules_of(policy, spec, namespace, context, DEFAULT_TIER)
        return Lowered(policy.ref, rules, (), stage, replaces)
    except Refused as error:
        found = refused(policy, error, context, DEFAULT_TIER, 0.0, Selected(fact("namespace", namespace)))
        return Lowered(policy.ref, found.rules, found.notices, stage, replaces)


# ------------------------------------------------------------------------------------------------ host endpoints and network sets


def host_rules(context: Context) -> list[Rule]:
    """What holds for every host endpoint: failsafe ports first, its profiles (or their absence) last."""
    rules: list[Rule] = []
    for host in context.world.cluster.known(CalicoHostEndpoint):
        node = str(host.spec.get("node") or "")
        if not node:
            continue
        subject = Selected(fact("name", node), "node")
        ref = RuleRef(host.ref, "spec", "", host.origin)
        profiles = sequence(host.spec.get("profiles"), "spec.profiles")
        for direction in BOTH:
            rules.append(
                Rule(
                    EXEMPT_TIER,
                    (MIDDLE, 1, node, 0),
                    direction,
                    subject,
                    EVERYONE,
                    Traffic(_FAILSAFE[direction]),
                    Action.ALLOW,
                    RuleRef(host.ref, "spec", "failsafe ports", host.origin),
                    "exempt",
                )
            )
            if profiles == [_ALLOWING_PROFILE]:
                action, why = Action.ALLOW, ""
            elif profiles:
                action, why = Action.UNKNOWN, f"profiles are not read: {', '.join(map(str, profiles))}"
            else:
                action, why = Action.DENY, ""
            rules.append(
                Rule(
                    _PROFILES_TIER,
                    (LAST, 0, node, 0),
                    direction,
                    subject,
                    EVERYONE,
                    Traffic(),
                    action,
                    ref,
                    "tier-default",
                    why,
                )
            )
    return rules


def _hosts_matching(where: Expression, context: Context) -> tuple[str, ...]:
    """The nodes whose host endpoint the expression selects."""
    found = set()
    for host in context.world.cluster.known(CalicoHostEndpoint):
        labels, name = host.labels, host.name

        def attribute(scope: str, key: str, labels: dict[str, str] = labels, name: str = name) -> str | None:
            if scope == "label":
                return labels.get(key)
            return name if (scope, key) == ("fact", "name") else None

        if host.spec.get("node") and holds(where, attribute):
            found.add(str(host.spec["node"]))
    return tuple(sorted(found))


def _sets_matching(where: Expression, context: Context) -> PrefixSet:
    """The networks of the network sets that the expression selects."""
    found: list[Prefix] = []
    for one in context.world.cluster.known(CalicoNetworkSet):
        labels, namespace, name = one.labels, one.metadata.namespace, one.name
        of_namespace = context.world.namespaces.get(namespace, {}) if namespace else {}

        def attribute(
            scope: str,
            key: str,
            labels: dict[str, str] = labels,
            namespace: str = namespace,
            of_namespace: Any = of_namespace,
            name: str = name,
        ) -> str | None:
            if scope == "label":
                return labels.get(key)
            if scope == "namespace":
                found: str | None = of_namespace.get(key)
                return found
            if scope == "fact":
                return {"namespace": namespace or None, "name": name}.get(key)
            return None

        if holds(where, attribute):
            for net in sequence(one.spec.get("nets"), "spec.nets"):
                try:
                    found.append(_network(net, "spec.nets"))
                except Refused:
                    continue
    return PrefixSet.of(found)


def _network(value: Any, path: str) -> Prefix:
    written = text(value, path)
    try:
        if "/" in written:
            return prefix(written)
        one = address(written)
        return Prefix(one.family, one.value, BITS[one.family])
    except ValueError:
        raise Refused(path, f'"{written}" is no network') from None


# ------------------------------------------------------------------------------------------------ policies


class _Reader:
    def __init__(self, policy: CalicoPolicy, context: Context) -> None:
        self.policy, self.context = policy, context
        self.namespace = (
            (policy.metadata.namespace or "default") if not policy.kind.endswith("GlobalNetworkPolicy") else ""
        )
        self.notices: list[Notice] = []
        self.tier, self.default = DEFAULT_TIER, Action.DENY
        self.priority = _UNORDERED
        self.subject: Peer = Selected(fact("namespace", self.namespace)) if self.namespace else EVERYONE
        self.directions: tuple[Direction, ...] = BOTH

    def note(self, kind: Any, path: str, what: str) -> None:
        self.notices.append(Notice(kind, self.policy.ref, path, what, self.policy.origin))

    def parse(self, value: Any, path: str, name: calico_selector.Name = calico_selector.pod_label) -> Expression:
        everything = calico_selector.IN_A_NAMESPACE if name is calico_selector.namespace_label else EVERYTHING
        written = text(value, path)
        key = ("calico selector", written, name)
        try:
            found: Expression = self.context.once(
                key, lambda: calico_selector.parse(written, name, everything=everything)
            )
        except ValueError as error:
            raise Refused(path, str(error)) from None
        return found

    def read(self) -> list[Rule]:
        spec = self.policy.spec
        self._tier(spec)
        only(spec, _SPEC if self.namespace else _GLOBAL, "spec")
        if spec.get("order") is not None:
            if isinstance(spec["order"], bool) or not isinstance(spec["order"], int | float):
                raise Refused("spec.order", "must be a number")
            self.priority = float(spec["order"])
        if spec.get("stagedAction") is not None:
            choice(spec["stagedAction"], [name for name in _STAGES if name], "spec.stagedAction")
        pods, hosts = self._subject(spec)
        self.subject = AnyOf((pods, hosts)) if hosts is not NOBODY else pods
        self.directions = self._types(spec)
        if self._beside_the_hook(spec):
            self.subject = hosts
        rules: list[Rule] = []
        for direction in BOTH:
            entries = sequence(spec.get(direction.value), f"spec.{direction.value}")
            for index, entry in enumerate(entries):
                path = f"spec.{direction.value}[{index}]"
                found = self._rule(mapping(entry, path), path, direction, index)
                if direction in self.directions:
                    rules.extend(found)
        rules += [self._closing(direction) for direction in self.directions]
        return self._all_unknown(spec, hosts, rules)

    def _tier(self, spec: dict[str, Any]) -> None:
        name = text(spec.get("tier") or "default", "spec.tier")
        self.tier, default = _tier_named(name, self.context)
        if default is None:
            raise Refused("spec.tier", f'there is no tier "{name}"')
        self.default = default

    def _subject(self, spec: dict[str, Any]) -> tuple[Peer, Peer]:
        """The pods and the host endpoints that the policy applies to."""
        where = [self.parse(spec.get("selector") or "", "spec.selector")]
        if self.namespace:
            where.insert(0, fact("namespace", self.namespace))
        elif spec.get("namespaceSelector"):
            where.append(
                self.parse(spec["namespaceSelector"], "spec.namespaceSelector", calico_selector.namespace_label)
            )
        if spec.get("serviceAccountSelector"):
            where.append(
                self.parse(spec["serviceAccountSelector"], "spec.serviceAccountSelector", calico_selector.account_label)
            )
        expression = both(*where)
        hosts = () if self.namespace else _hosts_matching(expression, self.context)
        return Selected(expression), Selected(fact("name", *hosts), "node") if hosts else NOBODY

    def _types(self, spec: dict[str, Any]) -> tuple[Direction, ...]:
        listed = sequence(spec.get("types"), "spec.types")
        found = []
        for index, name in enumerate(listed):
            found.append(_TYPES[choice(name, _TYPES, f"spec.types[{index}]")])
        if found:
            return tuple(dict.fromkeys(found))
        has_ingress, has_egress = bool(spec.get("ingress")), bool(spec.get("egress"))
        if not has_egress:
            return (Direction.INGRESS,)
        return BOTH if has_ingress else (Direction.EGRESS,)

    def _beside_the_hook(self, spec: dict[str, Any]) -> bool:
        """Whether the policy is evaluated before routing, on host endpoints only."""
        flags = {
            name: boolean(spec.get(name, False), f"spec.{name}")
            for name in ("preDNAT", "doNotTrack", "applyOnForward")
            if spec.get(name) is not None
        }
        if flags.get("preDNAT") and flags.get("doNotTrack"):
            raise Refused("spec.preDNAT", "may not be true together with doNotTrack")
        if (flags.get("preDNAT") or flags.get("doNotTrack")) and not flags.get("applyOnForward"):
            raise Refused("spec.applyOnForward", "must be true where preDNAT or doNotTrack is")
        if flags.get("preDNAT") and (spec.get("egress") or Direction.EGRESS in self.directions):
            raise Refused("spec.preDNAT", "may have ingress rules only")
        return bool(flags.get("preDNAT") or flags.get("doNotTrack"))

    def _all_unknown(self, spec: dict[str, Any], hosts: Peer, rules: list[Rule]) -> list[Rule]:
        """Doubt where the policy acts on packets at a place that is not judged."""
        hook = next((name for name in ("preDNAT", "doNotTrack", "applyOnForward") if spec.get(name)), "")
        if not hook or not isinstance(hosts, Selected):
            return [] if hook in ("preDNAT", "doNotTrack") else rules
        what = f"{hook} is not judged: traffic through these host endpoints is unknown"
        self.note("unsupported", f"spec.{hook}", what)
        assert isinstance(hosts.where, Match)
        on_them: Peer = Selected(fact("node", *hosts.where.values))
        whom = AnyOf((hosts, on_them)) if hook != "applyOnForward" else on_them
        doubt = [
            Rule(
                EXEMPT_TIER,
                (LAST, 0, key_of(self.policy), 0),
                direction,
                whom,
                EVERYONE,
                Traffic(),
                Action.UNKNOWN,
                RuleRef(self.policy.ref, f"spec.{hook}", "", self.policy.origin),
                "rule",
                what,
            )
            for direction in self.directions
        ]
        return doubt if hook != "applyOnForward" else [*doubt, *rules]

    def _closing(self, direction: Direction) -> Rule:
        return Rule(
            self.tier,
            (LAST, 0, key_of(self.policy), 0),
            direction,
            self.subject,
            EVERYONE,
            Traffic(),
            self.default,
            RuleRef(self.policy.ref, "spec", "", self.policy.origin),
            "tier-default",
        )

    # -------------------------------------------------------------------------------------------- rules

    def _rule(self, fields: dict[str, Any], path: str, direction: Direction, index: int) -> list[Rule]:
        only(fields, _RULE, path)
        action = _ACTIONS[choice(fields.get("action"), _ACTIONS, f"{path}.action")]
        source, destination = (mapping(fields.get(side), f"{path}.{side}") for side in ("source", "destination"))
        for side, entity in (("source", source), ("destination", destination)):
            only(entity, _ENTITY | _ENTERPRISE, f"{path}.{side}")
        traffic = self._traffic(fields, source, destination, path)
        layer_7 = self._layer_7(fields, path, direction)
        from_peer = self._entity(source, f"{path}.source", direction is Direction.INGRESS)
        to_peer = self._entity(destination, f"{path}.destination", direction is Direction.EGRESS)
        local, remote = (to_peer, from_peer) if direction is Direction.INGRESS else (from_peer, to_peer)
        ref = RuleRef(self.policy.ref, path, self._rule_name(fields), self.policy.origin)
        order = (MIDDLE, self.priority, key_of(self.policy), index)
        subject = all_of((self.subject, local)) if local is not EVERYONE else self.subject
        if (services := destination.get("services")) is not None and direction is Direction.EGRESS:
            return [
                Rule(self.tier, order, direction, subject, peer, Traffic(numbers), action, ref, layer_7=layer_7)
                for peer, numbers in self._service(services, f"{path}.destination.services")
            ]
        return [Rule(self.tier, order, direction, subject, remote, traffic, action, ref, layer_7=layer_7)]

    def _rule_name(self, fields: dict[str, Any]) -> str:
        annotations = mapping(mapping(fields.get("metadata"), "metadata").get("annotations"), "metadata.annotations")
        return str(annotations.get("name") or "")

    def _layer_7(self, fields: dict[str, Any], path: str, direction: Direction) -> tuple[str, ...]:
        http = fields.get("http")
        if http is None:
            return ()
        if direction is not Direction.INGRESS:
            raise Refused(f"{path}.http", "may be given in ingress rules only")
        inner = mapping(http, f"{path}.http")
        methods = ", ".join(map(str, sequence(inner.get("methods"), f"{path}.http.methods")))
        paths = ", ".join(
            str(value)
            for entry in sequence(inner.get("paths"), f"{path}.http.paths")
            for value in mapping(entry, path).values()
        )
        return (f"HTTP {methods} {paths}".strip(),)

    def _traffic(
        self, fields: dict[str, Any], source: dict[str, Any], destination: dict[str, Any], path: str
    ) -> Traffic:
        numbers = EVERY_TRAFFIC
        protocol = self._protocol(fields.get("protocol"), f"{path}.protocol")
        if protocol is not None:
            numbers = ports_of(protocol)
        excluded = self._protocol(fields.get("notProtocol"), f"{path}.notProtocol")
        if excluded is not None:
            numbers -= ports_of(excluded)
        for name in ("icmp", "notICMP"):
            if fields.get(name) is None:
                continue
            if protocol not in (ICMP, ICMPV6):
                raise Refused(f"{path}.{name}", "needs the protocol ICMP or ICMPv6")
            chosen = self._icmp(mapping(fields[name], f"{path}.{name}"), f"{path}.{name}", protocol)
            numbers = numbers & chosen if name == "icmp" else numbers - chosen
        unsure = "the HTTP method or path is one that the rule names" if fields.get("http") is not None else ""
        for name in ("ports", "notPorts"):
            if source.get(name):
                self._ports(source[name], f"{path}.source.{name}", protocol)
                unsure = "the source port is one that the rule means"
        named: tuple[NamedPort, ...] = ()
        not_named: tuple[NamedPort, ...] = ()
        if destination.get("notPorts"):
            without, not_named = self._ports(destination["notPorts"], f"{path}.destination.notPorts", protocol)
            numbers -= without
        if destination.get("ports"):
            chosen, named = self._ports(destination["ports"], f"{path}.destination.ports", protocol)
            if not_named or destination.get("notPorts"):
                named = tuple(name for name in named if name not in not_named)
            numbers &= chosen
        family = 0
        if fields.get("ipVersion") is not None:
            family = number(fields["ipVersion"], f"{path}.ipVersion")
            if family not in (4, 6):
                raise Refused(f"{path}.ipVersion", f"{family} is neither 4 nor 6")
        return Traffic(numbers, named, not_named, family, unsure)

    def _protocol(self, value: Any, path: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, str) and not value.isdigit():
            return PROTOCOLS[choice(value, PROTOCOLS, path)]
        found = number(int(value) if isinstance(value, str) else value, path)
        if not 1 <= found <= 255:
            raise Refused(path, f"{found} is not between 1 and 255")
        return found

    def _icmp(self, fields: dict[str, Any], path: str, protocol: int) -> IntervalSet:
        only(fields, frozenset(("type", "code")), path)
        if fields.get("type") is None:
            if fields.get("code") is not None:
                raise Refused(f"{path}.code", "may not be given without type")
            return ports_of(protocol)
        kind = number(fields["type"], f"{path}.type")
        if not 0 <= kind <= 254:
            raise Refused(f"{path}.type", f"{kind} is not between 0 and 254")
        if fields.get("code") is None:
            return ports_of(protocol, kind << 8, kind << 8 | 0xFF)
        code = number(fields["code"], f"{path}.code")
        if not 0 <= code <= 255:
            raise Refused(f"{path}.code", f"{code} is not between 0 and 255")
        return ports_of(protocol, kind << 8 | code, kind << 8 | code)

    def _ports(self, value: Any, path: str, protocol: int | None) -> tuple[IntervalSet, tuple[NamedPort, ...]]:
        if protocol not in (TCP, UDP, SCTP):
            raise Refused(path, "needs the protocol TCP, UDP or SCTP")
        numbers, named = EMPTY, []
        for index, entry in enumerate(sequence(value, path)):
            if isinstance(entry, str) and ":" in entry and all(part.isdigit() for part in entry.split(":", 1)):
                low, high = (int(part) for part in entry.split(":", 1))
                if not 0 <= low <= high <= 65535:
                    raise Refused(f"{path}[{index}]", f'"{entry}" is no range of ports')
                numbers |= ports_of(protocol, low, high)
            elif isinstance(entry, str) and not entry.isdigit():
                named.append(NamedPort(protocol, entry))
            else:
                one = number(int(entry) if isinstance(entry, str) else entry, f"{path}[{index}]")
                if not 0 <= one <= 65535:
                    raise Refused(f"{path}[{index}]", f"{one} is no port")
                numbers |= ports_of(protocol, one, one)
        return numbers, tuple(named)

    # -------------------------------------------------------------------------------------------- ends

    def _entity(self, fields: dict[str, Any], path: str, remote: bool) -> Peer:
        if not fields:
            return EVERYONE
        parts: list[Peer] = []
        if fields.get("services") is not None:
            if not remote:
                raise Refused(f"{path}.services", "may be given for the other end only")
            clash = [
                name
                for name in (
                    "nets",
                    "notNets",
                    "selector",
                    "notSelector",
                    "namespaceSelector",
                    "serviceAccounts",
                    "ports",
                    "notPorts",
                )
                if fields.get(name)
            ]
            if clash:
                raise Refused(f"{path}.services", f"may not be given together with {clash[0]}")
            return any_of(tuple(peer for peer, _ in self._service(fields["services"], f"{path}.services")))
        where = self._where(fields, path)
        if where is not None:
            parts.append(self._whoever(where))
        if fields.get("notSelector"):
            parts.append(NoneOf(self._whoever(self.parse(fields["notSelector"], f"{path}.notSelector"))))
        if fields.get("nets"):
            parts.append(Net(self._nets(fields["nets"], f"{path}.nets")))
        if fields.get("notNets"):
            parts.append(NoneOf(Net(self._nets(fields["notNets"], f"{path}.notNets"))))
        for name in _ENTERPRISE:
            if fields.get(name) is not None:
                what = f"{name} is a field of the commercial editions"
                self.note("unsupported", f"{path}.{name}", what)
                parts.append(Unsure(what))
        return all_of(tuple(parts))

    def _where(self, fields: dict[str, Any], path: str) -> Expression | None:
        """The positive selector of an entity: limited to the policy's namespace as soon as any selector is used and none names namespaces."""
        parts: list[Expression] = []
        if fields.get("namespaceSelector"):
            parts.append(
                self.parse(fields["namespaceSelector"], f"{path}.namespaceSelector", calico_selector.namespace_label)
            )
        accounts = mapping(fields.get("serviceAccounts"), f"{path}.serviceAccounts")
        if accounts.get("selector"):
            parts.append(
                self.parse(accounts["selector"], f"{path}.serviceAccounts.selector", calico_selector.account_label)
            )
        if accounts.get("names"):
            names = [
                text(name, f"{path}.serviceAccounts.names")
                for name in sequence(accounts["names"], f"{path}.serviceAccounts.names")
            ]
            parts.append(fact("account", *names))
        if fields.get("selector"):
            parts.append(self.parse(fields["selector"], f"{path}.selector"))
        if self.namespace and not fields.get("namespaceSelector") and (parts or fields.get("notSelector")):
            parts.insert(0, fact("namespace", self.namespace))
        return both(*parts) if parts else None

    def _whoever(self, where: Expression) -> Peer:
        """Pods, nodes with host endpoints and networks that the expression selects."""
        parts: list[Peer] = [Selected(where)]
        hosts = _hosts_matching(where, self.context)
        if hosts:
            parts.append(Selected(fact("name", *hosts), "node"))
        networks = _sets_matching(where, self.context)
        if networks:
            parts.append(Net(networks))
        return any_of(tuple(parts))

    def _nets(self, value: Any, path: str) -> PrefixSet:
        return PrefixSet.of(_network(entry, f"{path}[{index}]") for index, entry in enumerate(sequence(value, path)))

    def _service(self, value: Any, path: str) -> list[tuple[Peer, IntervalSet]]:
        """The ends behind a service with the ports that lead to them."""
        fields = mapping(value, path)
        only(fields, frozenset(("name", "namespace")), path)
        if not fields.get("name"):
            raise Refused(f"{path}.name", "must be given")
        namespace = text(fields.get("namespace") or self.namespace, f"{path}.namespace")
        if not namespace:
            raise Refused(f"{path}.namespace", "must be given in a global policy")
        name = text(fields["name"], f"{path}.name")
        world = self.context.world
        service = world.services.get((namespace, name))
        if service is None:
            what = f"the service {namespace}/{name} is not in the input"
            self.note("assumed", path, what)
            return [(Unsure(what), EVERY_TRAFFIC)]
        pods: dict[IntervalSet, list[str]] = defaultdict(list)
        others: dict[IntervalSet, list[Prefix]] = defaultdict(list)
        ports: dict[Any, IntervalSet] = defaultdict(lambda: EMPTY)
        ends: dict[Any, Any] = {}
        for port in service.spec.ports:
            for backend in world.backends(service, port):
                if backend.port is not None:
                    key = id(backend.end) if not isinstance(backend.end, OutsideEnd) else backend.end
                    ends[key] = backend.end
                    ports[key] |= ports_of(PROTOCOLS.get(port.protocol or "TCP", 0), backend.port, backend.port)
        for key, numbers in ports.items():
            end = ends[key]
            if isinstance(end, PodEnd) and not end.host_network:
                pods[numbers].append(f"{end.namespace}/{end.name}")
            else:
                found = end.addresses if not isinstance(end, OutsideEnd) else (end.address,)
                others[numbers] += [Prefix(one.family, one.value, BITS[one.family]) for one in found if one is not None]
        result: list[tuple[Peer, IntervalSet]] = [
            (Selected(fact("pod", *sorted(names))), numbers) for numbers, names in pods.items()
        ]
        result += [(Net(PrefixSet.of(found)), numbers) for numbers, found in others.items()]
        if not result:
            if service.spec.selector:
                return [(NOBODY, EVERY_TRAFFIC)]
            what = f"the endpoints of the service {namespace}/{name} are not in the input"
            self.note("assumed", path, what)
            return [(Unsure(what, AnyOf((Outside(), Selected(EVERYTHING, "node")))), EVERY_TRAFFIC)]
        return result
