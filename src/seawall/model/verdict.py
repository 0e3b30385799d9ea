"""What is asked and answered about a recorded flow: two ends as they were recorded, the traffic between them, and what the policies say of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

Word = Literal["allowed", "denied", "unknown"]
Basis = Literal["identity", "labels", "address"]
"""What an end was known by: who it is; labels that were recorded of a pod that is gone or has changed since; its address alone."""


class FlowEnd(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """One end as a flow's row has it: columns of `flow` without their prefix."""

    entity: str = ""
    namespace: str = ""
    pod: str = ""
    workload: str = ""
    workload_kind: str = ""
    node: str = ""
    service_account: str = ""
    labels: tuple[str, ...] = ()
    service: str = ""
    domain: str = ""
    address: str = ""


class FlowTuple(NamedTuple):
    """From the client to the server, whichever of the two sent the packets of the row. `port` is the server's, 0 if it was not said."""

    client: FlowEnd
    server: FlowEnd
    transport: str
    port: int = 0
    icmp_type: int | None = None
    icmp_code: int | None = None


class EndKind(NamedTuple):
    """How an end is judged: ends of one `kind` alike, whoever is beside them, but for an end that is `near`: beside a node counts which
    pod it is, and `who` numbers that. Two ends of one `who` are the same one.
    """

    kind: int
    who: int
    near: bool = False


class Decider(NamedTuple):
    """What decided a direction and how: the policy as `Kind namespace/name`, the rule as its path there. Both "" where no policy says anything."""

    word: Word
    policy: str = ""
    rule: str = ""


UNTOLD = Decider("unknown")


class FlowVerdict(msgspec.Struct, frozen=True, cache_hash=True):
    """What the policies say of a flow. `reason` says why it cannot be told; `basis` is the weaker of what the two ends were known by.

    `decider` is the side that a person is told first, `egress` and `ingress` are both. `staged` is the verdict with the drafts in force, None
    where there is no draft; `draft` the one that decides then.
    """

    word: Word
    basis: Basis
    reason: str = ""
    decider: Decider = UNTOLD
    egress: Decider = UNTOLD
    ingress: Decider = UNTOLD
    staged: Word | None = None
    draft: str = ""
