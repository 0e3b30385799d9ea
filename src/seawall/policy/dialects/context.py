"""What a dialect's reader is given beside the policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seawall.model.cluster.meta import Object
from seawall.policy.dialects.reading import Refused
from seawall.policy.model import (
    EVERYONE,
    MIDDLE,
    Action,
    Direction,
    Lowered,
    Notice,
    Peer,
    Rule,
    RuleRef,
    Tier,
    Traffic,
)
from seawall.policy.profiles import Profile
from seawall.policy.world import World

BOTH = (Direction.INGRESS, Direction.EGRESS)


class Context:
    """The profile that decides where dataplanes differ, the world that names resolve in, and how refused policies count.

    `admitted` says that the objects came out of an API server, so that what looks refused was accepted by a newer schema.
    """

    def __init__(self, world: World, profile: Profile, *, assume_rejected: bool = False) -> None:
        self.world, self.profile, self.assume_rejected = world, profile, assume_rejected
        self.admitted = world.cluster.scope.runtime
        self.cache: dict[Any, Any] = {}

    def once(self, key: Any, build: Callable[[], Any]) -> Any:
        """`build()`, computed at the first call for `key` and kept for this context."""
        if key not in self.cache:
            self.cache[key] = build()
        return self.cache[key]


def refused(
    policy: Object,
    error: Refused,
    context: Context,
    tier: Tier,
    priority: float,
    subject: Peer,
    directions: tuple[Direction, ...] = BOTH,
) -> Lowered:
    """A policy that the API server refuses: named, left out, and unknown where it could have mattered unless refusals are assumed."""
    notice = Notice("refused", policy.ref, error.path, error.reason, policy.origin)
    if context.assume_rejected:
        return Lowered(policy.ref, (), (notice,))
    why = f"{policy.ref} is refused by the API server ({error.path}: {error.reason})"
    rules = tuple(
        unknown(policy, tier, (MIDDLE, priority, key_of(policy), -1), direction, subject, why, error.path, "refused")
        for direction in directions
    )
    return Lowered(policy.ref, rules, (notice,))


def unknown(
    policy: Object,
    tier: Tier,
    order: tuple[int, float, str, int],
    direction: Direction,
    subject: Peer,
    why: str,
    path: str,
    purpose: Any = "rule",
    peer: Peer = EVERYONE,
) -> Rule:
    """A rule that stands for what cannot be told: it may allow or deny."""
    return Rule(
        tier,
        order,
        direction,
        subject,
        peer,
        Traffic(),
        Action.UNKNOWN,
        RuleRef(policy.ref, path, "", policy.origin),
        purpose,
        why,
    )


def key_of(policy: Object) -> str:
    """What sorts policies of equal priority: the name first, as Calico and kube-network-policies do."""
    return f"{policy.name}|{policy.namespace}|{policy.kind}"
