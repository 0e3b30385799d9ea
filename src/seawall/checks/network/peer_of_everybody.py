"""Ingress from everybody.

What: an ingress rule admits every namespace, or every address, on all ports or some.
Why: an empty selector is written in a moment and admits every pod that anybody will ever run; often one namespace was meant.
Severity: medium, because a single captured pod anywhere reaches these.
Fix: name the namespaces and pods that are meant; keep open ingress for what serves the outside.
Limits: cannot tell what is meant to be public.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.network._policies import Policies, index_of
from seawall.model.cluster.network_kinds import NetworkPolicy
from seawall.policy.labels import All
from seawall.policy.model import EVERYONE, Action, AnyOf, Direction, Peer, Selected, describe_traffic
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import ATTACK, NSA, OWASP


@check(
    "network/peer-of-everybody",
    on=NetworkPolicy,
    severity=MEDIUM,
    since="0.1",
    maps=(NSA("network"), OWASP("K05"), ATTACK("T1210")),
)
def peer_of_everybody(policy: NetworkPolicy, context: Context) -> Iterator[Hit]:
    for rule in context.index(Policies).rules(policy):
        if (
            rule.direction is Direction.INGRESS
            and rule.action is Action.ALLOW
            and rule.purpose == "rule"
            and _everybody(rule.peer)
        ):
            whom = "everybody" if rule.peer is EVERYONE else "every pod of every namespace"
            yield Hit(rule.ref.path, f"{whom}: {describe_traffic(rule.traffic)}", key=index_of(rule.ref.path))


def _everybody(peer: Peer) -> bool:
    if isinstance(peer, AnyOf):
        return any(map(_everybody, peer.parts))
    return peer is EVERYONE or (isinstance(peer, Selected) and isinstance(peer.where, All) and not peer.where.parts)
