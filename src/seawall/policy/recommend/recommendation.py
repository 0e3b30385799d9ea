"""The whole way: edges placed in a world, drafts, documents, proof."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from seawall.kit.intervals import EMPTY, IntervalSet
from seawall.model.cluster.meta import ObjectRef
from seawall.policy.generate import Form, objects_of
from seawall.policy.lower import PolicyModel
from seawall.policy.matrix import ALLOWED, DENIED
from seawall.policy.model import Direction
from seawall.policy.observed import Edges, Placed, distinct_only, place
from seawall.policy.reach import Reaching
from seawall.policy.recommend.needs import Drafted, draft
from seawall.policy.recommend.proof import Idle, Proof, prove
from seawall.policy.recommend.units import Scope, Unit, Units, units_of
from seawall.policy.recommend.write import Written, write
from seawall.policy.replay import replay

KNOCKS, KNOCKED_PAIRS, KNOCKED_PORTS = 3, 30, 10
"""A source that was seen at so many pairs of destination and port, on so many ports, at most so many times each, looks around and does not work there."""


class Recommendation(msgspec.Struct, frozen=True, eq=False):
    """Policies with what they rest on.

    `observed` marks the edges that were let through and count; of `vouched` of them the dataplane said nothing, and the model did. `knocking` marks those
    that were let through and look like a scan: nobody needs them, and a policy that kept them would keep the door open for whoever scanned. `refused`
    marks those that the policies in force deny by now: policies only add up, so one that allowed them would open what somebody has closed.
    """

    placed: Placed
    observed: npt.NDArray[np.bool_]
    vouched: int
    knocking: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    units: Units
    drafted: Drafted
    written: Written
    policies: tuple[ObjectRef, ...]
    proof: Proof

    @property
    def unneeded(self) -> tuple[Idle, ...]:
        """What no observed edge needs and is not open on purpose, as DNS is."""
        always: dict[tuple[ObjectRef, Direction], IntervalSet] = {}
        for policy, at in zip(self.policies, self.written.draft, strict=True):
            for one in self.drafted.drafts[at].openings:
                key = policy, one.direction
                always[key] = always.get(key, EMPTY) | one.mandatory
        return tuple(
            one
            for one in self.proof.idle
            if one.rule.policy is None or not one.traffic <= always.get((one.rule.policy, one.direction), EMPTY)
        )


def recommend(
    model: PolicyModel,
    edges: Edges,
    form: Form,
    scope: Scope = "workload",
    wanted: Callable[[Unit, bool], bool] = lambda unit, seen: True,
) -> Recommendation:
    """Policies for the units that are `wanted` (told whether anything was seen of them), from the edges, proved in the model's world."""
    reaching = Reaching(model)
    world = model.world
    placed = place(edges, reaching.groups, world)
    today = replay(reaching, placed)
    edges = placed.edges
    silent = (edges.allowed == 0) & (edges.denied == 0) & (edges.unknown > 0)
    vouched = silent & (
        today == ALLOWED
    )  # the dataplane said nothing of them: what the policies in force say stands in
    passed = (edges.allowed > 0) | vouched
    refused = passed & (today == DENIED)
    knocking = passed & ~refused & _knocking(placed, passed)
    observed = passed & ~refused & ~knocking
    units = units_of(reaching.groups, world, scope)
    seen = {placed.parties[at].ref for at in _seen(placed, observed)}
    chosen = [unit for unit in units.units if wanted(unit, any(group.ref in seen for group in unit.workloads))]
    drafted = draft(placed, observed, units, chosen, names=form == "cilium")
    written = write(form, drafted.drafts)
    lowered = [model.lower(policy) for policy in objects_of(written.documents)]
    refs = {group.ref for unit in chosen for group in unit.workloads}
    subjects = [at for at, party in enumerate(placed.parties) if party.ref in refs]
    proof = prove(model, lowered, placed, observed, subjects)
    return Recommendation(
        placed,
        observed,
        int((observed & vouched).sum()),
        knocking,
        refused,
        units,
        drafted,
        written,
        tuple(one.policy for one in lowered),
        proof,
    )


def _seen(placed: Placed, observed: npt.NDArray[np.bool_]) -> list[int]:
    """The parties of observed edges."""
    ends = np.unique(np.concatenate([placed.source[observed], placed.destination[observed]]))
    return [at for at in ends.tolist() if at >= 0]


def _knocking(placed: Placed, observed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The edges of sources that look around."""
    edges = placed.edges
    rare = np.flatnonzero(observed & (edges.allowed + edges.unknown <= KNOCKS))
    source = placed.edges.source[rare]
    ports = distinct_only(source, edges.traffic[rare])[0]
    size = len(edges.ends)
    many = (np.bincount(source, minlength=size) >= KNOCKED_PAIRS) & (
        np.bincount(ports, minlength=size) >= KNOCKED_PORTS
    )
    found = np.zeros(edges.size, bool)
    found[rare] = many[source]
    return found
