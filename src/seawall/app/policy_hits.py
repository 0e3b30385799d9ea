"""How often rules decided: counted from the roll-ups of flows, by the names that the flows carry."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from seawall.app.predicate import Selection, selected
from seawall.app.services import Services, StoreAway
from seawall.model.event import ROLLUPS
from seawall.model.event.read_scope import ReadScope
from seawall.policy.model import Rule

Direction = Literal["egress", "ingress", "staged"]


class Hits(NamedTuple):
    """How many records a rule decided, when the last one was (UTC ns), and whether any of them was simulated."""

    times: int = 0
    last: int | None = None
    simulated: bool = False

    def __or__(self, other: Hits) -> Hits:
        last = max((one for one in (self.last, other.last) if one is not None), default=None)
        return Hits(self.times + other.times, last, self.simulated or other.simulated)


NEVER = Hits()


class Counted(msgspec.Struct, frozen=True):
    """The hits in a window. `seen` records there were, of which the model judged `judged`."""

    rules: dict[tuple[Direction, str, str], Hits]
    seen: int
    judged: int

    def of_rule(self, policy: str, rule: Rule) -> Hits:
        return self.rules.get((rule.direction.value, policy, rule.ref.path or rule.ref.name), NEVER)

    def of_draft(self, policy: str) -> Hits:
        return self.rules.get(("staged", policy, ""), NEVER)


def hits(services: Services, scope: ReadScope, selection: Selection, cluster: str) -> Counted | None:
    """The hits that a reader sees in a window, by one cluster's flows; None where none may be read or the store is away."""
    where = selected(
        ROLLUPS["edge_minute"],
        msgspec.structs.replace(selection, clusters=(cluster,), identities=(), filter=""),
        time="",
    )
    try:
        rows = services.store.rows("policy_hits", scope, since=selection.start, until=selection.end, where=where)
    except (PermissionError, StoreAway):
        return None
    sums = {row["direction"]: row["hits"] for row in rows if row["direction"] in ("all", "judged")}
    return Counted(
        {
            (row["direction"], row["policy"], row["rule"]): Hits(row["hits"], row["last_time"], row["any_simulated"])
            for row in rows
            if row["direction"] not in ("all", "judged")
        },
        sums.get("all", 0),
        sums.get("judged", 0),
    )
