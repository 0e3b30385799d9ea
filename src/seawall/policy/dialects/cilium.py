"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy, cilium.io/v2.

Allow rules add up with those of NetworkPolicy, deny rules beat them all. An endpoint that a policy selects in a direction denies the rest there,
unless `enableDefaultDeny` says no in every policy that selects it. A rule without any peer field means every peer if it names ports, and nothing
if it names none; an empty list of peers means nobody. CIDR rules match what is outside the cluster, never pods or nodes. Layer 7 rules
are carried and shown: they filter inside a connection that is allowed.
Source: cilium/cilium `pkg/k8s/apis/cilium.io/utils`, `pkg/policy/api`.
"""

from __future__ import annotations

import re
from typing import Any

from seawall.kit.intervals import EMPTY, IntervalSet
from seawall.kit.prefixes import BITS, Prefix, PrefixSet, address
from seawall.model.cluster.network_kinds import CiliumCIDRGroup, CiliumPolicy
from seawall.policy.dialects.context import BOTH, Context, key_of, refused
from seawall.policy.dialects.reading import Refused, boolean, choice, cidr, mapping, number, only, sequence, text
from seawall.policy.labels import EVERYTHING, Attributes, Expression, Match, Scope, both, fact, holds, matches_of
from seawall.policy.model import (
    DEFAULT_TIER,
    EVERY_TRAFFIC,
    EVERYONE,
    FIRST,
    ICMP,
    ICMPV6,
    LAST,
    LAYER_4,
    MIDDLE,
    NETWORK_POLICY_PRIORITY,
    NOBODY,
    PROTOCOLS,
    SCTP,
    TCP,
    UDP,
    Action,
    AnyOf,
    Direction,
    Domains,
    Lowered,
    NamedPort,
    Net,
    Notice,
    OtherNode,
    Outside,
    OwnNode,
    Peer,
    Rule,
    RuleRef,
    Selected,
    Ternary,
    Traffic,
    Unsure,
    all_of,
    any_of,
    ports_of,
)
from seawall.policy.world import OutsideEnd

_SPEC = frozenset(
    (
        "endpointSelector",
        "nodeSelector",
        "ingress",
        "ingressDeny",
        "egress",
        "egressDeny",
        "labels",
        "enableDefaultDeny",
        "description",
        "log",
    )
)
_FROM = frozenset(
    ("fromEndpoints", "fromRequires", "fromCIDR", "fromCIDRSet", "fromEntities", "fromGroups", "fromNodes")
)
_TO = frozenset(
    ("toEndpoints", "toRequires", "toCIDR", "toCIDRSet", "toEntities", "toServices", "toGroups", "toNodes", "toFQDNs")
)
_COMMON = frozenset(("toPorts", "icmps", "authentication"))
_PORT_RULE = frozenset(("ports", "rules", "terminatingTLS", "originatingTLS", "serverNames", "listener"))
_SIDES = (
    (Direction.INGRESS, "ingress", Action.ALLOW, _FROM),
    (Direction.INGRESS, "ingressDeny", Action.DENY, _FROM),
    (Direction.EGRESS, "egress", Action.ALLOW, _TO),
    (Direction.EGRESS, "egressDeny", Action.DENY, _TO),
)
_ENTITIES = frozenset(
    (
        "all",
        "world",
        "world-ipv4",
        "world-ipv6",
        "cluster",
        "host",
        "remote-node",
        "kube-apiserver",
        "ingress",
        "init",
        "health",
        "unmanaged",
        "none",
    )
)
_ICMP_TYPES = {
    4: {
        "EchoReply": 0,
        "DestinationUnreachable": 3,
        "Redirect": 5,
        "Echo": 8,
        "EchoRequest": 8,
        "RouterAdvertisement": 9,
        "RouterSelection": 10,
        "TimeExceeded": 11,
        "ParameterProblem": 12,
        "Timestamp": 13,
        "TimestampReply": 14,
        "Photuris": 40,
        "ExtendedEchoRequest": 42,
        "ExtendedEchoReply": 43,
    },
    6: {
        "DestinationUnreachable": 1,
        "PacketTooBig": 2,
        "TimeExceeded": 3,
        "ParameterProblem": 4,
        "EchoRequest": 128,
        "EchoReply": 129,
        "MulticastListenerQuery": 130,
        "MulticastListenerReport": 131,
        "MulticastListenerDone": 132,
        "RouterSolicitation": 133,
        "RouterAdvertisement": 134,
        "NeighborSolicitation": 135,
        "NeighborAdvertisement": 136,
        "RedirectMessage": 137,
    },
}


def lower(policy: CiliumPolicy, context: Context) -> Lowered:
    """The rules that the policy means. It may hold one spec, several, or both."""
    specs = [("spec", policy.spec)] if policy.spec is not None else []
    specs += [(f"specs[{index}]", one) for index, one in enumerate(policy.specs)]
    rules: list[Rule] = []
    notices: list[Notice] = []
    subjects: list[Peer] = []
    try:
        if not specs:
            raise Refused("spec", "must be given")
        for path, spec in specs:
            reader = _Reader(policy, context, path)
            try:
                rules += reader.read(mapping(spec, path))
            finally:
                subjects.append(reader.subject)
                notices += reader.notices
        return Lowered(policy.ref, tuple(rules), tuple(notices))
    except Refused as error:
        whom = any_of(tuple(subjects)) if subjects else EVERYONE
        found = refused(policy, error, context, DEFAULT_TIER, -1.0, whom)
        return Lowered(policy.ref, found.rules, (*notices, *found.notices))


class _Reader:
    def __init__(self, policy: CiliumPolicy, context: Context, path: str) -> None:
        self.policy, self.context, self.path = policy, context, path
        self.clusterwide = policy.kind == "CiliumClusterwideNetworkPolicy"
        self.namespace = "" if self.clusterwide else policy.metadata.namespace or "default"
        self.subject: Peer = Selected(fact("namespace", self.namespace)) if self.namespace else EVERYONE
        self.notices: list[Notice] = []

    def note(self, kind: Any, path: str, what: str) -> None:
        self.notices.append(Notice(kind, self.policy.ref, path, what, self.policy.origin))

    def read(self, spec: dict[str, Any]) -> list[Rule]:
        only(spec, _SPEC, self.path)
        self.subject = self._subject(spec)
        lists = {name: sequence(spec.get(name), f"{self.path}.{name}") for _, name, _, _ in _SIDES}
        if not any(lists.values()):
            raise Refused(self.path, "must have at least one rule in ingress, ingressDeny, egress or egressDeny")
        rules: list[Rule] = []
        for direction, name, action, fields in _SIDES:
            for index, entry in enumerate(lists[name]):
                path = f"{self.path}.{name}[{index}]"
                rules += self._rule(mapping(entry, path), path, direction, action, fields, index)
        return rules + self._isolation(spec, lists)

    def _subject(self, spec: dict[str, Any]) -> Peer:
        endpoints, nodes = spec.get("endpointSelector"), spec.get("nodeSelector")
        if (endpoints is None) == (nodes is None):
            raise Refused(self.path, "must have exactly one of endpointSelector, nodeSelector")
        if nodes is not None:
            if not self.clusterwide:
                raise Refused(f"{self.path}.nodeSelector", "may be given in a CiliumClusterwideNetworkPolicy only")
            self.note(
                "assumed",
                f"{self.path}.nodeSelector",
                "host policies have an effect only where Cilium's host firewall is on",
            )
            return Selected(self._selector(nodes, f"{self.path}.nodeSelector"), "node")
        where = self._selector(endpoints, f"{self.path}.endpointSelector")
        return Selected(both(fact("namespace", self.namespace), where) if self.namespace else where)

    def _isolation(self, spec: dict[str, Any], lists: dict[str, list[Any]]) -> list[Rule]:
        wanted = mapping(spec.get("enableDefaultDeny"), f"{self.path}.enableDefaultDeny")
        only(wanted, frozenset(("ingress", "egress")), f"{self.path}.enableDefaultDeny")
        rules = []
        for direction in BOTH:
            said = wanted.get(direction.value)
            if said is None:
                said = bool(lists[direction.value] or lists[f"{direction.value}Deny"])
            if boolean(said, f"{self.path}.enableDefaultDeny.{direction.value}"):
                ref = RuleRef(self.policy.ref, self.path, "", self.policy.origin)
                rules.append(
                    Rule(
                        DEFAULT_TIER,
                        (LAST, 0, key_of(self.policy), 0),
                        direction,
                        self.subject,
                        EVERYONE,
                        Traffic(),
                        Action.DENY,
                        ref,
                        "isolation",
                    )
                )
        return rules

    # -------------------------------------------------------------------------------------------- rules

    def _rule(
        self,
        fields: dict[str, Any],
        path: str,
        direction: Direction,
        action: Action,
        peer_fields: frozenset[str],
        index: int,
    ) -> list[Rule]:
        only(fields, peer_fields | _COMMON, path)
        given = [name for name in peer_fields if fields.get(name) is not None and not name.endswith("Requires")]
        filled = [name for name in given if fields[name]]
        if len(filled) > 1:
            first, second = sorted(filled)[:2]
            raise Refused(path, f"combining {first} and {second} is not supported")
        if fields.get("icmps") and fields.get("toPorts"):
            raise Refused(path, "icmps may not be given together with toPorts")
        if fields.get("toServices") and fields.get("toPorts"):
            raise Refused(path, "combining toServices and toPorts is not supported")
        peer = self._peers(fields, given, path)
        ports = self._traffic(fields, path, direction)
        if not given and not fields.get("toPorts") and not fields.get("icmps"):
            return []
        for name in peer_fields:
            if name.endswith("Requires") and fields.get(name):
                peer = all_of(
                    (
                        peer,
                        *(
                            self._endpoint(one, f"{path}.{name}[{at}]")
                            for at, one in enumerate(sequence(fields[name], path))
                        ),
                    )
                )
        if fields.get("authentication") is not None and action is Action.ALLOW:
            what = "mutual authentication is not judged"
            self.note("unsupported", f"{path}.authentication", what)
            peer = Unsure(what, peer)
        band = FIRST if action is Action.DENY else MIDDLE
        ref = RuleRef(self.policy.ref, path, "", self.policy.origin)
        return [
            Rule(
                DEFAULT_TIER,
                (band, NETWORK_POLICY_PRIORITY, key_of(self.policy), index),
                direction,
                self.subject,
                peer,
                traffic,
                action,
                ref,
                layer_7=layer_7,
            )
            for traffic, layer_7 in ports
        ]

    def _peers(self, fields: dict[str, Any], given: list[str], path: str) -> Peer:
        if not given:
            return EVERYONE
        if not any(fields[name] for name in given):
            return NOBODY
        name = next(name for name in given if fields[name])
        entries = sequence(fields[name], f"{path}.{name}")
        read = {
            "Endpoints": self._endpoint,
            "CIDR": self._cidr,
            "CIDRSet": self._cidr_set,
            "Entities": self._entity,
            "Services": self._service,
            "Nodes": self._node,
            "Groups": self._group,
        }
        if name == "toFQDNs":
            return self._domains(entries, f"{path}.{name}")
        reader = read[name.removeprefix("from").removeprefix("to")]
        return any_of(tuple(reader(entry, f"{path}.{name}[{index}]") for index, entry in enumerate(entries)))

    def _endpoint(self, value: Any, path: str) -> Peer:
        fields = mapping(value, path)
        reserved = self._reserved(fields)
        if reserved is not None:
            return self._entity(reserved, path)
        where = self._selector(fields, path)
        keys = {(match.scope, match.key) for match in matches_of(where)}
        if ("fact", "namespace") in keys or (self.namespace and any(scope == "namespace" for scope, _ in keys)):
            return Selected(where)
        return Selected(both(fact("namespace", self.namespace), where) if self.namespace else where)

    def _reserved(self, fields: dict[str, Any]) -> str | None:
        """The entity of a selector that names a reserved identity."""
        labels = [
            key
            for key in fields.get("matchLabels") or {}
            if str(key).startswith("reserved:") or str(key).startswith("reserved.")
        ]
        labels += [
            str(one.get("key"))
            for one in fields.get("matchExpressions") or []
            if isinstance(one, dict) and str(one.get("key")).startswith("reserved:") and one.get("operator") == "Exists"
        ]
        return labels[0].removeprefix("reserved:").removeprefix("reserved.") if labels else None

    def _selector(self, value: Any, path: str) -> Expression:
        """A selector over Cilium's labels: a source prefix may precede the key."""
        fields = mapping(value, path)
        only(fields, frozenset(("matchLabels", "matchExpressions")), path)
        found: list[Expression] = []
        for key, wanted in mapping(fields.get("matchLabels"), f"{path}.matchLabels").items():
            found.append(Match(*_attribute(key), "in", (text(wanted, f"{path}.matchLabels.{key}"),)))
        for index, entry in enumerate(sequence(fields.get("matchExpressions"), f"{path}.matchExpressions")):
            at = f"{path}.matchExpressions[{index}]"
            one = mapping(entry, at)
            only(one, frozenset(("key", "operator", "values")), at)
            operator = _OPERATORS[choice(one.get("operator"), _OPERATORS, f"{at}.operator")]
            values = tuple(
                sorted({text(entry, f"{at}.values") for entry in sequence(one.get("values"), f"{at}.values")})
            )
            if bool(values) != (operator in ("in", "not in")):
                raise Refused(f"{at}.values", f'do not fit the operator "{one["operator"]}"')
            found.append(Match(*_attribute(text(one.get("key"), f"{at}.key")), operator, values))
        return both(*found) if found else EVERYTHING

    def _cidr(self, value: Any, path: str) -> Peer:
        written = text(value, path)
        if "/" in written:
            return self._outside(PrefixSet.of((cidr(written, path),)))
        try:
            one = address(written)
        except ValueError as error:
            raise Refused(path, str(error)) from None
        return self._outside(PrefixSet.of((Prefix(one.family, one.value, BITS[one.family]),)))

    def _outside(self, prefixes: PrefixSet) -> Net:
        return Net(prefixes, Ternary.NO, Ternary.NO)

    def _cidr_set(self, value: Any, path: str) -> Peer:
        fields = mapping(value, path)
        only(fields, frozenset(("cidr", "cidrGroupRef", "cidrGroupSelector", "except")), path)
        chosen = [name for name in ("cidr", "cidrGroupRef", "cidrGroupSelector") if fields.get(name)]
        if len(chosen) != 1:
            raise Refused(path, "must have exactly one of cidr, cidrGroupRef, cidrGroupSelector")
        holes = [
            cidr(entry, f"{path}.except[{index}]")
            for index, entry in enumerate(sequence(fields.get("except"), f"{path}.except"))
        ]
        if chosen == ["cidr"]:
            whole = cidr(fields["cidr"], f"{path}.cidr")
            for index, hole in enumerate(holes):
                if not whole.covers(hole):
                    raise Refused(f"{path}.except[{index}]", f"{fields['cidr']} does not contain {hole}")
            return self._outside(PrefixSet.of((whole,)) - PrefixSet.of(holes))
        groups = [
            group for group in self.context.world.cluster.known(CiliumCIDRGroup) if self._in_group(group, fields, path)
        ]
        if not groups:
            self.note("assumed", path, "no CiliumCIDRGroup of the input is meant: the rule matches nothing")
        found = [
            cidr(entry, f"{group.ref} spec.externalCIDRs")
            for group in groups
            for entry in sequence(group.spec.get("externalCIDRs"), path)
        ]
        return self._outside(PrefixSet.of(found) - PrefixSet.of(holes))

    def _in_group(self, group: CiliumCIDRGroup, fields: dict[str, Any], path: str) -> bool:
        if fields.get("cidrGroupRef"):
            return bool(group.name == fields["cidrGroupRef"])
        where = self._selector(fields["cidrGroupSelector"], f"{path}.cidrGroupSelector")
        return holds(where, _labels(group.labels))

    def _entity(self, value: Any, path: str) -> Peer:
        match choice(value, _ENTITIES, path):
            case "all":
                return EVERYONE
            case "world":
                return Outside()
            case "world-ipv4":
                return Outside(4)
            case "world-ipv6":
                return Outside(6)
            case "cluster":
                return AnyOf((Selected(EVERYTHING), Selected(EVERYTHING, "node")))
            case "host":
                return OwnNode()
            case "remote-node":
                return OtherNode()
            case "kube-apiserver":
                return self._api_server(path)
            case "ingress":
                what = "the addresses of Cilium's ingress are not read"
                self.note("unsupported", path, what)
                return Unsure(what, Outside())
        return NOBODY

    def _api_server(self, path: str) -> Peer:
        service = self.context.world.services.get(("default", "kubernetes"))
        found = list(self.context.world.slice_ends(service)) if service is not None else []
        addresses = [
            one
            for end in found
            for one in ((end.address,) if isinstance(end, OutsideEnd) else end.addresses)
            if one is not None
        ]
        if addresses:
            return Net(
                PrefixSet.of(Prefix(one.family, one.value, BITS[one.family]) for one in addresses),
                Ternary.NO,
                Ternary.YES,
            )
        what = "the addresses of the API server are not in the input"
        self.note("assumed", path, what)
        return Unsure(what, AnyOf((Outside(), Selected(EVERYTHING, "node"))))

    def _service(self, value: Any, path: str) -> Peer:
        fields = mapping(value, path)
        only(fields, frozenset(("k8sService", "k8sServiceSelector")), path)
        world = self.context.world
        if fields.get("k8sService") is not None:
            one = mapping(fields["k8sService"], f"{path}.k8sService")
            key = (str(one.get("namespace") or self.namespace), str(one.get("serviceName") or ""))
            services = [world.services[key]] if key in world.services else []
        else:
            one = mapping(fields.get("k8sServiceSelector"), f"{path}.k8sServiceSelector")
            where = self._selector(one.get("selector"), f"{path}.k8sServiceSelector.selector")
            services = [
                service
                for (namespace, _), service in world.services.items()
                if one.get("namespace") in (None, "", namespace) and holds(where, _labels(service.labels))
            ]
        if not services:
            self.note("assumed", path, "the service is not in the input: the rule matches nothing")
        parts: list[Peer] = []
        for service in services:
            namespace = service.metadata.namespace or "default"
            if service.spec.selector:
                wanted = [Match("label", key, "in", (wanted,)) for key, wanted in service.spec.selector.items()]
                parts.append(Selected(both(fact("namespace", namespace), *wanted)))
                continue
            found = [
                one
                for end in world.slice_ends(service)
                for one in ((end.address,) if isinstance(end, OutsideEnd) else end.addresses)
            ]
            parts.append(
                Net(PrefixSet.of(Prefix(one.family, one.value, BITS[one.family]) for one in found if one is not None))
            )
        return any_of(tuple(parts)) if parts else NOBODY

    def _node(self, value: Any, path: str) -> Peer:
        what = "node selectors need enable-node-selector-labels"
        self.note("assumed", path, what)
        return Unsure(what, Selected(self._selector(value, path), "node"))

    def _group(self, value: Any, path: str) -> Peer:
        what = "groups are resolved by a cloud provider"
        self.note("unsupported", path, what)
        return Unsure(what, Outside())

    def _domains(self, entries: list[Any], path: str) -> Peer:
        patterns, written = [], []
        for index, entry in enumerate(entries):
            at = f"{path}[{index}]"
            fields = mapping(entry, at)
            only(fields, frozenset(("matchName", "matchPattern")), at)
            if bool(fields.get("matchName")) == bool(fields.get("matchPattern")):
                raise Refused(at, "must have exactly one of matchName, matchPattern")
            if fields.get("matchName"):
                name = text(fields["matchName"], f"{at}.matchName")
                patterns.append(re.escape(name.lower().rstrip(".")))
            else:
                name = text(fields["matchPattern"], f"{at}.matchPattern")
                patterns.append(_pattern(name.lower().rstrip(".")))
            written.append(name)
        return Domains(tuple(patterns), tuple(written))

    # -------------------------------------------------------------------------------------------- ports

    def _traffic(
        self, fields: dict[str, Any], path: str, direction: Direction
    ) -> list[tuple[Traffic, tuple[str, ...]]]:
        entries = sequence(fields.get("toPorts"), f"{path}.toPorts")
        if fields.get("icmps"):
            return [(Traffic(self._icmps(fields["icmps"], f"{path}.icmps")), ())]
        if not entries:
            return [(Traffic(EVERY_TRAFFIC), ())]
        return [
            self._port_rule(mapping(entry, f"{path}.toPorts[{index}]"), f"{path}.toPorts[{index}]", direction)
            for index, entry in enumerate(entries)
        ]

    def _port_rule(self, fields: dict[str, Any], path: str, direction: Direction) -> tuple[Traffic, tuple[str, ...]]:
        only(fields, _PORT_RULE, path)
        ports = sequence(fields.get("ports"), f"{path}.ports")
        if len(ports) > 40:
            raise Refused(f"{path}.ports", "may not have more than 40 ports")
        numbers, named = EMPTY, []
        for index, entry in enumerate(ports):
            more, names = self._port(mapping(entry, f"{path}.ports[{index}]"), f"{path}.ports[{index}]")
            numbers |= more
            named += names
        if not ports:
            numbers = LAYER_4
        rules = mapping(fields.get("rules"), f"{path}.rules")
        kinds = [name for name in ("http", "kafka", "dns", "l7proto") if rules.get(name) is not None]
        if len(kinds) > 1:
            raise Refused(f"{path}.rules", "may have rules of one protocol only")
        if direction is Direction.INGRESS and rules.get("dns"):
            raise Refused(f"{path}.rules.dns", "may be given for egress only")
        unsure = "the server name is one that the rule names" if fields.get("serverNames") else ""
        return Traffic(numbers, tuple(named), unsure=unsure), _layer_7(rules)

    def _port(self, fields: dict[str, Any], path: str) -> tuple[IntervalSet, list[NamedPort]]:
        only(fields, frozenset(("port", "protocol", "endPort")), path)
        name = str(fields.get("protocol") or "ANY").upper()
        choice(name, ("ANY", "TCP", "UDP", "SCTP", "ICMP", "ICMPV6", "VRRP", "IGMP"), f"{path}.protocol")
        protocols = {"ANY": (TCP, UDP, SCTP), "ICMPV6": (ICMPV6,), "VRRP": (112,), "IGMP": (2,)}.get(name) or (
            PROTOCOLS[name],
        )
        port = fields.get("port")
        if port is None or port == "":
            raise Refused(f"{path}.port", "must be given")
        written = text(port, f"{path}.port")
        if not written.isdigit():
            return EMPTY, [NamedPort(protocol, written.lower()) for protocol in protocols]
        low = int(written)
        if low > 65535:
            raise Refused(f"{path}.port", f"{low} is no port")
        end = fields.get("endPort")
        high = number(end, f"{path}.endPort") if end is not None else low
        if (high and high < low) or high > 65535:
            raise Refused(f"{path}.endPort", f"{high} is less than port {low} or no port")
        if low == 0 and not high:
            low, high = 0, 0xFFFF
        found = EMPTY
        for protocol in protocols:
            found |= ports_of(protocol, low, high or low)
        return found, []

    def _icmps(self, value: Any, path: str) -> IntervalSet:
        found = EMPTY
        for index, entry in enumerate(sequence(value, path)):
            fields = sequence(mapping(entry, f"{path}[{index}]").get("fields"), f"{path}[{index}].fields")
            for at, one in enumerate(fields):
                where = f"{path}[{index}].fields[{at}]"
                item = mapping(one, where)
                only(item, frozenset(("family", "type")), where)
                family = choice(item.get("family") or "IPv4", ("IPv4", "IPv6"), f"{where}.family")
                names = _ICMP_TYPES[4 if family == "IPv4" else 6]
                kind = item.get("type")
                if isinstance(kind, str) and not kind.isdigit():
                    kind = names[choice(kind, names, f"{where}.type")]
                kind = number(int(kind) if isinstance(kind, str) else kind, f"{where}.type")
                if not 0 <= kind <= 255:
                    raise Refused(f"{where}.type", f"{kind} is not between 0 and 255")
                protocol = ICMP if family == "IPv4" else ICMPV6
                found |= ports_of(protocol, kind << 8, kind << 8 | 0xFF)
        return found


_OPERATORS: dict[str, Any] = {"In": "in", "NotIn": "not in", "Exists": "has", "DoesNotExist": "has not"}
_NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
_FACTS = {"io.kubernetes.pod.namespace": "namespace", "io.cilium.k8s.policy.serviceaccount": "account"}


def _labels(labels: dict[str, str]) -> Attributes:
    """The attributes of something that has labels and nothing else."""

    def attribute(scope: str, key: str) -> str | None:
        return labels.get(key) if scope == "label" else None

    return attribute


def _attribute(key: str) -> tuple[Scope, str]:
    name = key
    for source in ("k8s:", "any:", "k8s.", "any."):
        if key.startswith(source):
            name = key.removeprefix(source)
            break
    if name in _FACTS:
        return "fact", _FACTS[name]
    if name.startswith(_NAMESPACE_LABELS):
        return "namespace", name.removeprefix(_NAMESPACE_LABELS)
    return "label", name


def _pattern(written: str) -> str:
    """Cilium's pattern as a regular expression: `*` stays within a label, `**.` in front spans labels, `*` alone is every name."""
    if written == "*":
        return ".+"
    prefix = ""
    if written.startswith("**."):
        prefix, written = r"(?:[-a-z0-9_]+\.)+", written.removeprefix("**.")
    return prefix + "".join("[-a-z0-9_]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", written))


def _layer_7(rules: dict[str, Any]) -> tuple[str, ...]:
    """What is filtered above the connection, in words."""
    found = [
        "HTTP " + " ".join(str(one[key]) for key in ("method", "host", "path") if one.get(key))
        for one in rules.get("http") or ()
    ]
    found += ["DNS " + str(one.get("matchName") or one.get("matchPattern") or "*") for one in rules.get("dns") or ()]
    found += ["Kafka " + " ".join(f"{key}={value}" for key, value in one.items()) for one in rules.get("kafka") or ()]
    if rules.get("l7proto"):
        found.append(f"{rules['l7proto']} ({len(rules.get('l7') or ())} rules)")
    return tuple(found)
