"""The ordered-tier model: what every dialect lowers into.

A `Rule` says: for traffic in this direction of endpoints that `subject` matches, whose other end `peer` matches, and whose protocol and port
`traffic` matches, do `action`. Rules are ordered by tier, then within the tier; the first that matches decides the direction. `PASS` goes on to
the next tier, `LOG` goes on to the next rule. A tier's default and a policy's isolation are rules like all others, at the end of their tier.
A connection is allowed where its source's egress and its destination's ingress allow it.

Whether something matches has three answers: yes, no, and *may be*. What may match decides nothing alone; the direction is unknown where
the rules that may match would change it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Literal

import msgspec

from seawall.kit.intervals import IntervalSet
from seawall.kit.prefixes import PrefixSet
from seawall.model.cluster.meta import NOWHERE, ObjectRef, Origin
from seawall.policy.labels import Expression


class Direction(StrEnum):
    INGRESS = "ingress"
    EGRESS = "egress"


class Action(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"
    LOG = "log"
    UNKNOWN = "unknown"
    """Allows or denies, and which cannot be told (a refused policy, a field that is not supported): `Rule.why` says what is missing."""


class Ternary(StrEnum):
    YES = "yes"
    NO = "no"
    EITHER = "either"


# ------------------------------------------------------------------------------------------------ traffic

TCP, UDP, SCTP, ICMP, ICMPV6, UDPLITE = 6, 17, 132, 1, 58, 136
PROTOCOLS: dict[str, int] = {
    "TCP": TCP,
    "UDP": UDP,
    "SCTP": SCTP,
    "ICMP": ICMP,
    "ICMPv6": ICMPV6,
    "UDPLite": UDPLITE,
}
PROTOCOL_NAMES: dict[int, str] = {number: name for name, number in PROTOCOLS.items()}
TRAFFIC_SPAN = (0, (256 << 16) - 1)
"""Every kind of traffic is one integer: protocol << 16 | port, for ICMP protocol << 16 | type << 8 | code. A set of traffic is an IntervalSet."""
EVERY_TRAFFIC = IntervalSet([TRAFFIC_SPAN])


def kind_of_traffic(protocol: int, port: int = 0) -> int:
    return protocol << 16 | port


@lru_cache(maxsize=1 << 12)
def ports_of(protocol: int, low: int = 0, high: int = 0xFFFF) -> IntervalSet:
    """The ports `low` to `high`, inclusive, of one protocol; one object for all who ask for the same."""
    return IntervalSet([(protocol << 16 | low, protocol << 16 | high)])


LAYER_4 = ports_of(TCP) | ports_of(UDP) | ports_of(SCTP)
"""The protocols that NetworkPolicy v1 speaks of."""


class NamedPort(msgspec.Struct, frozen=True, cache_hash=True):
    """A port by the name it has on the destination's containers; `protocol` 0 for any."""

    protocol: int
    name: str


class Traffic(msgspec.Struct, frozen=True, cache_hash=True):
    """`numbers` or one of `named`, without `excluded`. `family` is 4 or 6 where the rule speaks of one IP version only, else 0.

    `unsure` names a condition that a connection's description does not settle (a source port, an HTTP path), so that the rule only may match.
    """

    numbers: IntervalSet = EVERY_TRAFFIC
    named: tuple[NamedPort, ...] = ()
    excluded: tuple[NamedPort, ...] = ()
    family: int = 0
    unsure: str = ""

    def __str__(self) -> str:
        return describe_traffic(self)


ALL_TRAFFIC = Traffic()


def describe_span(low: int, high: int) -> str:
    """A span of traffic as a person reads it: `TCP 80`, `UDP 1-1024`, `ICMP type 8`."""
    first, last = low >> 16, high >> 16
    if first != last:
        return f"protocols {first}-{last}" if (low & 0xFFFF, high & 0xFFFF) == (0, 0xFFFF) else f"{low:#x}-{high:#x}"
    name = PROTOCOL_NAMES.get(first, f"protocol {first}")
    start, end = low & 0xFFFF, high & 0xFFFF
    if (start, end) == (0, 0xFFFF):
        return name
    if first in (ICMP, ICMPV6):
        if start >> 8 == end >> 8:
            code = "" if (start & 0xFF, end & 0xFF) == (0, 0xFF) else f" code {start & 0xFF}"
            return f"{name} type {start >> 8}{code}"
        return f"{name} types {start >> 8}-{end >> 8}"
    return f"{name} {start}" if start == end else f"{name} {start}-{end}"


def describe_traffic(traffic: Traffic) -> str:
    parts: list[str] = []
    if traffic.numbers == EVERY_TRAFFIC:
        parts.append("all traffic")
    else:
        for low, high in traffic.numbers:
            while low >> 16 != high >> 16:
                end = low | 0xFFFF
                parts.append(describe_span(low, end))
                low = end + 1
                if len(parts) > 12:
                    parts.append("…")
                    break
            else:
                parts.append(describe_span(low, high))
                continue
            break
    parts += [f"{PROTOCOL_NAMES.get(port.protocol, '')} {port.name}".strip() for port in traffic.named]
    text = ", ".join(parts) or "no traffic"
    if traffic.excluded:
        text += f" without {', '.join(port.name for port in traffic.excluded)}"
    if traffic.family:
        text += f" over IPv{traffic.family}"
    return f"{text} if {traffic.unsure}" if traffic.unsure else text


# ------------------------------------------------------------------------------------------------ peers


class Everyone(msgspec.Struct, frozen=True, cache_hash=True):
    """Any end at all: pods, nodes, the outside."""


class Selected(msgspec.Struct, frozen=True, cache_hash=True):
    """Pods, or nodes, by their attributes. `host_network` says whether pods in their node's network are meant too."""

    where: Expression
    kind: Literal["pod", "node"] = "pod"
    host_network: Ternary = Ternary.NO


class Net(msgspec.Struct, frozen=True, cache_hash=True):
    """Ends by address. Whether addresses of pods and of nodes count is up to the dialect and the dataplane."""

    prefixes: PrefixSet
    pods: Ternary = Ternary.YES
    nodes: Ternary = Ternary.YES


class Outside(msgspec.Struct, frozen=True, cache_hash=True):
    """What is neither a pod nor a node of the cluster; `family` 4, 6 or 0 for both."""

    family: int = 0


class OwnNode(msgspec.Struct, frozen=True, cache_hash=True):
    """The node that the subject runs on."""


class OtherNode(msgspec.Struct, frozen=True, cache_hash=True):
    """Any node but the subject's."""


class Domains(msgspec.Struct, frozen=True, cache_hash=True):
    """What is outside and has a name that matches one of `patterns` (compiled to regular expressions by the dialect)."""

    patterns: tuple[str, ...]
    written: tuple[str, ...]


class Unsure(msgspec.Struct, frozen=True, cache_hash=True):
    """May match whatever `within` matches; `why` says what is not known."""

    why: str
    within: Peer = Everyone()


class AllOf(msgspec.Struct, frozen=True, cache_hash=True):
    parts: tuple[Peer, ...]


class AnyOf(msgspec.Struct, frozen=True, cache_hash=True):
    parts: tuple[Peer, ...] = ()


class NoneOf(msgspec.Struct, frozen=True, cache_hash=True):
    """Ends that `part` does not match."""

    part: Peer


Peer = Everyone | Selected | Net | Outside | OwnNode | OtherNode | Domains | Unsure | AllOf | AnyOf | NoneOf

EVERYONE = Everyone()
NOBODY = AnyOf()


def any_of(parts: tuple[Peer, ...]) -> Peer:
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def all_of(parts: tuple[Peer, ...]) -> Peer:
    kept = tuple(part for part in parts if part is not EVERYONE)
    if not kept:
        return EVERYONE
    return kept[0] if len(kept) == 1 else AllOf(kept)


# ------------------------------------------------------------------------------------------------ rules


class RuleRef(msgspec.Struct, frozen=True, cache_hash=True):
    """Where a rule comes from: the policy, the path in it, the rule's own name if it has one. `policy` is None for what no object says."""

    policy: ObjectRef | None
    path: str = ""
    name: str = ""
    origin: Origin = NOWHERE

    def __str__(self) -> str:
        if self.policy is None:
            return self.name
        text = f"{self.policy} {self.path}".rstrip()
        return f'{text} "{self.name}"' if self.name else text


class Tier(msgspec.Struct, frozen=True, cache_hash=True):
    """`ties` says what holds among rules of equal priority in different policies: the policy's name decides, or nobody can tell."""

    order: float
    name: str
    ties: Literal["name", "undefined"] = "name"


Purpose = Literal["rule", "isolation", "tier-default", "exempt", "refused"]


class Rule(msgspec.Struct, frozen=True, eq=False):
    """One rule. `order` sorts it inside its tier: (band, priority, policy, index); band 0 precedes, 2 closes the tier.

    `layer_7` carries what is filtered above the connection, for showing; `why` the reason of an UNKNOWN action.
    """

    tier: Tier
    order: tuple[int, float, str, int]
    direction: Direction
    subject: Peer
    peer: Peer
    traffic: Traffic
    action: Action
    ref: RuleRef
    purpose: Purpose = "rule"
    why: str = ""
    layer_7: tuple[str, ...] = ()


EXEMPT_TIER = Tier(float("-inf"), "always")
ADMIN_TIER_ORDER, DEFAULT_TIER_ORDER, BASELINE_TIER_ORDER = 1_000.0, 1_000_000.0, 10_000_000.0
DEFAULT_TIER = Tier(DEFAULT_TIER_ORDER, "default")
NETWORK_POLICY_PRIORITY = 1_000.0
"""Where Calico places a Kubernetes NetworkPolicy among its own policies of the tier `default`."""
FIRST, MIDDLE, LAST = 0, 1, 2


class Notice(msgspec.Struct, frozen=True):
    """Something to tell about a policy: it is refused, it has a field that is not supported, the dataplane does not enforce it, a doubt."""

    kind: Literal["refused", "unsupported", "not-enforced", "ambiguous", "assumed"]
    policy: ObjectRef | None
    path: str
    what: str
    origin: Origin = NOWHERE

    def __str__(self) -> str:
        place = f"{self.origin}: " if self.origin.source else ""
        name = f"{self.policy}" if self.policy else "input"
        path = f" {self.path}" if self.path else ""
        return f"{place}{name}{path}: {self.what} ({self.kind})"


class Lowered(msgspec.Struct, frozen=True, eq=False):
    """What one policy object became."""

    policy: ObjectRef
    rules: tuple[Rule, ...]
    notices: tuple[Notice, ...] = ()
    stage: Literal["", "set", "delete", "learn"] = ""
    """For a staged policy what its stage would do; "" for a policy in force."""
    replaces: ObjectRef | None = None
    """The policy in force that a staged one would replace or delete."""
