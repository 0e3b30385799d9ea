"""Doubt about what could not be listed: labels of namespaces and of service accounts. A selector that looks at them then only may match."""

from __future__ import annotations

import msgspec

from seawall.model.cluster.snapshot import Cluster
from seawall.policy.labels import EVERYTHING, All, Any, Expression, Match, Not, matches_of
from seawall.policy.model import AllOf, AnyOf, Lowered, NoneOf, Peer, Selected, Unsure
from seawall.policy.world import NAMESPACE_NAME

_SCOPES = {"Namespace": "namespace", "ServiceAccount": "account"}


class Doubts(msgspec.Struct, frozen=True):
    """Scopes of attributes that are not known, with the reason."""

    scopes: dict[str, str]

    @classmethod
    def of(cls, cluster: Cluster) -> Doubts:
        """What the cluster's coverage leaves unknown."""
        return cls(
            {
                scope: f"{kind} objects could not be listed: {gap.what}"
                for kind, scope in _SCOPES.items()
                for gap in cluster.coverage.gaps_of(kind, "")
                if gap.reason in ("forbidden", "unreachable")
            }
        )

    def __bool__(self) -> bool:
        return bool(self.scopes)

    def about(self, lowered: Lowered) -> Lowered:
        """The rules with doubt where they look at what is not known."""
        rules = tuple(
            msgspec.structs.replace(rule, subject=self._peer(rule.subject), peer=self._peer(rule.peer))
            for rule in lowered.rules
        )
        return msgspec.structs.replace(lowered, rules=rules)

    def _peer(self, peer: Peer) -> Peer:
        if isinstance(peer, Selected):
            hidden = [match for match in matches_of(peer.where) if self._hidden(match)]
            if not hidden:
                return peer
            why = self.scopes[hidden[0].scope]
            return Unsure(why, msgspec.structs.replace(peer, where=self._without(peer.where)))
        if isinstance(peer, AllOf):
            return AllOf(tuple(map(self._peer, peer.parts)))
        if isinstance(peer, AnyOf):
            return AnyOf(tuple(map(self._peer, peer.parts)))
        if isinstance(peer, NoneOf):
            return NoneOf(self._peer(peer.part))
        if isinstance(peer, Unsure):
            return Unsure(peer.why, self._peer(peer.within))
        return peer

    def _hidden(self, match: Match) -> bool:
        return match.scope in self.scopes and match.key != NAMESPACE_NAME

    def _without(self, where: Expression) -> Expression:
        """What is left of a conjunction when the tests of what is not known are taken out; all, where it is no conjunction."""
        if isinstance(where, All):
            return All(tuple(self._without(part) for part in where.parts))
        if isinstance(where, Any | Not):
            return EVERYTHING if any(map(self._hidden, matches_of(where))) else where
        return EVERYTHING if self._hidden(where) else where
